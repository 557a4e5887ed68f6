import type { MemberId } from '../ports/etcd.ts';
import { type MemberWeight, weightOf } from './diagnosis/condition.ts';
import type { Diagnosed } from './diagnosis/evidence.ts';
import { isHealthyVoter } from './health-gate.ts';
import { mayRemove, quorumOf } from './quorum.ts';
import { type Ring, votersOf } from './ring.ts';
import { parseEtcdVersion } from './version-gate.ts';

/** The members of a ring by what they count for, as etcd counts them. */
export interface VoterCounts {
  /** Voters of the list, also those that were never started. */
  readonly voters: number;
  readonly started: number;
  readonly healthy: number;
  readonly learners: number;
  /** Voters that were added and never started. */
  readonly unstarted: number;
}

/** Counts a ring. A voter that was never started counts as a voter and not as healthy. */
export function countVoters(ring: Ring): VoterCounts {
  const voters = votersOf(ring);
  const started = voters.filter((each) => each.started).length;
  return {
    voters: voters.length,
    started,
    healthy: voters.filter(isHealthyVoter).length,
    learners: ring.members.length - voters.length,
    unstarted: voters.length - started,
  };
}

/**
 * Whether etcd would remove this member. It allows more than is wise: a healthy voter of a healthy ring. Never the rule to decide by: see
 * {@link mayReplace}.
 *
 * Source: `mayRemoveMember` in etcd's `server/etcdserver/server.go` (3.4, 3.5).
 */
export function etcdAllowsRemoval(
  { voters, started, healthy }: Pick<VoterCounts, 'voters' | 'started' | 'healthy'>,
  target: { readonly learner: boolean; readonly started: boolean; readonly active: boolean },
): boolean {
  if (target.learner) return true;
  const after = voters - 1;
  const startedAfter = started - Number(target.started);
  if (after === 0 || startedAfter < quorumOf(after)) return false;
  return !target.active || healthy - 1 >= 1 + Math.floor((voters - 1) / 2);
}

/** Whether a member may be taken out of the list for a replacement. */
export interface ReplaceAnswer {
  readonly allowed: boolean;
  /** One or more sentences. */
  readonly why: string;
  /** Voters and healthy ones before and after the removal. */
  readonly before: { readonly voters: number; readonly healthy: number };
  readonly after: { readonly voters: number; readonly healthy: number };
  /** How many may fail after it; negative: the ring would stand. */
  readonly toleranceAfter: number;
}

/**
 * Whether one member may be removed to be replaced: etcd's arithmetic ({@link mayRemove}), and beside it that nobody else is in
 * doubt. Another voter that lags or is suspected blocks; another dead one too, unless five or more vote and the rest has quorum: then one at
 * a time, which `why` says.
 *
 * @param plannedSwap its replacement votes already, so that a healthy member may go
 */
export function mayReplace(members: readonly Diagnosed[], target: MemberId, plannedSwap = false): ReplaceAnswer {
  const voters = members.filter(({ member }) => !member.learner);
  const healthy = voters.filter((each) => weigh(each) === 'votes').length;
  const before = { voters: voters.length, healthy };
  const found = members.find(({ member }) => member.id === target);
  if (found === undefined) return refused(`No member has the id ${target}.`, before, before);
  const weight = weigh(found);
  const kind = targetKind(weight);
  const answer = mayRemove(voters.length, healthy, kind, plannedSwap);
  const after = { voters: answer.votersAfter, healthy: kind === 'healthy-voter' ? healthy - 1 : healthy };
  const others = voters.filter((each) => each !== found);
  const stands = noQuorum(before);
  const refusal =
    notSeenDead(found) ??
    // A learner may go whoever else is ill, while the ring can decide it.
    (kind === 'learner' && stands === null ? null : othersInDoubt(others)) ??
    stands ??
    (answer.allowed ? null : answer.why);
  if (refusal !== null) return refused(refusal, before, after);
  const dead = others.filter((each) => weigh(each) === 'dead');
  const also =
    kind === 'learner' || dead.length === 0
      ? []
      : [
          `${namesOf(dead)} ${dead.length === 1 ? 'is' : 'are'} dead too: one at a time, and the next needs a run of its own.`,
        ];
  return { allowed: true, why: [...also, answer.why].join(' '), before, after, toleranceAfter: answer.toleranceAfter };
}

function targetKind(weight: MemberWeight): 'healthy-voter' | 'unhealthy-voter' | 'learner' {
  if (weight === 'no-voter') return 'learner';
  return weight === 'votes' ? 'healthy-voter' : 'unhealthy-voter';
}

function weigh({ condition, member }: Diagnosed): MemberWeight {
  return weightOf(condition, { learner: member.learner, answers: member.status !== null });
}

function refused(why: string, before: ReplaceAnswer['before'], after: ReplaceAnswer['after']): ReplaceAnswer {
  return { allowed: false, why, before, after, toleranceAfter: after.healthy - quorumOf(after.voters) };
}

/** Without quorum not even a learner can be taken out of the list. */
function noQuorum({ voters, healthy }: ReplaceAnswer['before']): string | null {
  return healthy >= quorumOf(voters) ? null : 'The ring has no quorum, so the removal cannot be committed: restore.';
}

/** A member that may well be voting is never removed because we cannot see it. */
function notSeenDead({ condition, member: { label } }: Diagnosed): string | null {
  if (condition === 'unreachable-but-voting')
    return `${label} votes: others reach it, only our way there is broken. Mend that.`;
  if (condition === 'silent') return `Only our own connection speaks against ${label}: it may be voting all the same.`;
  return null;
}

function othersInDoubt(others: readonly Diagnosed[]): string | null {
  const suspected = others.filter((each) => weigh(each) === 'suspected');
  if (suspected.length === 0) return null;
  const undecided = suspected.filter(({ condition }) => condition === 'data-undecided');
  if (undecided.length > 0)
    return `${namesOf(undecided)} have different data, and nobody has what most have: find out whose are right first.`;
  const be = suspected.length === 1 ? 'is' : 'are';
  return `${namesOf(suspected)} ${be} not well either. Bring ${suspected.length === 1 ? 'it' : 'them'} back first.`;
}

function namesOf(members: readonly Diagnosed[]): string {
  return members.map(({ member }) => member.label).join(', ');
}

/** Whether a member may be added now. */
export interface AddAnswer {
  readonly allowed: boolean;
  /** A sentence. */
  readonly why: string;
}

/**
 * Whether etcd will take a new member, judged before it is asked. Up to 3.5.29 and 3.6.10 every voter must have been connected
 * for 5 s, also for a learner: a dead one must go first. From then on a quorum of the ring that there will be is enough.
 *
 * @param versions of the members that answer; one that cannot be read counts as old
 * @param connected voters, the asked one included, that have been connected for 5 s
 * @param learner false: it would vote at once
 */
export function mayAdd(
  counts: Pick<VoterCounts, 'voters' | 'started' | 'learners'>,
  versions: readonly string[],
  connected: number,
  learner = true,
): AddAnswer {
  const { voters, started, learners } = counts;
  if (learner && learners > 0)
    return no('There is a learner already, and etcd takes one at a time: promote or remove that one first.');
  if (!learner && !enoughStarted(voters, started))
    return no(`Only ${started} of ${voters + 1} voters would have been started: that is no quorum.`);
  const all = versions.length === 0 || versions.some(wantsEveryVoter);
  const needed = all ? voters : quorumOf(voters + 1);
  if (connected >= needed) return { allowed: true, why: `${connected} of ${voters} voters are connected.` };
  return no(
    all
      ? `Only ${connected} of ${voters} voters are connected, and this version of etcd wants all of them: a dead one must be removed first.`
      : `Only ${connected} of ${voters} voters are connected, and ${needed} must be.`,
  );
}

function enoughStarted(voters: number, started: number): boolean {
  return (voters === 1 && started === 1) || started >= quorumOf(voters + 1);
}

function wantsEveryVoter(text: string): boolean {
  const version = parseEtcdVersion(text);
  if (version === null || version.major !== 3 || version.minor < 5) return true;
  if (version.minor === 5) return version.patch < 30;
  return version.minor === 6 && version.patch < 11;
}

function no(why: string): AddAnswer {
  return { allowed: false, why };
}
