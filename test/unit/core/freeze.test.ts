import { describe, expect, test } from 'vitest';
import { systemCalendar as calendar } from '../../../src/adapters/time/calendar.ts';
import { type Freeze, freezeInWords, isInForce, readUntil } from '../../../src/core/freeze.ts';

const NOW = Date.parse('2026-11-21T20:00:00Z');

function meant(text: string, tz = 'Europe/Berlin', nowMs = NOW): string | null {
  const until = readUntil(text, nowMs, tz, calendar);
  if (!until.ok) return until.text.split('.')[0] ?? '';
  return until.untilMs === null ? null : new Date(until.untilMs).toISOString().slice(0, 16);
}

describe('--until', () => {
  test.each([
    ['2026-12-01', '2026-12-01T23:00'],
    ['2026-11-21', '2026-11-21T23:00'],
    ['2026-12-31', '2026-12-31T23:00'],
    ['2026-12-01 18:00', '2026-12-01T17:00'],
    ['2026-12-01T18:00', '2026-12-01T17:00'],
    ['2026-12-01T18:00Z', '2026-12-01T18:00'],
    ['18:00', '2026-11-22T17:00'],
    ['22:30', '2026-11-21T21:30'],
    ['4h', '2026-11-22T00:00'],
    ['1d12h', '2026-11-23T08:00'],
    ['2027-03-28 02:30', '2027-03-28T01:00'],
  ])('%s in Berlin means %s', (text, expected) => {
    expect(meant(text)).toBe(expected);
  });

  test('a duration ends with a whole minute, the one that people read', () => {
    expect(meant('4h', 'UTC', NOW + 1)).toBe('2026-11-22T00:01');
    expect(meant('90s', 'UTC', NOW)).toBe('2026-11-21T20:02');
  });

  test('the same day ends at another instant elsewhere', () => {
    expect(meant('2026-12-01', 'UTC')).toBe('2026-12-02T00:00');
    expect(meant('2026-12-01', 'America/New_York')).toBe('2026-12-02T05:00');
    expect(meant('2026-12-01', 'Asia/Kolkata')).toBe('2026-12-01T18:30');
  });

  test('a day of 25 hours ends an hour later', () => {
    expect(meant('2026-10-25', 'Europe/Berlin', Date.parse('2026-10-20T00:00Z'))).toBe('2026-10-25T23:00');
  });

  test('no end is possible in words only', () => {
    expect(meant('lifted')).toBeNull();
    expect(meant('')).toContain('no end of a freeze');
    expect(meant('forever')).toContain('no end of a freeze');
  });

  test.each(['2026-11-20', '2026-11-21 20:59', '0s'])('%s is over already', (text) => {
    expect(meant(text)).toContain('over already');
  });

  test.each(['2026-02-30', '2026-13-01', '2026-12-01 25:00', '24:00', '2026-12', '12/01/2026', 'tomorrow'])(
    '%s is not guessed at',
    (text) => {
      expect(meant(text)).toContain('no end of a freeze');
    },
  );

  test('more than a year is a slip of the keyboard', () => {
    expect(meant('2062-12-01')).toContain('more than a year away');
  });
});

describe('a freeze', () => {
  const freeze: Freeze = {
    cluster: 'prod',
    by: { team: 'T0', user: 'U0ANA' },
    at: '2026-11-21T20:00:00.000Z',
    until: '2026-12-01T23:00:00.000Z',
    untilWords: 'Wed 2 Dec 2026 00:00 Europe/Berlin',
    reason: 'holiday',
    request: 'k',
  };

  test('holds until its instant and not at it', () => {
    expect(isInForce(freeze, Date.parse('2026-12-01T22:59:59.999Z'))).toBe(true);
    expect(isInForce(freeze, Date.parse('2026-12-01T23:00:00.000Z'))).toBe(false);
    expect(isInForce({ ...freeze, until: null }, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test('says who, until when and why', () => {
    expect(freezeInWords(freeze)).toBe('prod is frozen until Wed 2 Dec 2026 00:00 Europe/Berlin by <@U0ANA>: holiday');
    expect(freezeInWords({ ...freeze, until: null })).toContain('until somebody lifts it');
  });
});
