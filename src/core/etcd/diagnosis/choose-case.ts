import { hasManagedEtcd } from '../../cluster-profile.ts';
import { isHealthyVoter } from '../health-gate.ts';
import { memberWords } from '../member-words.ts';
import { quorumOf } from '../quorum.ts';
import type { CaseChoice, CaseFacts, ReplaceCase } from './case.ts';
import { chosen, onANewHost, onThePlace, refused } from './case-by-place.ts';
import type { Diagnosed } from './evidence.ts';
import { leftover } from './leftover.ts';
import { conditionsOf, diagnosisWords, evidenceWords } from './words.ts';

/**
 * Chooses the way to replace a member, or says why there is none. Total: every ring, condition and platform has an answer.
 *
 * Whether the ring survives the removal is not asked here but of `mayReplace`; only that it can agree on anything at all is.
 */
export function chooseCase(facts: CaseFacts): CaseChoice {
  const { cluster, target } = facts;
  if (hasManagedEtcd(cluster.platform))
    return refused('case', `The provider of ${cluster.name} runs etcd and replaces members itself.`);
  if (facts.corruptAlarm) return refused('alarms', corruptWords(facts.members));
  const defragmented = facts.members.filter(({ member }) => member.defragInflight === true);
  if (defragmented.length > 0) return refused('case', defragmentWords(defragmented));
  const quorum = withoutQuorum(facts.members);
  if (quorum !== null) return quorum;
  if (target.kind === 'removed') return behindTheRemoval(facts, target);
  const diagnosed = facts.members.find(({ member }) => member.id === target.id);
  if (diagnosed === undefined) return refused('case', `No member of ${cluster.name} has the id ${target.id}.`);
  return byCondition(facts, diagnosed);
}

function corruptWords(members: readonly Diagnosed[]): string {
  const differing = members.filter(({ condition }) => condition === 'data-differs');
  const who =
    differing.length === 0
      ? 'Which member differs could not be told by their hashes.'
      : `By their hashes ${conditionsOf(differing)} differs.`;
  const [only] = differing;
  const how = differing.length === 1 && only !== undefined ? `: \`etcdctl member remove ${only.member.id}\`` : '';
  return `A CORRUPT alarm is active, so the ring takes no writes, and Drydock never disarms one. ${who} A person removes the one with the wrong data by hand${how}. What comes before and after that: docs/runbooks/etcd-replace.md, "A CORRUPT alarm".`;
}

/** Who is being defragmented does not answer until that has ended, and is well all the same. */
function defragmentWords(members: readonly Diagnosed[]): string {
  const names = members.map(({ member }) => member.label).join(', ');
  return `${names} is being defragmented, not by Drydock, and does not answer meanwhile. Ask again when that has ended.`;
}

/** A ring that cannot agree takes no removal. Who answers a read that needs quorum proves that there is one. */
function withoutQuorum(members: readonly Diagnosed[]): CaseChoice | null {
  const voters = members.filter(({ member }) => !member.learner);
  const reading = voters.filter(
    ({ member }) => member.reads && member.status !== null && member.status.leaderId !== null,
  );
  const needed = quorumOf(voters.length);
  if (voters.length > 0 && reading.length >= needed) return null;
  const away = voters.filter(({ member }) => member.status === null);
  const count = `${away.length} of ${voters.length} voters are unhealthy: ${conditionsOf(away)}.`;
  if (reading.length > 0)
    return refused(
      'case',
      `${count} Reads that need ${needed} voters are answered all the same: voters that Drydock cannot reach take part. Mend the way to them first.`,
    );
  const answering = voters.length - away.length;
  if (answering >= needed)
    return refused(
      'case',
      `${answering} of ${voters.length} voters answer, and none of them follows a leader: wait for the election to end, or mend the network between them.`,
    );
  const unsure = away.filter(({ condition }) => condition === 'silent' || condition === 'unreachable-but-voting');
  // Who answers and has no leader tells that there is no quorum; when nobody answers, it may be us.
  if (answering === 0 && unsure.length >= needed)
    return refused(
      'case',
      `${count} Whether the ring has lost its quorum cannot be told from here. To find out: ${wouldTell(unsure)}.`,
    );
  return refused(
    'restore',
    `${count} A removal could not be committed, because ${needed} voters have to agree. Bring one of them back; if none comes back, this is a restore.`,
  );
}

function wouldTell(members: readonly Diagnosed[]): string {
  const words = [...new Set(members.map((each) => each.wouldTell).filter((each) => each !== ''))];
  return words.length === 0 ? 'a look at the ones that Drydock cannot reach' : words.join('; ');
}

function behindTheRemoval(
  facts: CaseFacts,
  { name, place, proof }: Extract<CaseFacts['target'], { readonly kind: 'removed' }>,
): CaseChoice {
  const why = `${name} is no member any more: ${proof}. What is behind the removal is left to do.`;
  return place.nodeState === 'ready' ? onThePlace(facts, place, why) : onANewHost(facts, place, why);
}

function byCondition(facts: CaseFacts, diagnosed: Diagnosed): CaseChoice {
  const who = memberWords(diagnosed.member.member);
  const seen = evidenceWords(diagnosed);
  const why = diagnosisWords(diagnosed);
  switch (diagnosed.condition) {
    case 'never-started':
    case 'learner':
      return leftover(facts.cluster, diagnosed.condition, diagnosed.place, why);
    case 'healthy':
      return healthy(facts, diagnosed, `${who} is healthy: ${seen}.`);
    case 'disk-slow':
      return healthy(facts, diagnosed, `${why} It votes and keeps up all the same.`);
    case 'lagging':
      return diagnosed.lagTrend === 'growing'
        ? byPlace(facts, diagnosed, why)
        : refused('case', `${why} The distance does not grow: wait, and look at its disk.`);
    case 'disk-full':
      return diskFull(facts, diagnosed, why);
    case 'data-undecided':
      return refused(
        'case',
        `${why} Whose data are right cannot be told by their hashes, so none of them is removed: put the last good backup on hold, and find out first.`,
      );
    case 'certificate-expired':
      return refused('case', `${why} Renew its certificate; a new member would not mend that of the others.`);
    case 'unreachable-but-voting':
      return refused(
        'case',
        `${why} Our own way to it is broken, or its process hangs: mend the way, or look at its log and disk. It is not removed while others hear from it.`,
      );
    case 'unsteady':
      return refused(
        'case',
        `${why} It takes part now and then, or is cut off from the others. To find out: ${diagnosed.wouldTell}.`,
      );
    case 'silent':
      return refused('case', `${why} Only our own connection speaks against it. To find out: ${diagnosed.wouldTell}.`);
    case 'down':
      return down(facts, diagnosed, why);
    case 'data-differs':
    case 'crash-looping':
      return byPlace(facts, diagnosed, why);
    case 'node-not-ready':
    case 'machine-stopped':
    case 'machine-gone':
      return onANewHost(facts, diagnosed.place, why);
  }
}

function healthy({ cluster, members, overHealthy }: CaseFacts, diagnosed: Diagnosed, why: string): CaseChoice {
  const sick = othersUnwell(members, diagnosed);
  if (!overHealthy) {
    const instead = sick.length === 0 ? '' : ` The sick one is ${conditionsOf(sick)}.`;
    const swap = canSwap(cluster.platform) ? ' A planned swap: `--over-healthy`.' : '';
    return refused('target-healthy', `${why} Nothing to replace.${instead}${swap}`);
  }
  if (!canSwap(cluster.platform))
    return refused(
      'case',
      `${why} On ${cluster.platform} a healthy member is replaced with its machine, by what looks after the machines.`,
    );
  const unwell = isHealthyVoter(diagnosed.member) ? conditionsOf(sick) : diagnosed.member.label;
  if (unwell !== '')
    return refused('case', `${why} A planned swap is for a ring in which all are healthy, and ${unwell} is not.`);
  return chosen('swap', `${why} It is swapped because that was asked for: the new member comes first.`);
}

function canSwap(platform: CaseFacts['cluster']['platform']): boolean {
  return platform === 'kubeadm' || platform === 'etcd';
}

/** While it answers, room on its disk is all that it lacks. */
function diskFull(facts: CaseFacts, diagnosed: Diagnosed, why: string): CaseChoice {
  if (diagnosed.member.status === null) return byPlace(facts, diagnosed, why);
  const sick = othersUnwell(facts.members, diagnosed);
  const instead =
    sick.length === 0
      ? 'If no room can be made there, stop its etcd and ask again: a member that does not run is replaced on another machine.'
      : `Do not stop it: ${conditionsOf(sick)}. Bring that back first.`;
  return refused(
    'case',
    `${why} It answers and votes: free space on that disk, then nothing is left to replace. ${instead}`,
  );
}

/** The others that are not well, however little. */
function othersUnwell(members: readonly Diagnosed[], { member }: Diagnosed): readonly Diagnosed[] {
  return members.filter(
    (each) => each.member.id !== member.id && each.condition !== 'healthy' && each.condition !== 'disk-slow',
  );
}

const KEEPS_THE_DISK: ReadonlySet<ReplaceCase> = new Set(['ocp-pod', 'kubeadm-place', 'ring-place']);

/** Data that are moved aside stay on the same disk: without room the new member could not begin, and the ring would stay one short. */
function withRoom(facts: CaseFacts, choice: CaseChoice, diagnosed: Diagnosed, why: string): CaseChoice {
  const { condition, alsoSeen, place } = diagnosed;
  if (condition !== 'disk-full' && !alsoSeen.includes('disk-full')) return choice;
  if (choice.kind === 'case' && !KEEPS_THE_DISK.has(choice.case)) return choice;
  const person = BY_A_PERSON[facts.cluster.platform];
  return onANewHost(facts, place, `${why} ${NO_ROOM}${person === undefined ? '' : ` ${person}`}`);
}

const NO_ROOM =
  'Its data would be moved aside on the same disk, where there is no room for a new member, so it is not replaced in place. If room was freed there, start its etcd: a member that answers is healthy again, and the plan says so.';

const BY_A_PERSON: Partial<Record<CaseFacts['cluster']['platform'], string>> = {
  kubeadm: 'A person resets the node, which empties the disk of etcd, and joins it again, or joins another one.',
  etcd: 'A person empties that disk, or builds another host (--peer-url).',
};

/** A node that has just died is still told as ready, and then as not ready for too short a time: whether it is the node shows in a minute or two. */
function down(facts: CaseFacts, diagnosed: Diagnosed, why: string): CaseChoice {
  const { nodeState } = diagnosed.place;
  const isSeenThere = diagnosed.evidence.some(({ source }) => source === 'pod');
  if (nodeState === 'not-ready' || (nodeState === 'ready' && !isSeenThere))
    return refused('case', `${why} Whether its node has died or only its etcd cannot be told yet. Ask again in 2 min.`);
  return byPlace(facts, diagnosed, why);
}

/** The machine is well as far as is known: on the same one if we can act there, else on a new one. */
function byPlace(facts: CaseFacts, diagnosed: Diagnosed, why: string): CaseChoice {
  const { place } = diagnosed;
  return place.nodeState === 'ready' || facts.cluster.platform === 'etcd'
    ? withRoom(facts, onThePlace(facts, place, why), diagnosed, why)
    : onANewHost(facts, place, why);
}
