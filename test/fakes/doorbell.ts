import type { Doorbell } from '../../src/core/ports/run-store.ts';

/** A doorbell that only remembers, with knobs for what a real one may do. */
export interface FakeDoorbell extends Doorbell {
  /** Rings nobody took yet, oldest first. */
  readonly pending: readonly string[];
  /** Hands over the pending rings, oldest first, and forgets them. */
  take(): readonly string[];
  /** `lose`: rings vanish silently; `double`: each comes twice; `fail`: ringing throws; `work`: the default. */
  setMode(mode: 'work' | 'lose' | 'double' | 'fail'): void;
}

/** Makes a doorbell that works. */
export function createFakeDoorbell(): FakeDoorbell {
  const pending: string[] = [];
  let mode: Parameters<FakeDoorbell['setMode']>[0] = 'work';
  return {
    pending,
    take: () => pending.splice(0),
    setMode(next) {
      mode = next;
    },
    async ring(runId) {
      await Promise.resolve();
      if (mode === 'fail') throw new Error('the queue cannot be reached');
      const times = { work: 1, double: 2, lose: 0 }[mode];
      for (let each = 0; each < times; each += 1) pending.push(runId);
    },
  };
}
