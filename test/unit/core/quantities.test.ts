import { assert as assertProperty, date, double, integer, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatShare } from '../../../src/core/bytes.ts';
import { formatSpan, parseTime, spanAsSet } from '../../../src/core/time.ts';

describe('parseTime', () => {
  it('reads every time that Date writes', () => {
    const min = new Date('0000-01-01T00:00:00.000Z');
    const max = new Date('9999-12-31T23:59:59.999Z');
    assertProperty(
      property(date({ min, max, noInvalidDate: true }), (time) => {
        expect(parseTime(time.toISOString())).toBe(time.getTime());
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T12:00:00.5Z', Date.UTC(2024, 1, 29, 12, 0, 0, 500)],
    ['2000-02-29T00:00:00.07Z', Date.UTC(2000, 1, 29, 0, 0, 0, 70)],
    ['2100-03-01T00:00:00.007Z', Date.UTC(2100, 2, 1, 0, 0, 0, 7)],
    ['1969-12-31T23:59:59.999Z', -1],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    '',
    'soon',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+01:00',
    ' 2026-01-01T00:00:00Z',
    '+010000-01-01T00:00:00.000Z',
  ])('takes %j for long past', (text) => {
    expect(parseTime(text)).toBe(0);
  });

  it('answers a whole number for any text', () => {
    assertProperty(
      property(string(), (text) => {
        expect(Number.isInteger(parseTime(text))).toBe(true);
      }),
    );
  });
});

describe('formatSpan', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [850, '850 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [1000, '1.0 s'],
    [9949, '9.9 s'],
    [9999, '10 s'],
    [59_499, '59 s'],
    [59_999, '1 min 0 s'],
    [3_599_999, '1 h 0 min'],
    [4200, '4.2 s'],
    [12_345, '12 s'],
    [60_000, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });

  it.each([
    [1_800_000, '30 min'],
    [14_400_000, '4 h'],
    [30_000, '30 s'],
    [200_000, '3 min 20 s'],
  ])('%i ms, as somebody has set them, are %s', (ms, text) => {
    expect(spanAsSet(ms)).toBe(text);
  });

  it('never shows a unit full: no 1000 ms, no 60 s, no 60 min', () => {
    assertProperty(
      property(
        oneof(
          double({ min: 0, max: 1e9, noNaN: true }),
          integer({ min: 0, max: 70_000 }),
          integer({ min: 3_500_000, max: 3_700_000 }),
        ),
        (ms) => {
          expect(formatSpan(ms)).not.toMatch(/\b(1000 ms|10\.0 s|60 s|60 min)/);
        },
      ),
    );
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [812 * 1024, '812 KiB'],
    [95.3 * 1024 ** 2, '95.3 MiB'],
    [2 * 1024 ** 3, '2.0 GiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [99.96 * 1024, '100 KiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('is within one part in twenty of what it names, and never shows a unit full', () => {
    const powers: Readonly<Record<string, number>> = { B: 0, KiB: 1, MiB: 2, GiB: 3, TiB: 4 };
    assertProperty(
      property(oneof(integer({ min: 0, max: 1024 ** 5 }), integer({ min: 1_000_000, max: 1_100_000 })), (bytes) => {
        const [value = '', unit = ''] = formatBytes(bytes).split(' ');

        expect(Math.abs(Number(value) * 1024 ** (powers[unit] ?? -9) - bytes)).toBeLessThanOrEqual(bytes / 20);
        expect(Number(value)).toBeLessThan(unit === 'TiB' ? 1025 : 1024);
      }),
    );
  });
});

describe('formatShare', () => {
  it.each([
    [1, 3, '33 %'],
    [2, 3, '67 %'],
    [0, 5, '0 %'],
    [5, 5, '100 %'],
    [1, 0, '0 %'],
  ])('%i of %i is %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });
});
