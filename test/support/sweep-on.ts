import process from 'node:process';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { repeat } from '../../src/app/repeat.ts';
import type { Log } from '../../src/core/ports/runtime.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { silentLog } from './engine-harness.ts';

const SWEEP_MS = 100;

/** What the output of a worker has where a sweep failed. */
export const SWEEP_FAILED = 'sweep failed: ';

const log: Log = {
  ...silentLog,
  warn: (_, fields) => void process.stdout.write(`${SWEEP_FAILED}${String(fields?.['error'])}\n`),
};

/**
 * Sweeps until the signal fires (by default, until the process ends), in the loop of the real worker: it outlives a question to Redis that
 * took too long, which is what one that was frozen in the middle of it finds on waking. A failure is on standard output, the first of several
 * in a row.
 */
export async function sweepOn(engine: Engine, signal = new AbortController().signal): Promise<void> {
  const beside = { clock: systemClock, log };
  await repeat(SWEEP_MS, signal, beside, 'sweeping', async () => void (await engine.sweep()));
}
