import { array, assert, asyncProperty, jsonValue, nat } from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines, TooLongLine } from '../../../../src/adapters/kubernetes/json-lines.ts';

/** The bytes in pieces that end at these places. */
async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function collect(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

test('values come whole and in order, wherever the stream is cut, also within a character', async () => {
  await assert(
    asyncProperty(array(jsonValue()), array(nat()), async (values, cuts) => {
      const expected: readonly unknown[] = values.map((value): unknown => JSON.parse(JSON.stringify(value)));
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

      expect(await collect(jsonLines(pieces(bytes, cuts), 1 << 20))).toEqual(expected);
    }),
  );
});

test('a line that is cut off at the end is dropped, empty lines too', async () => {
  expect(await collect(jsonLines(pieces(Buffer.from('{"a":1}\n\n \n{"b":'), [3, 9]), 100))).toEqual([{ a: 1 }]);
});

test('a line that is too long, and one that is no JSON', async () => {
  await expect(collect(jsonLines(pieces(Buffer.alloc(200, '1'), [50, 100]), 100))).rejects.toThrow(TooLongLine);
  await expect(collect(jsonLines(pieces(Buffer.from('nope\n'), []), 100))).rejects.toThrow(SyntaxError);
});
