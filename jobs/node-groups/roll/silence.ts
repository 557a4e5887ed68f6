import { z } from 'zod';
import type { EndReason } from '../../../src/core/reasons.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import type { Unseen } from '../provider.ts';

/** Which cluster could not be seen, and since when. Times in ms since the epoch. */
export const Silence = z.object({
  what: z.enum(['management', 'workload']),
  /** Without the time in which no worker looked. */
  sinceMs: z.number(),
  /** The last look at it; absent: not noted. */
  lookedMs: z.number().optional(),
});
export type Silence = z.infer<typeof Silence>;

/** How long a cluster may be silent, ms. The API server of a cluster restarts while its control plane is replaced. */
const SILENT_MS = { management: 15 * 60_000, workload: 10 * 60_000 } as const;
/** The longest of these, ms. */
export const LONGEST_SILENCE_MS = SILENT_MS.management;
const SILENT_REASON = { management: 'management-silent', workload: 'cluster-silent' } as const;
const NAMES = { management: 'The management cluster', workload: 'The API server of the cluster' } as const;

/** Two looks further apart than this, ms: no worker was there, and nobody can say what was so meanwhile. */
const AWAY_MS = 60_000;

/** For how long no worker looked, ms. @param lookedMs the look before, ms since the epoch */
export function awayFor(lookedMs: number, nowMs: number): number {
  return nowMs - lookedMs > AWAY_MS ? nowMs - lookedMs : 0;
}

/** One more look that saw nothing: since when that is so. `reason`: for too long; `null`: it is looked at again. `note`: without a period. */
export function heardNothing(
  earlier: Silence | null,
  { what, reason: told, words }: Unseen,
  nowMs: number,
): { readonly silence: Silence; readonly reason: EndReason | null; readonly note: string } {
  const reason = told ?? SILENT_REASON[what];
  const silence = { what, sinceMs: sinceOf(earlier, what, nowMs), lookedMs: nowMs };
  const silentMs = nowMs - silence.sinceMs;
  const note = `${NAMES[what]} ${reason === 'access-refused' ? 'could not be looked at' : 'does not answer'} (${words})`;
  return silentMs >= SILENT_MS[what]
    ? { silence, reason, note: `${note} for ${spanAsSet(silentMs)}` }
    : { silence, reason: null, note: `${note}; it is looked at again` };
}

function sinceOf(earlier: Silence | null, what: Silence['what'], nowMs: number): number {
  if (earlier?.what !== what) return nowMs;
  return earlier.sinceMs + awayFor(earlier.lookedMs ?? nowMs, nowMs);
}
