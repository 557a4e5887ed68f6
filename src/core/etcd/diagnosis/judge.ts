import { isHealthyVoter, MAX_LAG } from '../health-gate.ts';
import type { RingMember } from '../ring.ts';
import type { MemberCondition } from './condition.ts';
import { behindOf, DETECTORS, isWell, LOG_WORDS, lastLook } from './detectors.ts';
import type { Diagnosed, Evidence, LagTrend } from './evidence.ts';
import type { MemberSigns, RingSigns } from './signs.ts';

/**
 * Concludes how one member is. A member that does not answer us is called dead only when somebody beside our own connection has lost it too;
 * else it is `silent` (or
 * `unsteady`, when it answers), and what would tell is said.
 */
export function judgeMember(signs: MemberSigns, ring: RingSigns): Diagnosed {
  const member = lastLook(signs);
  const found = DETECTORS.map(({ condition, ofWell, see }) => ({
    condition,
    ofWell,
    evidence: see(signs, ring),
  })).filter((each) => each.evidence.length > 0);
  const well = isWell(signs);
  const stands = found.find(({ ofWell }) => !well || ofWell);
  const condition = stands?.condition ?? (well ? 'healthy' : member.status === null ? 'silent' : 'unsteady');
  const beside = found.filter((each) => each !== stands && isOfUse(each.condition, condition));
  return {
    member,
    condition,
    evidence: distinct([
      ...(stands?.evidence ?? []),
      ownWords(signs),
      ...(well ? [] : observerWords(signs)),
      ...beside.flatMap((each) => each.evidence),
      ...logWords(signs),
      ...(well ? [] : pressureWords(signs)),
    ]),
    alsoSeen: beside.map((each) => each.condition),
    place: signs.place,
    lagTrend: condition === 'lagging' ? trendOf(signs.looks) : null,
    wouldTell: condition === 'silent' || condition === 'unsteady' ? whatWouldTell(signs) : '',
  };
}

/** What every dead member is besides tells nothing: that its process does not run, or that it is behind. */
function isOfUse(seen: MemberCondition, condition: MemberCondition): boolean {
  return seen !== 'down' || condition === 'healthy' || condition === 'learner';
}

/** What our own connection saw, told of every member. */
function ownWords(signs: MemberSigns): Evidence {
  return { source: 'etcd', words: ownSentence(signs), since: null };
}

function ownSentence({ looks }: MemberSigns): string {
  const last = looks.at(-1) ?? looks[0];
  const { status, trouble } = last;
  if (status === null) {
    const answered = looks.filter((each) => each.status !== null).length;
    const some = answered === 0 ? '' : `it answered in ${answered} of ${looks.length} looks, not in the last: `;
    return `${some}${trouble ?? 'no answer'}`;
  }
  const troubles = answeringTroubles(last);
  if (troubles.length > 0) return `it answers, but ${troubles.join(' and ')}`;
  const unwell = looks.filter((each) => !isHealthyVoter(each)).length;
  if (unwell > 0 && !last.learner) return `it answers well now, and did not in ${unwell} of ${looks.length} looks`;
  const role = last.isLeader ? 'it leads' : last.learner ? 'it follows as a learner' : 'it follows';
  return `${role} in term ${status.raftTerm}, ${behindOf(last) ?? 0} entries behind`;
}

function answeringTroubles(last: RingMember): readonly string[] {
  if (last.learner) return [];
  return [
    ...(last.status?.leaderId === null ? ['knows no leader'] : []),
    ...((behindOf(last) ?? 0) > MAX_LAG ? [`is ${behindOf(last) ?? 0} entries behind`] : []),
    ...(last.reads ? [] : ['does not answer reads that need quorum']),
    ...(last.sameView === false ? ['knows another ring or other members'] : []),
  ];
}

function observerWords({ observers }: MemberSigns): readonly Evidence[] {
  return observers.map(({ source, words, since }) => ({ source, words, since }));
}

function logWords({ log }: MemberSigns): readonly Evidence[] {
  return log.map((cause) => ({ source: 'log', words: LOG_WORDS[cause], since: null }));
}

/** Told, and nothing is concluded from it. */
function pressureWords({ node }: MemberSigns): readonly Evidence[] {
  if (node?.pressures.includes('disk') !== true) return [];
  const words = `node ${node.name} reports DiskPressure, of the disk of etcd or of another one`;
  return [{ source: 'node', words, since: null }];
}

function distinct(all: readonly Evidence[]): readonly Evidence[] {
  return all.filter((each, index) => all.findIndex((other) => other.words === each.words) === index);
}

function trendOf(looks: readonly RingMember[]): LagTrend {
  const behind = looks.flatMap((each) => behindOf(each) ?? []);
  const change = (behind.at(-1) ?? 0) - (behind[0] ?? 0);
  if (Math.abs(change) <= STEADY_SHARE * Math.max(...behind, 1)) return 'steady';
  return change > 0 ? 'growing' : 'shrinking';
}

/** A change of less than this share of the distance is none. */
const STEADY_SHARE = 0.05;

function whatWouldTell({ looks, observers, pod, node, machinesSeen, host }: MemberSigns): string {
  if (looks.at(-1)?.status !== null)
    return 'another look in some minutes, and the network between the members: it answers us, so it is not gone';
  if (node !== null && node.ready !== 'yes')
    return `somebody who does not depend on the kubelet of ${node.name}: the metrics of another member (etcd.access tunnel or direct), or a Machine object that says how its machine is`;
  if (host !== null && !host.reached) return `a look at its host, which did not let us in either: ${host.why}`;
  const missing = [
    ...(observers.length === 0 ? ['the metrics of another member, which say whether it is connected'] : []),
    ...(pod === 'not-seen' && node === null && host === null
      ? ['its pod and node, or access to its host (etcd.hosts)']
      : []),
    ...(node !== null && !machinesSeen ? ['the Machine objects'] : []),
  ];
  return missing.length === 0 ? 'another look in some minutes' : missing.join(', ');
}
