import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeClock } from './fake-clock.ts';

/** How often a test looks whether real work has ended, ms. */
const LOOK_MS = 10;

/** Real time behind the face of a clock that tests move: moving it means waiting. */
export function createRealClock(): FakeClock {
  return {
    nowMs: () => Date.now(),
    nowIso: () => new Date().toISOString(),
    sleep: async (ms, signal) => await sleep(ms, undefined, signal === undefined ? {} : { signal }),
    advance: async (ms) => await sleep(ms),
    advanceToNext: async () => await sleep(LOOK_MS, true),
    sleepers: () => 0,
  };
}
