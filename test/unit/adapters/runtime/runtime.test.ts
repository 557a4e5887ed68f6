import { assert as assertProperty, dictionary, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../../../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../../../src/adapters/runtime/system-clock.ts';
import { parseTime } from '../../../../src/core/time.ts';

describe('systemClock', () => {
  test('tells the same time in both forms', () => {
    const before = systemClock.nowMs();
    const iso = parseTime(systemClock.nowIso());

    expect(iso).toBeGreaterThanOrEqual(before);
    expect(iso).toBeLessThanOrEqual(systemClock.nowMs());
  });

  test('a sleep ends', async () => {
    await expect(systemClock.sleep(1)).resolves.toBeUndefined();
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined();
  });

  test('a sleep ends with the signal, also one that fired before', async () => {
    const stop = new AbortController();
    const sleep = systemClock.sleep(60_000, stop.signal);
    stop.abort();

    await expect(sleep).rejects.toThrow('aborted');
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('aborted');
  });
});

describe('randomIds', () => {
  test('gives four characters that people can say aloud', () => {
    const names = Array.from({ length: 500 }, () => randomIds.suffix());

    expect(names.filter((name) => !/^[23456789abcdefghjkmnpqrstvwxyz]{4}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBeGreaterThan(450);
  });
});

describe('canonicalDigest', () => {
  test('is SHA-256 over canonical JSON', () => {
    // printf '{"a":[1,2],"b":"x"}' | sha256sum
    expect(canonicalDigest.of({ b: 'x', a: [1, 2] })).toBe(
      'd0f56dda38d34376527524ddd98f7ec117d5cbfb240f86e11bfb9d2d01a717d9',
    );
  });

  test('does not depend on the order of members', () => {
    assertProperty(
      property(dictionary(string({ unit: 'grapheme' }), integer()), (members) => {
        const reversed = Object.fromEntries(Object.entries(members).toReversed());

        expect(canonicalDigest.of(reversed)).toBe(canonicalDigest.of(members));
      }),
    );
  });

  test('differs for different values', () => {
    expect(canonicalDigest.of({ a: 1 })).not.toBe(canonicalDigest.of({ a: '1' }));
    expect(canonicalDigest.of([])).not.toBe(canonicalDigest.of({}));
  });

  test('refuses what has no canonical form', () => {
    expect(() => canonicalDigest.of(Number.NaN)).toThrow('NaN');
    expect(() => canonicalDigest.of('\uD800')).toThrow('surrogate');
  });
});
