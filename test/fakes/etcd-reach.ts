import type { EtcdCall, EtcdError, EtcdErrorCode, EtcdResult } from '../../src/core/ports/etcd.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { type FakeMember, finishDefragmentation } from './etcd-state.ts';

/** Fake time: what the fake needs of a clock. */
export type FakeEtcdClock = Pick<Clock, 'nowMs' | 'sleep'>;

/** A clock without waiting: every sleep ends at once and moves the time. For tests that do not look at time. */
export function instantClock(): FakeEtcdClock {
  let now = 0;
  return {
    nowMs: () => now,
    async sleep(ms, signal) {
      // A turn of the event loop, so that what happens meanwhile in the test can happen.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

/** Builds an error of the port. */
export function refusal(code: EtcdErrorCode, what: string, text: string): EtcdError {
  return { code, message: `${what}: ${text}` };
}

/** One wait for one member. */
export interface Wait {
  readonly member: FakeMember;
  readonly call: EtcdCall;
  readonly what: string;
  /** Fake time when the call's limit is over. */
  readonly deadlineMs: number;
  /** The request was sent already: a member that goes away leaves an unknown outcome. */
  readonly sent: boolean;
}

/** Waits until the member can answer; `null` when it does, else why not. */
export async function reach(wait: Wait, clock: FakeEtcdClock): Promise<EtcdError | null> {
  const { member, call, what } = wait;
  let sent = wait.sent;
  for (;;) {
    refresh(member, clock);
    if (call.signal?.aborted === true) return refusal('cancelled', what, 'cancelled');
    if (member.health === 'down' || member.health === 'cut') {
      if (sent) return refusal('unknown-outcome', what, 'the connection was lost');
      const unreachable = refusal('unreachable', what, 'no connection');
      return member.health === 'down' ? { ...unreachable, refusesConnections: true } : unreachable;
    }
    if (member.answersAs !== null) return refusal('wrong-member', what, `member ${member.answersAs} answered there`);
    const leftMs = wait.deadlineMs - clock.nowMs();
    // Who looks later than the limit is told that it is over, although the member may be done by then.
    if (member.health === 'up' && member.busyUntilMs === null && (leftMs >= 0 || !sent)) return null;
    if (leftMs <= 0) return refusal('unknown-outcome', what, 'no answer in time');
    sent = true;
    const busyMs = member.health === 'up' && member.busyUntilMs !== null ? member.busyUntilMs - clock.nowMs() : leftMs;
    await changeOrTime(member, Math.min(leftMs, busyMs), call.signal, clock);
  }
}

/** Waits until no snapshot of the member is being streamed; `null` when that is so, else why it cannot be waited for. */
export async function untilStreamsEnd(wait: Wait, clock: FakeEtcdClock): Promise<EtcdError | null> {
  const { member, call, deadlineMs } = wait;
  for (;;) {
    const lost = await reach(wait, clock);
    if (lost !== null || member.streams === 0) return lost;
    const leftMs = deadlineMs - clock.nowMs();
    if (leftMs <= 0) return refusal('unknown-outcome', wait.what, 'no answer in time');
    await changeOrTime(member, leftMs, call.signal, clock);
  }
}

/** The caller's signal ends the wait for an answer; the server may still do it. */
export async function untilCancelled<T>(
  call: EtcdCall,
  what: string,
  answer: Promise<EtcdResult<T>>,
): Promise<EtcdResult<T>> {
  const { signal } = call;
  if (signal === undefined) return await answer;
  const { promise, resolve } = Promise.withResolvers<EtcdResult<T>>();
  const cancel = (): void => resolve({ ok: false, error: refusal('cancelled', what, 'cancelled') });
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Ends a defragmentation whose time is over. A frozen member does not get on with it. */
export function refresh(member: FakeMember, clock: FakeEtcdClock): void {
  if (member.health !== 'up' && member.health !== 'cut') return;
  if (member.busyUntilMs !== null && member.busyUntilMs <= clock.nowMs()) finishDefragmentation(member);
}

async function changeOrTime(
  member: FakeMember,
  ms: number,
  signal: AbortSignal | undefined,
  clock: FakeEtcdClock,
): Promise<void> {
  const done = new AbortController();
  const either = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  // A sleep that was ended early is no failure: the caller looks again.
  await Promise.race([member.changed.promise, clock.sleep(ms, either).catch(() => undefined)]);
  done.abort();
}
