import { assert as assertProperty, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/core/duration.ts';

describe('parseDuration', () => {
  test.each([
    ['60s', 60_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['0s', 0],
    [' 10S ', 10_000],
    ['1d2h3m4s5ms', 93_784_005],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', ' ', '60', 's', '-5s', '5 m', '1m1h', '5m5m', '5sx', '1e3s', 'soon', '.5s', '4000d'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test('reads back what formatDuration writes', () => {
    assertProperty(
      property(integer({ min: 0, max: 300_000_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  test('answers null or a whole number of milliseconds for any text', () => {
    assertProperty(
      property(string(), (text) => {
        const ms = parseDuration(text);

        expect(ms === null || (Number.isInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});
