import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { LOOK_TIMEOUT_MS, lookOf, readRing } from '../steps/read-ring.ts';
import { answerOf, refusalReason, type WayReason, wayReason } from './call-error.ts';

/** Name of the announced call. */
export const MOVE_LEADER = 'move-leader';

/** Looks at the ring after a move, one sample apart, before it counts as not moved. */
const MOVE_LOOKS = 6;

/** The member that takes over: the most advanced healthy voter; `null`: none. The leader is last, so the others had their turns. */
export function successorOf(ring: Ring, leader: RingMember): RingMember | null {
  const fit = ring.members.filter((each) => each.id !== leader.id && isHealthyVoter(each));
  return fit.toSorted((a, b) => (a.lag ?? 0) - (b.lag ?? 0) || (a.id < b.id ? -1 : 1))[0] ?? null;
}

/** Why leadership did not move: the call did not come as far as etcd, was refused, had no certain answer, or was answered and changed nothing. */
export type NotMoved = WayReason | 'etcd-refused' | 'call-without-effect' | 'not-verified';

/** Whether leadership has left a member. `not-moved` carries why, and the reason to stop with. */
export type Moved =
  | { readonly kind: 'moved'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string }
  | { readonly kind: 'not-moved'; readonly text: string; readonly reason: NotMoved };

/** Hands leadership over, looks at what came of it and stores that. */
export async function moveLeader(context: StepContext<'etcd'>, from: RingMember, to: RingMember): Promise<Moved> {
  await context.progress(`Moving leadership from ${from.label} to ${to.label}.`);
  const result = await context.act(
    { item: from.label, action: MOVE_LEADER, facts: { from: from.id, to: to.id } },
    async (signal) =>
      await context.ports.etcd.moveLeader(from.member, to.id, { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal }),
  );
  return await settleMove(context, from.label, from.id, result.ok ? null : result.error);
}

/** Looks until all voters follow another leader than `from`, and stores what was seen. */
export async function settleMove(
  context: StepContext<'etcd'>,
  label: string,
  from: string,
  error: EtcdError | null,
): Promise<Moved> {
  const moved = await watchMove(context, label, from, error);
  const result = moved.kind === 'moved' ? 'done' : moved.kind === 'unknown' ? 'unknown' : 'not-done';
  await context.observed({ result, note: moved.text, evidence: null });
  return moved;
}

async function watchMove(
  context: StepContext<'etcd'>,
  label: string,
  from: string,
  error: EtcdError | null,
): Promise<Moved> {
  const why = error === null ? '' : ` (${error.message})`;
  let last: string | null = null;
  for (let look = 0; look < MOVE_LOOKS; look += 1) {
    if (look > 0) await context.pause(context.cluster.defrag.sampleMs);
    const { ring } = await readRing(lookOf(context));
    last = ring?.leaderId ?? null;
    if (last !== null && last !== from) {
      const leader = ring?.members.find((each) => each.isLeader);
      return { kind: 'moved', text: `${leader?.label ?? last} leads now` };
    }
  }
  const reason = whyNotMoved(error);
  if (last !== null) return { kind: 'not-moved', text: `${label} still leads${why}`, reason };
  // What did not come as far as etcd has moved nothing.
  if (wayReason(error) !== null) return { kind: 'not-moved', text: `the call was refused${why}`, reason };
  return { kind: 'unknown', text: `the members do not agree on a leader, or do not tell${why}` };
}

function whyNotMoved(error: EtcdError | null): NotMoved {
  if (error === null) return 'not-verified';
  return answerOf(error.code) === 'refused' ? refusalReason(error) : 'call-without-effect';
}
