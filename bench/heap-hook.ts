// Loaded into a process that is measured (`--import`, with `--expose-gc`): at each SIGUSR2 it collects garbage and
// writes its memory as one JSON line on standard output.
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/** Between collections, so that finalizers run and what they held is collected too. */
const PAUSE_MS = 200;
const COLLECTIONS = 4;

async function measure(): Promise<void> {
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    await globalThis.gc?.({ execution: 'async' });
    await delay(PAUSE_MS);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ memory: { rss, heapUsed, external } })}\n`);
}

process.on('SIGUSR2', () => void measure());
