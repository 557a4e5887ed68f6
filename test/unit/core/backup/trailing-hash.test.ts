import { createHash } from 'node:crypto';
import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { followTrailingHash, type SnapshotFinding } from '../../../../src/core/backup/trailing-hash.ts';

function fileOf(pages: number): Buffer {
  const database = Buffer.alloc(pages * 512, 'page');
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

/** Follows the file in pieces of these lengths, over and over; the same buffer each time, as a careless sender has it. */
function follow(file: Uint8Array, lengths: readonly number[] = [file.length]): SnapshotFinding {
  const following = followTrailingHash(createHash('sha256'));
  const buffer = new Uint8Array(Math.max(1, ...lengths));
  let at = 0;
  for (let turn = 0; at < file.length; turn += 1) {
    const piece = file.subarray(at, at + (lengths[turn % lengths.length] ?? 1));
    buffer.set(piece);
    following.take(buffer.subarray(0, piece.length));
    buffer.fill(0);
    at += piece.length;
  }
  return following.finding();
}

test('a whole file is good, whatever the pieces it comes in', () => {
  assert(
    property(integer({ min: 1, max: 6 }), array(integer({ min: 1, max: 700 }), { minLength: 1 }), (pages, lengths) => {
      const file = fileOf(pages);
      const sha256 = createHash('sha256').update(file).digest('hex');
      expect(follow(file, lengths)).toEqual({ ok: true, databaseBytes: pages * 512, sha256 });
    }),
  );
});

test('empty pieces change nothing', () => {
  const file = fileOf(1);
  const following = followTrailingHash(createHash('sha256'));
  for (const piece of [file.subarray(0, 0), file, file.subarray(0, 0)]) following.take(piece);

  expect(following.finding()).toMatchObject({ ok: true, databaseBytes: 512 });
});

test('one bit flipped anywhere is found', () => {
  const file = fileOf(2);
  assert(
    property(integer({ min: 0, max: file.length * 8 - 1 }), (bit) => {
      const flipped = Buffer.from(file);
      const at = Math.floor(bit / 8);
      flipped[at] = flipped.readUInt8(at) ^ (1 << (bit % 8));
      expect(follow(flipped, [100])).toMatchObject({ ok: false, problem: 'hash-differs' });
    }),
  );
});

test.each([
  ['nothing', 0, 'too-short'],
  ['a hash alone', 32, 'too-short'],
  ['a page without its hash', 512, 'too-short'],
  ['the last byte missing', 3 * 512 + 31, 'not-pages'],
  ['the hash missing', 3 * 512, 'not-pages'],
  ['the last page missing, and its hash', 2 * 512 + 32, 'hash-differs'],
])('%s is told', (_, length, problem) => {
  expect(follow(fileOf(3).subarray(0, length), [100])).toMatchObject({ ok: false, problem });
});

test('both hashes are named', () => {
  const file = fileOf(1);
  file.fill(0, 512);

  expect(follow(file)).toEqual({
    ok: false,
    problem: 'hash-differs',
    text: `its content has the SHA-256 ${createHash('sha256').update(file.subarray(0, 512)).digest('hex')}, its end says ${'0'.repeat(64)}`,
  });
});
