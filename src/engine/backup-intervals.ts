import type { Schedule } from '../core/schedule.ts';
import { parseTime } from '../core/time.ts';
import type { AdmissionDeps } from './admission.ts';
import { listSchedules } from './schedules.ts';

/** Firings of a schedule that are looked at for its longest interval: a week of a daily one, with its week-end. */
const LOOKED_AHEAD = 8;

/** The longest interval of each schedule that takes backups of the cluster, ms. Throws when the control store cannot be reached. */
export async function backupIntervals(admission: AdmissionDeps, cluster: string): Promise<readonly number[]> {
  const schedules = await listSchedules({ admission });
  return schedules
    .filter((each) => each.cluster === cluster && each.command === 'backup' && !each.order.dryRun)
    .map((each) => longestInterval(admission.calendar, each))
    .filter((each) => each > 0);
}

function longestInterval(calendar: AdmissionDeps['calendar'], schedule: Schedule): number {
  let longest = 0;
  let current = parseTime(schedule.nextAt);
  for (let each = 0; each < LOOKED_AHEAD; each += 1) {
    const after = calendar.next(schedule, current);
    if (after === null) break;
    longest = Math.max(longest, after - current);
    current = after;
  }
  return longest;
}
