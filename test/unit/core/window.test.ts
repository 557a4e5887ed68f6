import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemCalendar as calendar } from '../../../src/adapters/time/calendar.ts';
import { type WindowSpec, windowAt } from '../../../src/core/window.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';

const HOUR_MS = 3_600_000;
const SUNDAY: WindowSpec = { cron: '0 2 * * SUN', tz: 'Europe/Berlin', durationMs: 4 * HOUR_MS };
const at = (text: string): number => Date.parse(text);

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 16);
}

function daily(cron: string, hours: number, tz = 'Europe/Berlin'): WindowSpec {
  return { cron, tz, durationMs: hours * HOUR_MS };
}

function told(windows: readonly WindowSpec[], now: string): readonly (string | boolean | null)[] {
  const state = windowAt(calendar, windows, at(now));
  if (state === null) return [];
  return state.open ? [true, iso(state.openedMs), iso(state.closesMs)] : [false, iso(state.opensMs)];
}

describe('the windows of a cluster', () => {
  test('without windows there is nothing to say', () => {
    expect(windowAt(calendar, [], at('2026-11-21T20:00Z'))).toBeNull();
  });
  test.each([
    ['before', [SUNDAY], '2026-11-21T20:00Z', [false, '2026-11-22T01:00']],
    ['at the opening', [SUNDAY], '2026-11-22T01:00Z', [true, '2026-11-22T01:00', '2026-11-22T05:00']],
    ['at the last moment', [SUNDAY], '2026-11-22T04:59:59.999Z', [true, '2026-11-22T01:00', '2026-11-22T05:00']],
    ['at the end', [SUNDAY], '2026-11-22T05:00Z', [false, '2026-11-29T01:00']],
    [
      'a skipped opening: after the gap, as long as ever',
      [SUNDAY],
      '2027-03-28T03:00Z',
      [true, '2027-03-28T01:00', '2027-03-28T05:00'],
    ],
    [
      'a repeated opening: the first, as long as ever',
      [SUNDAY],
      '2026-10-25T03:59Z',
      [true, '2026-10-25T00:00', '2026-10-25T04:00'],
    ],
    ['and it does not open again', [SUNDAY], '2026-10-25T04:00Z', [false, '2026-11-01T01:00']],
    ['over the gap', [daily('0 23 * * SAT', 6)], '2027-03-28T03:30Z', [true, '2027-03-27T22:00', '2027-03-28T04:00']],
    [
      'New York over the repeated hour',
      [daily('0 0 * * SUN', 3, 'America/New_York')],
      '2026-11-01T06:30Z',
      [true, '2026-11-01T04:00', '2026-11-01T07:00'],
    ],
    [
      'overlapping ones are one',
      [SUNDAY, daily('0 5 * * SUN', 3)],
      '2026-11-22T04:30Z',
      [true, '2026-11-22T01:00', '2026-11-22T07:00'],
    ],
    [
      'touching ones are one',
      [SUNDAY, daily('0 6 * * SUN', 1)],
      '2026-11-22T05:30Z',
      [true, '2026-11-22T01:00', '2026-11-22T06:00'],
    ],
    ['the nearest opening counts', [SUNDAY, daily('0 22 * * *', 1)], '2026-11-21T20:00Z', [false, '2026-11-21T21:00']],
    ['in two zones', [SUNDAY, daily('0 2 * * SUN', 1, 'Asia/Tokyo')], '2026-11-21T16:00Z', [false, '2026-11-21T17:00']],
    ['longer than its period: always open', [daily('0 0 * * *', 30)], '2026-11-21T20:00Z', [true, null, null]],
    ['exactly its period: always open', [daily('0 0 * * *', 24, 'UTC')], '2026-11-21T20:00Z', [true, null, null]],
    [
      '24 hours a day leave a gap when a day has 25',
      [daily('0 0 * * *', 24)],
      '2026-10-25T22:30Z',
      [false, '2026-10-25T23:00'],
    ],
  ])('%s', (_what, windows, now, expected) => {
    expect(told(windows, now)).toEqual(expected);
  });

  test('whatever the openings, it is open exactly while one of them has not ended, and says when that changes', () => {
    const minute = integer({ min: 0, max: 60 });
    const windows = array(record({ starts: array(minute, { maxLength: 5 }), length: integer({ min: 1, max: 20 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    assert(
      property(windows, minute, (given, now) => {
        const fake = createFakeCalendar(new Map(given.map(({ starts }, index) => [`w${index}`, starts])));
        const specs = given.map(({ length }, index) => ({ cron: `w${index}`, tz: 'UTC', durationMs: length }));
        const isOpen = (ms: number): boolean =>
          given.some(({ starts, length }) => starts.some((start) => start <= ms && ms < start + length));
        const state = windowAt(fake, specs, now);
        const [fromMs, toMs] = state?.open === true ? [state.openedMs, state.closesMs] : [now, state?.opensMs ?? 200];
        const within = Array.from({ length: (toMs ?? 0) - (fromMs ?? 0) }, (_, index) => isOpen((fromMs ?? 0) + index));
        const beyond = state?.open === true ? [isOpen((fromMs ?? 0) - 1), isOpen(toMs ?? 0)] : [false];

        expect(state?.open).toBe(isOpen(now));
        expect(within).toEqual(within.map(() => isOpen(now)));
        expect(beyond).toEqual(beyond.map(() => false));
        expect(state?.open === false && state.opensMs !== null ? isOpen(state.opensMs) : true).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
