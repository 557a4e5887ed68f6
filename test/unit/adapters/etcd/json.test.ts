import { array, assert, bigInt, json, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEtcdJson } from '../../../../src/adapters/etcd/json.ts';
import { ETCDCTL_SAMPLES } from './etcdctl-samples.ts';

/** Every run of digits outside strings, long enough to lose one in a double. */
function longNumbers(text: string): readonly string[] {
  return [...text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/\d{16,}/g)].map(([digits]) => digits);
}

/** Every string anywhere in a value. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

describe('what etcdctl prints', () => {
  test.each(Object.entries(ETCDCTL_SAMPLES))('T19: no digit is lost: %s', (_name, text) => {
    const strings = stringsIn(parseEtcdJson(text));

    expect(strings).toEqual(expect.arrayContaining([...longNumbers(text)]));
    // What is not longer than 15 digits stays what plain parsing makes of it.
    expect(JSON.stringify(parseEtcdJson(text)).replaceAll(/"(\d{16,})"/g, '$1')).toBe(
      text.replaceAll(/"(\d{16,})"/g, '$1'),
    );
  });

  test('the samples are worth the test', () => {
    const all = Object.values(ETCDCTL_SAMPLES);

    expect(all.length).toBeGreaterThan(15);
    expect(all.flatMap(longNumbers).length).toBeGreaterThan(25);
    expect(all.flatMap(longNumbers).some((digits) => String(Number(digits)) !== digits)).toBe(true);
  });

  test('T19: a text that speaks of an id is left alone', () => {
    expect(parseEtcdJson(ETCDCTL_SAMPLES['status with an alarm'])).toMatchObject([
      {
        Status: {
          header: { member_id: '18019771712233889772' },
          errors: ['memberID:18019771712233889772 alarm:NOSPACE '],
          dbSizeInUse: 264_220_672,
        },
      },
    ]);
  });

  test('numbers of 64 bits come back digit by digit, next to any text', () => {
    const id = bigInt({ min: 10n ** 15n, max: 2n ** 64n - 1n });
    assert(
      property(array(record({ id, text: string() })), (entries) => {
        const text = `[${entries.map((each) => `{"ID":${each.id},"text":${JSON.stringify(each.text)}}`).join()}]`;
        expect(parseEtcdJson(text)).toEqual(entries.map((each) => ({ ID: String(each.id), text: each.text })));
      }),
    );
  });

  test('any JSON without long numbers is read as usual', () => {
    assert(
      property(
        json().filter((text) => longNumbers(text).length === 0),
        (text) => {
          expect(parseEtcdJson(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  test('a long string is no burden, a broken text is an error', () => {
    const long = 'x'.repeat(4_000_000);

    expect(parseEtcdJson(`{"a":"${long}","b":-1234567890123456789}`)).toEqual({ a: long, b: '-1234567890123456789' });
    for (const broken of ['', '{', '"1234567890123456789', '[1234567890123456789', '{"a":01234567890123456789}']) {
      expect(() => parseEtcdJson(broken)).toThrow(SyntaxError);
    }
  });
});
