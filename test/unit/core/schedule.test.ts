import { describe, expect, test } from 'vitest';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';
import { dueTimes, TOLERANCE_MS } from '../../../src/core/schedule.ts';

const MINUTE_MS = 60_000;
const hourly = (afterMs: number): number => (Math.floor(afterMs / (60 * MINUTE_MS)) + 1) * 60 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

describe('what is due of a schedule', () => {
  test.each([
    ['at its time', 0, { fireMs: 0, missedMs: [], missed: 0, nextMs: HOUR_MS }],
    ['within the tolerance', TOLERANCE_MS, { fireMs: 0, missedMs: [], missed: 0, nextMs: HOUR_MS }],
    ['later it was missed', TOLERANCE_MS + 1, { fireMs: null, missedMs: [0], missed: 1, nextMs: HOUR_MS }],
    [
      'only the newest can be proposed',
      2 * HOUR_MS,
      { fireMs: 2 * HOUR_MS, missedMs: [0, HOUR_MS], missed: 2, nextMs: 3 * HOUR_MS },
    ],
    [
      'a long absence',
      2 * HOUR_MS + 30 * MINUTE_MS,
      { fireMs: null, missedMs: [0, HOUR_MS, 2 * HOUR_MS], missed: 3, nextMs: 3 * HOUR_MS },
    ],
  ])('%s', (_what, nowMs, expected) => {
    expect(dueTimes(0, nowMs, hourly)).toEqual(expected);
  });

  test('of very many that were missed ten are named and all are counted', () => {
    const due = dueTimes(0, 1000 * HOUR_MS + 30 * MINUTE_MS, hourly);
    expect([due.fireMs, due.missed, due.missedMs.length, due.nextMs]).toEqual([null, 1001, 10, 1001 * HOUR_MS]);
  });

  test('the last time of all has none after it', () => {
    expect(dueTimes(0, 0, () => null)).toEqual({ fireMs: 0, missedMs: [], missed: 0, nextMs: null });
  });

  test.each([
    ['2027-03-27T23:00Z', ['2027-03-28T01:00', '2027-03-29T00:30']],
    ['2026-10-24T23:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ])('02:30 in Berlin comes once a day over a change of the clock (%s)', (from, expected) => {
    const spec = { cron: '30 2 * * *', tz: 'Europe/Berlin' };
    const first = systemCalendar.next(spec, Date.parse(from)) ?? 0;
    const due = dueTimes(first, first, (afterMs) => systemCalendar.next(spec, afterMs));
    expect([first, due.nextMs ?? 0].map((ms) => new Date(ms).toISOString().slice(0, 16))).toEqual(expected);
  });
});
