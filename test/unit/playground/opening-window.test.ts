import { expect, test } from 'vitest';
import { openingWindow } from '../../../playground/opening-window.ts';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';

test.each([
  ['the next full minute that is far enough', '2026-11-22T14:30:20Z', 60_000, '32 14 * * *', '14:32 UTC'],
  ['a full minute that is exactly as far', '2026-11-22T14:30:00Z', 60_000, '31 14 * * *', '14:31 UTC'],
  ['over midnight', '2026-11-22T23:59:30Z', 45_000, '1 0 * * *', '00:01 UTC'],
])('%s', (_name, now, waitMs, cron, words) => {
  expect(openingWindow(Date.parse(now), waitMs)).toEqual({ window: { cron, tz: 'UTC', duration: '1h' }, words });
});

test('Drydock reads it as closed now and open from that minute on', () => {
  const now = Date.parse('2026-11-22T23:59:30Z');
  const { window } = openingWindow(now, 45_000);

  expect(systemCalendar.problem(window)).toBeNull();
  expect(systemCalendar.next(window, now)).toBe(Date.parse('2026-11-23T00:01:00Z'));
});
