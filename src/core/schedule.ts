import { z } from 'zod';
import { Actor } from './actor.ts';
import { JsonObject } from './json.ts';

/** What is proposed at the times of a cron expression, as it is stored. Times are ISO. */
export const Schedule = z.object({
  id: z.string(),
  cluster: z.string(),
  /** Who scheduled it: every run is proposed as this person. */
  by: Actor,
  at: z.string(),
  cron: z.string(),
  tz: z.string(),
  /** The command as it would be typed. */
  text: z.string(),
  command: z.string(),
  policyVerb: z.string(),
  flags: z.array(z.string()),
  order: z.object({
    runbook: z.string(),
    cluster: z.string(),
    params: JsonObject,
    dryRun: z.boolean(),
    waitForLock: z.boolean(),
  }),
  /** The next nominal time: what has not been proposed, refused or missed yet. */
  nextAt: z.string(),
  /** What became of the last one; `null`: there was none. */
  last: z
    .object({
      nominal: z.string(),
      outcome: z.enum(['proposed', 'refused', 'missed']),
      run: z.string().nullable(),
      why: z.string(),
    })
    .nullable(),
  /** The delivery that made it: the same one again changes nothing. */
  request: z.string(),
});
export type Schedule = z.infer<typeof Schedule>;

/** What is later than this is missed and not run, ms. */
export const TOLERANCE_MS = 5 * 60_000;
/** The least time between two firings, ms: shorter ones would stand in each other's way. */
export const LEAST_PERIOD_MS = 60 * 60_000;
/** Nominal times that are told one by one when several were missed. */
const MOST_TOLD = 10;

/** What is due of a schedule: one nominal time to propose, and those that were missed. Times in ms. */
export interface DueTimes {
  readonly fireMs: number | null;
  /** Oldest first, at most ten of them. */
  readonly missedMs: readonly number[];
  readonly missed: number;
  /** The next one; `null`: there is none any more. */
  readonly nextMs: number | null;
}

/**
 * What to do with the nominal times that have come. Only the newest can still be proposed, and only within the tolerance; what is
 * older was missed. `next` gives the nominal time after another. Pure.
 */
export function dueTimes(fromMs: number, nowMs: number, next: (afterMs: number) => number | null): DueTimes {
  const missedMs: number[] = [];
  let missed = 0;
  let current = fromMs;
  for (;;) {
    const after = next(current);
    if (after !== null && after <= nowMs && after > current) {
      missed += 1;
      if (missedMs.length < MOST_TOLD) missedMs.push(current);
      current = after;
      continue;
    }
    const late = nowMs - current > TOLERANCE_MS;
    if (late && missedMs.length < MOST_TOLD) missedMs.push(current);
    return { fireMs: late ? null : current, missedMs, missed: late ? missed + 1 : missed, nextMs: after };
  }
}
