import { accessTrouble, whyUnseen } from '../../src/core/etcd/access.ts';
import { driftBeyond, type PlannedRing, type RingChange } from '../../src/core/etcd/expected-ring.ts';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { quorumOf, toleranceOf } from '../../src/core/etcd/quorum.ts';
import { hasAlarm, type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import { memberTable } from '../../src/core/etcd/ring-report.ts';
import type { EtcdError, MemberId } from '../../src/core/ports/etcd.ts';
import type { StateReport } from '../../src/core/state-report.ts';
import type { StepContext } from '../../src/core/step.ts';
import { type Clearance, reasonUnseen } from './pass-gate.ts';
import { lookOf, readRing } from './read-ring.ts';

/** The ring as it should be in the middle of a run: the approved one, and what was changed since. */
export interface ExpectedRing {
  readonly planned: PlannedRing;
  readonly changes: readonly RingChange[];
  /** The member that is to be replaced, which is nobody else's sickness; absent: it is out of the list, or `mayBeGone` names it. */
  readonly target?: MemberId | null;
}

/**
 * One look at the ring. A list without quorum is waited for; whatever the run did not change itself, or foresee, stops it.
 *
 * @param mayBeGone a member whose absence the caller has words of its own for
 */
export async function seeChanged(
  context: StepContext<'etcd'>,
  expected: ExpectedRing,
  mayBeGone: MemberId | null = null,
): Promise<Clearance> {
  const { ring, trouble } = await readRing(lookOf(context));
  if (ring === null || ring.localList)
    return withoutQuorum(ring, trouble, expected, mayBeGone ?? expected.target ?? null);
  const isGone = mayBeGone !== null && !ring.members.some(({ id }) => id === mayBeGone);
  const changes = isGone ? [...expected.changes, { removed: mayBeGone }] : expected.changes;
  const drift = driftBeyond(expected.planned, changes, ring);
  if (drift.length > 0) return { kind: 'stop', reason: 'plan-drifted', note: `${drift.join('; ')}.` };
  if (hasAlarm(ring, 'CORRUPT')) return { kind: 'stop', reason: 'corrupt-alarm', note: 'A CORRUPT alarm is active.' };
  return { kind: 'go', ring };
}

/** Who does not answer any more is told, where that is what took the quorum; else only that nobody could be seen. */
function withoutQuorum(
  ring: Ring | null,
  trouble: EtcdError | null,
  { planned, changes }: ExpectedRing,
  target: MemberId | null,
): Clearance {
  const gone = sickVoters(ring, target === null ? [] : [target]).filter(({ status }) => status === null);
  if (ring?.clusterId !== planned.clusterId || gone.length === 0 || accessTrouble(trouble) !== null)
    return { kind: 'wait', reason: reasonUnseen(trouble), note: whyUnseen(trouble) };
  const isThin = target === null || changes.some((change) => 'removed' in change);
  const what = isThin ? 'Remove nothing further' : 'Nothing was removed';
  return {
    kind: 'wait',
    reason: isThin ? 'ring-thin' : 'second-member-sick',
    note: `${sickWords(gone)}. ${votersWords(ring)}. ${what}; bring ${gone[0]?.label ?? ''} back first.`,
  };
}

/** Voters that are not healthy, but for these. */
export function sickVoters(ring: Ring | null, but: readonly MemberId[]): readonly RingMember[] {
  if (ring === null) return [];
  return votersOf(ring).filter((each) => !but.includes(each.id) && !isHealthyVoter(each));
}

/** Who is not well in a ring in which nobody is to be replaced for being sick; `null`: all are well. Nothing is begun beside one that is not. */
export function notAllWell(
  ring: Ring,
  but: readonly MemberId[] = [],
): { readonly kind: 'stop'; readonly reason: 'second-member-sick'; readonly note: string } | null {
  const sick = sickVoters(ring, but);
  if (sick.length === 0) return null;
  const note = `${sickWords(sick)}. ${votersWords(ring)}. Nothing was removed; bring ${sick[0]?.label ?? ''} back first.`;
  return { kind: 'stop', reason: 'second-member-sick', note };
}

/** Why members are not healthy, as a sentence part: `cp-3 does not answer: …`. */
export function sickWords(members: readonly RingMember[]): string {
  return members.map(whySick).join('; ');
}

function whySick(each: RingMember): string {
  const { label, started, status, trouble, lag, backlog } = each;
  if (!started) return `${label} was never started`;
  if (status === null) return `${label} does not answer: ${trouble ?? 'nobody said why'}`;
  if (status.leaderId === null) return `${label} knows no leader`;
  if (each.sameView === false) return `${label} knows another ring or other members`;
  if (!each.reads) return `${label} does not answer reads that need quorum`;
  return `${label} is ${Math.max(lag ?? 0, backlog ?? 0)} entries behind`;
}

/** The state of a ring that people ask for first: `2 of 2 voters healthy; none may fail`. */
export function votersWords(ring: Ring): string {
  const voters = votersOf(ring);
  const healthy = voters.filter(isHealthyVoter).length;
  const count = `${healthy} of ${voters.length} voters healthy`;
  const tolerance = toleranceOf(voters.length, healthy);
  if (tolerance < 0) return `${count}, ${quorumOf(voters.length)} are needed: the ring takes no writes`;
  if (tolerance === 0) return `${count}; none may fail`;
  return `${count}; ${tolerance === 1 ? 'one more may fail' : `${tolerance} more may fail`}`;
}

/** How the ring is in the middle of a run, for endings. */
export function ringReport(
  context: Pick<StepContext<'etcd'>, 'nowIso'>,
  ring: Ring,
  notes: readonly string[],
): StateReport {
  return {
    at: context.nowIso(),
    healthy: false,
    summary: `${votersWords(ring)}.`,
    tables: [memberTable(ring)],
    notes: [...notes],
  };
}

/** The member that changes go through: the leader if it is well, else the most advanced healthy voter, never the given ones. `null`: none. */
export function chooseVia(ring: Ring, but: readonly MemberId[]): RingMember | null {
  const fit = votersOf(ring).filter((each) => isHealthyVoter(each) && !but.includes(each.id));
  const sorted = fit.toSorted(
    (a, b) => Number(b.isLeader) - Number(a.isLeader) || (a.lag ?? 0) - (b.lag ?? 0) || (a.id < b.id ? -1 : 1),
  );
  return sorted[0] ?? null;
}
