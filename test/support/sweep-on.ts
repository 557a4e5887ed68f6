import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { repeat } from '../../src/app/repeat.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { silentLog } from './engine-harness.ts';

const SWEEP_MS = 100;

/**
 * Sweeps until the process ends, in the loop of the real worker: it outlives a question to Redis that took too long, which is what one that
 * was frozen in the middle of it finds on waking.
 */
export async function sweepOn(engine: Engine): Promise<void> {
  const beside = { clock: systemClock, log: silentLog };
  await repeat(SWEEP_MS, new AbortController().signal, beside, 'sweeping', async () => void (await engine.sweep()));
}
