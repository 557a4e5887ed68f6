import type { EtcdMember } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';

/** How often the other members are looked at while one has its turn, ms. */
export const WATCH_MS = 2000;

/** The longest time without a leader that is no alarm, ms. An election takes about one second. */
export const LEADER_LOST_MS = 10_000;

/** What was seen of the other members meanwhile. */
export interface Watch {
  /** The longest time in which those who answered said that they know no leader, ms. */
  readonly leaderLostMs: number;
  /** The longest time in which nobody could be looked at, ms: nothing is known of the leader then. */
  readonly unseenMs: number;
}

/** A result, and what was seen meanwhile. */
export interface Watched<T> extends Watch {
  readonly value: T;
}

/** Does `work` and looks at the other members until it ends. The work decides when that is; a look never delays it. */
export async function whileWatching<T>(
  context: StepContext<'etcd'>,
  others: readonly EtcdMember[],
  work: () => Promise<T>,
): Promise<Watched<T>> {
  const working = work();
  if (others.length === 0) return { value: await working, leaderLostMs: 0, unseenMs: 0 };
  const flag = { ended: false };
  const end = markEnd(working, flag);
  const [value, seen] = await Promise.all([working, watch(context, others, flag, end)]);
  return { value, ...seen };
}

async function markEnd(working: Promise<unknown>, flag: { ended: boolean }): Promise<void> {
  try {
    await working;
  } catch {
    // Whoever awaits the work gets its error.
  } finally {
    flag.ended = true;
  }
}

async function watch(
  context: StepContext<'etcd'>,
  others: readonly EtcdMember[],
  flag: { readonly ended: boolean },
  end: Promise<void>,
): Promise<Watch> {
  let lostSince: number | null = null;
  let unseenSince: number | null = null;
  let leaderLostMs = 0;
  let unseenMs = 0;
  while (!flag.ended && !context.signal.aborted) {
    const beganMs = context.nowMs();
    const seen = await lookAtLeader(context, others);
    // Who gave up looking because the turn is over has not missed anybody.
    if (context.signal.aborted) break;
    if (seen === 'led') lostSince = null;
    if (seen === 'leaderless') {
      lostSince ??= context.nowMs();
      leaderLostMs = Math.max(leaderLostMs, context.nowMs() - lostSince);
    }
    unseenSince = seen === 'unseen' ? (unseenSince ?? beganMs) : null;
    if (unseenSince !== null) unseenMs = Math.max(unseenMs, context.nowMs() - unseenSince);
    await Promise.race([restOf(context), end]);
  }
  return { leaderLostMs, unseenMs };
}

/** `leaderless`: somebody said so, and nobody named a leader. `unseen`: nobody answered. */
async function lookAtLeader(
  context: StepContext<'etcd'>,
  others: readonly EtcdMember[],
): Promise<'led' | 'leaderless' | 'unseen'> {
  const call = { timeoutMs: WATCH_MS, signal: context.signal };
  const answers = await Promise.all(others.map(async (each) => await context.ports.etcd.status(each, call)));
  if (answers.some((answer) => answer.ok && answer.value.leaderId !== null)) return 'led';
  return answers.some((answer) => answer.ok) ? 'leaderless' : 'unseen';
}

async function restOf(context: StepContext<'etcd'>): Promise<void> {
  try {
    await context.pause(WATCH_MS);
  } catch {
    // The signal fired: the loop sees it.
  }
}
