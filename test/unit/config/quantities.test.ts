import { assert as assertProperty, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseShare, parseSize } from '../../../src/config/quantities.ts';

describe('parseSize', () => {
  test.each([
    ['8GiB', 8_589_934_592],
    ['512 MiB', 536_870_912],
    ['2Gi', 2_147_483_648],
    ['8GB', 8_000_000_000],
    ['1.5k', 1500],
    ['100', 100],
    ['7b', 7],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'GiB', '-1GiB', '8 XiB', '1e9', '99999999TiB'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeNull();
  });
});

describe('parseShare', () => {
  test.each([
    ['50%', 0.5],
    ['0%', 0],
    ['100 %', 1],
    ['62.5%', 0.625],
  ])('reads %s', (text, share) => {
    expect(parseShare(text)).toBe(share);
  });

  test('answers a share of 0 to 1 or null for any text', () => {
    assertProperty(
      property(string(), (text) => {
        const share = parseShare(`${text}%`);

        expect(share === null || (share >= 0 && share <= 1)).toBe(true);
      }),
    );
  });

  test.each(['50', '101%', '-1%', '%', 'half'])('refuses %j', (text) => {
    expect(parseShare(text)).toBeNull();
  });
});
