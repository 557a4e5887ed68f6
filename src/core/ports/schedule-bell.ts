import type { CronSpec } from './calendar.ts';

/** What rings: a schedule and its times. */
export interface BellTimes extends CronSpec {
  readonly id: string;
}

/**
 * Rings at the times of schedules. It may ring early, late, twice or not at all: what is due is told by the record of the schedule, and
 * whoever is rung looks there.
 */
export interface ScheduleBell {
  /** Makes it ring for exactly these, and for nothing else. To be called by one process at a time. Throws when it cannot be reached. */
  reconcile(wanted: readonly BellTimes[]): Promise<void>;
}
