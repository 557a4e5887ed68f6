import type { EtcdMember } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';

/** How often the other members are looked at while one has its turn, ms. */
export const WATCH_MS = 2000;

/** The longest time without a leader that is no alarm, ms. An election takes about one second. */
export const LEADER_LOST_MS = 10_000;

/** A result, and how long the other members knew no leader meanwhile, ms. */
export interface Watched<T> {
  readonly value: T;
  readonly leaderLostMs: number;
}

/** Does `work` and looks at the other members until it ends. The work decides when that is; a look never delays it. */
export async function whileWatching<T>(
  context: StepContext<'etcd'>,
  others: readonly EtcdMember[],
  work: () => Promise<T>,
): Promise<Watched<T>> {
  const working = work();
  if (others.length === 0) return { value: await working, leaderLostMs: 0 };
  const flag = { ended: false };
  const end = markEnd(working, flag);
  const [value, leaderLostMs] = await Promise.all([working, watch(context, others, flag, end)]);
  return { value, leaderLostMs };
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
): Promise<number> {
  let lostSince: number | null = null;
  let longest = 0;
  while (!flag.ended && !context.signal.aborted) {
    const led = await anyLeads(context, others);
    lostSince = led ? null : (lostSince ?? context.nowMs());
    if (lostSince !== null) longest = Math.max(longest, context.nowMs() - lostSince);
    await Promise.race([restOf(context), end]);
  }
  return longest;
}

async function anyLeads(context: StepContext<'etcd'>, others: readonly EtcdMember[]): Promise<boolean> {
  const call = { timeoutMs: WATCH_MS, signal: context.signal };
  const answers = await Promise.all(others.map(async (each) => await context.ports.etcd.status(each, call)));
  return answers.some((answer) => answer.ok && answer.value.leaderId !== null);
}

async function restOf(context: StepContext<'etcd'>): Promise<void> {
  try {
    await context.pause(WATCH_MS);
  } catch {
    // The signal fired: the loop sees it.
  }
}
