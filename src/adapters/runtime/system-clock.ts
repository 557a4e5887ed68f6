import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../core/ports/runtime.ts';

/** The time of this machine. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  nowIso: () => new Date().toISOString(),
  sleep: async (ms: number, signal?: AbortSignal) => {
    await wait(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
  },
});
