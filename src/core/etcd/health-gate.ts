import type { EtcdAlarm } from '../ports/etcd.ts';
import { foldAlike, saysName } from './fold-alike.ts';
import { mayTakeOut, quorumOf, type TakeOutAnswer } from './quorum.ts';
import { labelOf, type Ring, type RingMember, votersOf } from './ring.ts';

/** Entries a member may be behind, in its own log or behind the others. etcd refuses writes at 5000. */
export const MAX_LAG = 1000;

/** Rules of the gate, in the order they are told. */
export type GateRule =
  | 'ring-known'
  | 'one-ring'
  | 'members-answer'
  | 'leader'
  | 'caught-up'
  | 'reads'
  | 'corrupt'
  | 'nospace'
  | 'other-defrag';

/** What one rule found. */
export interface GateFinding {
  readonly rule: GateRule;
  readonly ok: boolean;
  /** What was seen, naming members. */
  readonly text: string;
}

/** How strict the gate is. */
export interface GateLevel {
  /** `strict`: every voter is healthy. `quorum`: enough voters are. */
  readonly level: 'strict' | 'quorum';
  /** A NOSPACE alarm does not speak against it, because the run is there to clear it. */
  readonly nospaceAllowed: boolean;
}

/** Answer of the gate. */
export interface GateAnswer {
  readonly ok: boolean;
  readonly findings: readonly GateFinding[];
}

/**
 * Whether a ring is healthy enough to go on, from two looks some seconds apart (give the same one twice for a glance).
 * `null`: no member list could be read.
 */
export function healthGate(first: Ring | null, second: Ring | null, level: GateLevel): GateAnswer {
  if (first === null || second === null || second.localList) {
    return answer([{ rule: 'ring-known', ok: false, text: 'no member list with quorum could be read' }]);
  }
  const voters = votersOf(second);
  const counted = level.level === 'strict' ? voters : voters.filter(isHealthyVoter);
  return answer([
    oneRing(second),
    membersAnswer(voters, level.level),
    steadyLeader(first, second),
    caughtUp(counted),
    reads(counted),
    ...alarmFindings(second, level.nospaceAllowed),
    otherDefrag(second),
  ]);
}

/** The findings that speak against going on, in one line. */
export function gateTrouble(gate: GateAnswer): string {
  return gate.findings
    .filter((finding) => !finding.ok)
    .map((finding) => finding.text)
    .join('; ');
}

/** Whether a voter is started, answers, follows a leader, keeps up and answers reads. */
export function isHealthyVoter(each: RingMember): boolean {
  if (each.learner || !each.started || each.status === null || each.status.leaderId === null) return false;
  return keepsUp(each) && each.reads && each.sameView !== false;
}

/** Whether one member may be out for a while, by its id. An unknown id is refused. */
export function mayTakeMemberOut(ring: Ring, id: string): TakeOutAnswer {
  const voters = votersOf(ring);
  const healthy = voters.filter(isHealthyVoter).length;
  const target = ring.members.find((each) => each.id === id);
  if (target === undefined) return { kind: 'refused', left: healthy, needed: quorumOf(voters.length) };
  if (target.learner) return mayTakeOut(voters.length, healthy, 'learner');
  return mayTakeOut(voters.length, healthy, isHealthyVoter(target) ? 'healthy-voter' : 'unhealthy-voter');
}

function answer(findings: readonly GateFinding[]): GateAnswer {
  return { ok: findings.every((finding) => finding.ok), findings };
}

function keepsUp(each: RingMember): boolean {
  return (each.lag ?? Infinity) <= MAX_LAG && (each.backlog ?? Infinity) <= MAX_LAG;
}

function names(members: readonly RingMember[]): string {
  return members.map((each) => each.label).join(', ');
}

function oneRing(ring: Ring): GateFinding {
  const apart = ring.members.filter((each) => each.sameView === false);
  return apart.length === 0
    ? {
        rule: 'one-ring',
        ok: true,
        text: `ring ${ring.clusterId} with ${ring.members.length} members, the same for all that answer`,
      }
    : { rule: 'one-ring', ok: false, text: `${names(apart)} knows another ring or other members` };
}

function membersAnswer(voters: readonly RingMember[], level: GateLevel['level']): GateFinding {
  const silent = voters.filter((each) => !each.started || each.status === null);
  const answering = voters.length - silent.length;
  const needed = level === 'strict' ? voters.length : quorumOf(voters.length);
  const words = foldAlike(
    silent.map((each) => ({
      name: each.label,
      also: [each.id, ...each.member.clientUrls],
      text: silenceOf(each),
    })),
  );
  const count = `${answering} of ${voters.length} voters answer`;
  return { rule: 'members-answer', ok: voters.length > 0 && answering >= needed, text: [count, ...words].join('; ') };
}

/** Why a member is silent; most troubles name it already. */
function silenceOf({ label, started, trouble }: RingMember): string {
  const why = started ? (trouble ?? 'no answer') : 'not started';
  return saysName(why, label) ? why : `${label}: ${why}`;
}

function steadyLeader(first: Ring, second: Ring): GateFinding {
  const leader = second.members.find((each) => each.isLeader);
  const trouble = leaderTrouble(first, second);
  if (trouble !== null || leader === undefined) {
    return { rule: 'leader', ok: false, text: trouble ?? `the leader ${second.leaderId ?? ''} is no member` };
  }
  return { rule: 'leader', ok: true, text: `${leader.label} leads in term ${second.term}` };
}

function leaderTrouble(first: Ring, second: Ring): string | null {
  if (second.leaderId === null || second.term === null) return 'the members do not agree on a leader';
  if (first.leaderId === null) return 'the members did not agree on a leader a moment ago';
  return first.leaderId === second.leaderId && first.term === second.term
    ? null
    : 'the leader changed between two looks';
}

function caughtUp(members: readonly RingMember[]): GateFinding {
  const behind = members.filter((each) => each.status !== null && !keepsUp(each));
  if (behind.length === 0)
    return { rule: 'caught-up', ok: true, text: `no member is more than ${MAX_LAG} entries behind` };
  const words = behind.map((each) => `${each.label} is ${Math.max(each.lag ?? 0, each.backlog ?? 0)} entries behind`);
  return { rule: 'caught-up', ok: false, text: words.join('; ') };
}

function reads(members: readonly RingMember[]): GateFinding {
  const deaf = members.filter((each) => each.status !== null && !each.reads);
  return deaf.length === 0
    ? { rule: 'reads', ok: true, text: 'reads with quorum are answered' }
    : { rule: 'reads', ok: false, text: `${names(deaf)} does not answer reads that need quorum` };
}

function alarmFindings(ring: Ring, nospaceAllowed: boolean): readonly GateFinding[] {
  if (ring.alarms === null) return [{ rule: 'corrupt', ok: false, text: 'the alarms could not be read' }];
  const corrupt = alarmed(ring, 'CORRUPT');
  const unknown = alarmed(ring, 'UNKNOWN');
  const nospace = alarmed(ring, 'NOSPACE');
  return [
    corrupt === '' && unknown === ''
      ? { rule: 'corrupt', ok: true, text: 'no CORRUPT alarm' }
      : {
          rule: 'corrupt',
          ok: false,
          text: corrupt === '' ? `an alarm of unknown kind on ${unknown}` : `CORRUPT alarm on ${corrupt}`,
        },
    nospace === ''
      ? { rule: 'nospace', ok: true, text: 'no NOSPACE alarm' }
      : { rule: 'nospace', ok: nospaceAllowed, text: `NOSPACE alarm on ${nospace}` },
  ];
}

function alarmed(ring: Ring, type: EtcdAlarm['type']): string {
  const ids = ring.alarms?.filter((each) => each.type === type).map((each) => labelOf(ring, each.memberId)) ?? [];
  return [...new Set(ids)].join(', ');
}

function otherDefrag(ring: Ring): GateFinding {
  const busy = ring.members.filter((each) => each.defragInflight === true);
  return busy.length === 0
    ? { rule: 'other-defrag', ok: true, text: 'no defragmentation is seen running' }
    : { rule: 'other-defrag', ok: false, text: `${names(busy)} is being defragmented by somebody else` };
}
