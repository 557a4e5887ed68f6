import { messageOf } from './control-flow.ts';
import type { DeskDeps } from './deps.ts';

const LIMIT = 100;
/** A run that was rung is not rung again for this long, ms: the queue may be behind. */
const GRACE_MS = 5000;

/** Rings every unfinished run that is due: pauses, polls, gate expiry, expired leases, lost rings. Answers how many. */
export async function sweep(deps: Pick<DeskDeps, 'store' | 'doorbell' | 'clock' | 'log'>): Promise<number> {
  const due = await deps.store.due(deps.clock.nowMs(), LIMIT, GRACE_MS);
  for (const runId of due) {
    try {
      await deps.doorbell.ring(runId);
    } catch (thrown) {
      deps.log.warn('a doorbell could not be rung; the next sweep tries again', {
        run: runId,
        error: messageOf(thrown),
      });
    }
  }
  return due.length;
}
