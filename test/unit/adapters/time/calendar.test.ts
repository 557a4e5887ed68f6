import { describe, expect, test } from 'vitest';
import { systemCalendar as calendar } from '../../../../src/adapters/time/calendar.ts';

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';
const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString().slice(0, 16));

describe('cron expressions in a zone', () => {
  test.each([
    ['an ordinary Sunday', '0 2 * * SUN', BERLIN, '2026-11-21T20:00Z', '2026-11-22T01:00'],
    ['a skipped time is the end of the gap', '0 2 * * SUN', BERLIN, '2027-03-27T12:00Z', '2027-03-28T01:00'],
    ['in the middle of the gap too', '30 2 * * *', BERLIN, '2027-03-27T12:00Z', '2027-03-28T01:00'],
    ['a repeated time comes the first time', '30 2 * * *', BERLIN, '2026-10-24T12:00Z', '2026-10-25T00:30'],
    ['and not again an hour later', '30 2 * * *', BERLIN, '2026-10-25T00:30Z', '2026-10-26T01:30'],
    ['nor with a list of hours', '0 2,14 * * *', BERLIN, '2026-10-25T00:00Z', '2026-10-25T13:00'],
    ['every half hour goes on through both', '*/30 * * * *', BERLIN, '2026-10-25T00:30Z', '2026-10-25T01:00'],
    ['New York, skipped', '30 2 * * *', NEW_YORK, '2027-03-14T00:00Z', '2027-03-14T07:00'],
    ['New York, repeated', '30 1 * * *', NEW_YORK, '2026-11-01T04:00Z', '2026-11-01T05:30'],
    ['a zone of half an hour', '0 0 * * *', 'Asia/Kolkata', '2026-10-25T00:00Z', '2026-10-25T18:30'],
    [
      'a zone that changes by half an hour',
      '0 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      '2026-10-03T15:30',
    ],
    ['a zone that never changes', '0 2 * * *', 'Asia/Tokyo', '2027-03-27T12:00Z', '2027-03-27T17:00'],
  ])('%s', (_what, cron, tz, after, expected) => {
    expect(iso(calendar.next({ cron, tz }, at(after)))).toBe(expected);
  });

  test('the instant itself was the last one, and a moment before it was not', () => {
    const spec = { cron: '0 2 * * SUN', tz: BERLIN };
    const opening = at('2026-11-22T01:00Z');
    expect(iso(calendar.previous(spec, opening))).toBe('2026-11-22T01:00');
    expect(iso(calendar.previous(spec, opening + 999))).toBe('2026-11-22T01:00');
    expect(iso(calendar.previous(spec, opening - 1))).toBe('2026-11-15T01:00');
    expect(iso(calendar.next(spec, opening))).toBe('2026-11-29T01:00');
    expect(iso(calendar.next(spec, opening - 1))).toBe('2026-11-22T01:00');
  });

  test.each([
    ['0 25 * * *', BERLIN, 'no cron expression'],
    ['0 2 * *', BERLIN, 'five fields'],
    ['@daily', BERLIN, 'five fields'],
    ['0 0 2 * * SUN', BERLIN, 'five fields'],
    ['0 0 30 2 *', BERLIN, 'never comes'],
    ['0 2 * * SUN', 'Europe/Berln', 'no time zone'],
    ['0 2 * * SUN', '', 'no time zone'],
  ])('%s in %s is refused', (cron, tz, why) => {
    expect(calendar.problem({ cron, tz })).toContain(why);
  });

  test('what is right has no problem', () => {
    expect(calendar.problem({ cron: '0 2 29 2 *', tz: 'UTC' })).toBeNull();
  });
});

describe('times on the clock of a zone', () => {
  test.each([
    ['winter', { year: 2026, month: 12, day: 2, hour: 0, minute: 0 }, BERLIN, '2026-12-01T23:00'],
    ['summer', { year: 2026, month: 7, day: 1, hour: 18, minute: 30 }, BERLIN, '2026-07-01T16:30'],
    ['skipped: the end of the gap', { year: 2027, month: 3, day: 28, hour: 2, minute: 30 }, BERLIN, '2027-03-28T01:00'],
    ['twice: the second', { year: 2026, month: 10, day: 25, hour: 2, minute: 30 }, BERLIN, '2026-10-25T01:30'],
    ['New York, twice', { year: 2026, month: 11, day: 1, hour: 1, minute: 30 }, NEW_YORK, '2026-11-01T06:30'],
    ['half an hour', { year: 2026, month: 12, day: 2, hour: 0, minute: 0 }, 'Asia/Kolkata', '2026-12-01T18:30'],
    [
      'a gap of half an hour',
      { year: 2026, month: 10, day: 4, hour: 2, minute: 10 },
      'Australia/Lord_Howe',
      '2026-10-03T15:30',
    ],
    ['a day too many', { year: 2026, month: 12, day: 32, hour: 0, minute: 0 }, 'UTC', '2027-01-01T00:00'],
    [
      'midnight that is skipped',
      { year: 2026, month: 9, day: 6, hour: 0, minute: 0 },
      'America/Santiago',
      '2026-09-06T04:00',
    ],
  ])('%s', (_what, local, tz, expected) => {
    expect(iso(calendar.instantOf(local, tz))).toBe(expected);
  });

  test.each([
    ['2026-09-30T12:00Z', 'Wed 30 Sep 2026 14:00 Europe/Berlin'],
    ['2026-11-29T01:00Z', 'Sun 29 Nov 2026 02:00 Europe/Berlin'],
  ])('%s in words', (ms, words) => {
    expect(calendar.words(at(ms), BERLIN)).toBe(words);
  });

  test('the day somewhere else', () => {
    expect(calendar.dayOf(at('2026-12-31T23:30Z'), BERLIN)).toEqual({ year: 2027, month: 1, day: 1 });
    expect(calendar.dayOf(at('2026-09-30T12:00Z'), NEW_YORK)).toEqual({ year: 2026, month: 9, day: 30 });
  });
});
