import type { Clock } from '../../src/core/ports/runtime.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on, waking sleepers in order, each with the time it asked for. */
  advance(ms: number): Promise<void>;
  /** Moves to the next sleeper. False: nobody sleeps. */
  advanceToNext(): Promise<boolean>;
  /** Sleepers waiting now. */
  sleepers(): number;
}

/** Lets everything that can run without time passing run. */
export async function flush(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Makes a clock that stands at `start`. */
export function createFakeClock(start = Date.UTC(2026, 0, 1, 3, 0, 0)): FakeClock {
  let nowMs = start;
  let sleepers: readonly Sleeper[] = [];
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> =>
    await new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortError(signal));
        return;
      }
      const onAbort = (): void => {
        sleepers = sleepers.filter((each) => each !== sleeper);
        reject(signal === undefined ? new Error('aborted') : abortError(signal));
      };
      const sleeper: Sleeper = {
        atMs: nowMs + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort);
      sleepers = [...sleepers, sleeper];
    });
  const wakeUntil = async (limitMs: number): Promise<void> => {
    for (;;) {
      const [next] = sleepers.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > limitMs) return;
      nowMs = Math.max(nowMs, next.atMs);
      sleepers = sleepers.filter((each) => each !== next);
      next.wake();
      await flush();
    }
  };
  return {
    nowMs: () => nowMs,
    nowIso: () => new Date(nowMs).toISOString(),
    sleep,
    advance: async (ms) => {
      const target = nowMs + ms;
      await flush();
      await wakeUntil(target);
      nowMs = target;
      await flush();
    },
    advanceToNext: async () => {
      await flush();
      const [next] = sleepers.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) return false;
      await wakeUntil(next.atMs);
      return true;
    },
    sleepers: () => sleepers.length,
  };
}

function abortError(signal: AbortSignal): Error {
  return new Error(`aborted: ${String(signal.reason)}`);
}
