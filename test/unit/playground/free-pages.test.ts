import { expect, test } from 'vitest';
import { type FreedWanted, hasFreedPages } from '../../../playground/free-pages.ts';

const KIB = 1024;
/** A filling of 1 MiB: six values of 200 KiB, of which one stays. */
const SMALL = { keptBytes: 200 * KIB, deletedBytes: 1000 * KIB } as const;

function freed(size: readonly [file: number, used: number], before: number, wanted: Omit<FreedWanted, 'usedBefore'>) {
  const [file, used] = size;
  const member = { name: 'm-1', dbSize: file * KIB, dbSizeInUse: used * KIB };
  return hasFreedPages(member, { ...wanted, usedBefore: new Map([['m-1', before * KIB]]) });
}

// Sizes of real members, KiB. Of the first the used part is more than a sixth and a tenth of the file, however long one waits.
test.each([
  ['the least file of a cluster that has data of its own', [1440, 400], 190],
  ['the same data in a larger file', [2304, 396], 190],
  ['the least file of an empty ring', [1440, 236], 16],
  ['one with the last copy of what stays still pending', [1440, 424], 16],
] as const)('a small filling is over on %s', (_, size, before) => {
  expect(freed(size, before, SMALL)).toBe(true);
});

test.each([
  ['has not seen the writes yet', [20, 16], 16],
  ['has written them and not deleted', [1228, 1228], 16],
  ['has deleted them, and its pages are not free yet', [2044, 1440], 16],
] as const)('it is not over on a member that %s', (_, size, before) => {
  expect(freed(size, before, SMALL)).toBe(false);
});

test('what was free before does not stand for what is deleted now', () => {
  const wanted = { keptBytes: 2 * 1024 * KIB, deletedBytes: 22 * 1024 * KIB };
  const [file, before] = [250 * 1024, 25 * 1024];

  expect(freed([file, before + 24 * 1024], before, wanted)).toBe(false);
  expect(freed([file, before + 2 * 1024], before, wanted)).toBe(true);
});

test('a member that is not named had nothing before', () => {
  const member = { name: 'm-4', dbSize: 1440 * KIB, dbSizeInUse: 236 * KIB };

  expect(hasFreedPages(member, { ...SMALL, usedBefore: new Map() })).toBe(true);
  expect(hasFreedPages({ ...member, dbSizeInUse: 600 * KIB }, { ...SMALL, usedBefore: new Map() })).toBe(false);
});
