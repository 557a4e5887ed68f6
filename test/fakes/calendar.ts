import type { Calendar } from '../../src/core/ports/calendar.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A calendar without zones: each cron text has the instants that the test gave it (ms), and every clock shows UTC. */
export function createFakeCalendar(instants: ReadonlyMap<string, readonly number[]> = new Map()): Calendar {
  const of = (cron: string): readonly number[] => (instants.get(cron) ?? []).toSorted((a, b) => a - b);
  return {
    problem: ({ cron }) => (instants.has(cron) ? null : `"${cron}" is no cron expression`),
    next: ({ cron }, afterMs) => of(cron).find((ms) => ms > afterMs) ?? null,
    previous: ({ cron }, atMs) => of(cron).findLast((ms) => ms <= atMs) ?? null,
    dayOf: (ms) => {
      const date = new Date(ms);
      return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    },
    instantOf: ({ year, month, day, hour, minute }) =>
      Date.UTC(year, month - 1, 1, hour) + (day - 1) * DAY_MS + minute * MINUTE_MS,
    words: (ms, tz) => `${new Date(ms).toISOString().slice(0, 16)} ${tz}`,
  };
}
