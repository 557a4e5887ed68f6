import { describe, expect, it } from 'vitest';
import { hoursProblem, withinHours, zoneProblem } from '../../../../src/core/policy/hours.ts';

function within(hours: string, tz: string, at: string): boolean | null {
  return withinHours({ hours, tz }, Date.parse(at));
}

describe('hours of the week', () => {
  it.each([
    ['Mon-Fri 09:00-17:00', '2026-11-23T09:00:00Z', true],
    ['Mon-Fri 09:00-17:00', '2026-11-22T09:00:00Z', false],
    ['Mon-Fri 09:00-17:00', '2026-11-27T16:59:59Z', true],
    ['Sat,Sun 00:00-24:00', '2026-11-22T23:59:59Z', true],
    ['Sat,Sun 00:00-24:00', '2026-11-23T00:00:00Z', false],
    ['Fri-Mon 12:00-13:00', '2026-11-22T12:30:00Z', true],
    ['Fri-Mon 12:00-13:00', '2026-11-24T12:30:00Z', false],
    ['22:00-06:00', '2026-11-24T05:59:00Z', true],
    ['22:00-06:00', '2026-11-24T06:00:00Z', false],
    ['Sun 22:00-06:00', '2026-11-23T03:00:00Z', true],
    ['Sun 22:00-06:00', '2026-11-22T03:00:00Z', false],
    ['mon 09:00-17:00', '2026-11-23T10:00:00Z', true],
  ])('%s holds at %s: %s', (hours, at, expected) => {
    expect(within(hours, 'UTC', at)).toBe(expected);
  });

  it.each([
    ['the hour before summer time begins', '2026-03-29T00:30:00Z', true],
    ['the hour that is left out never comes: right after it is 03:00', '2026-03-29T01:00:00Z', false],
    ['the first of the two hours when summer time ends', '2026-10-25T00:30:00Z', true],
    ['the second of them', '2026-10-25T01:30:00Z', true],
    ['the hour after both', '2026-10-25T02:00:00Z', false],
  ])('%s', (_when, at, expected) => {
    expect(within('01:00-03:00', 'Europe/Berlin', at)).toBe(expected);
  });

  it.each([
    '',
    '9-17',
    '09:00',
    '09:00-09:00',
    '25:00-26:00',
    '09:60-10:00',
    'Mon-Fry 09:00-10:00',
    'Mon-Tue-Wed 09:00-10:00',
  ])('"%s" is none, which cannot be told', (hours) => {
    expect(hoursProblem(hours)).toContain('expected days and times');
    expect(within(hours, 'UTC', '2026-11-23T10:00:00Z')).toBeNull();
  });

  it('a zone must be one', () => {
    expect(zoneProblem('Europe/Berlin')).toBeNull();
    expect(zoneProblem('Mars/Base')).toContain('expected the name of a time zone');
    expect(within('09:00-17:00', 'Mars/Base', '2026-11-23T10:00:00Z')).toBeNull();
    expect(withinHours({ hours: '09:00-17:00', tz: 'UTC' }, Number.NaN)).toBeNull();
  });
});
