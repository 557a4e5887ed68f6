import { z } from 'zod';
import type { EndReason } from '../../../src/core/reasons.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import type { Unseen } from '../provider.ts';

/** Which cluster could not be seen, and since when, ms since the epoch. */
export const Silence = z.object({ what: z.enum(['management', 'workload']), sinceMs: z.number() });
export type Silence = z.infer<typeof Silence>;

/** How long a cluster may be silent, ms. The API server of a cluster restarts while its control plane is replaced. */
const SILENT_MS = { management: 15 * 60_000, workload: 10 * 60_000 } as const;
/** The longest of these, ms. */
export const LONGEST_SILENCE_MS = SILENT_MS.management;
const SILENT_REASON = { management: 'management-silent', workload: 'cluster-silent' } as const;
const NAMES = { management: 'The management cluster', workload: 'The API server of the cluster' } as const;

/** One more look that saw nothing: since when that is so. `reason`: for too long; `null`: it is looked at again. `note`: without a period. */
export function heardNothing(
  earlier: Silence | null,
  { what, words }: Unseen,
  nowMs: number,
): { readonly silence: Silence; readonly reason: EndReason | null; readonly note: string } {
  const silence = earlier?.what === what ? earlier : { what, sinceMs: nowMs };
  const silentMs = nowMs - silence.sinceMs;
  const note = `${NAMES[what]} does not answer (${words})`;
  return silentMs >= SILENT_MS[what]
    ? { silence, reason: SILENT_REASON[what], note: `${note} for ${spanAsSet(silentMs)}` }
    : { silence, reason: null, note: `${note}; it is looked at again` };
}
