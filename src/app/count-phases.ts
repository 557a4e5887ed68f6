import type { RunStore } from '../core/ports/run-store.ts';
import { foldRun, phaseOf } from '../core/run-state.ts';

/** Records read at the same time: a scrape must not hold up the store. */
const AT_ONCE = 50;

/** All unfinished runs, by phase. */
export async function countPhases(runs: Pick<RunStore, 'unfinished' | 'read'>): Promise<ReadonlyMap<string, number>> {
  const unfinished = await runs.unfinished();
  const counts = new Map<string, number>();
  for (let from = 0; from < unfinished.length; from += AT_ONCE) {
    const records = await Promise.all(unfinished.slice(from, from + AT_ONCE).map(async (id) => await runs.read(id)));
    for (const record of records) {
      if (record === null) continue;
      const phase = phaseOf(foldRun(record));
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
  }
  return counts;
}
