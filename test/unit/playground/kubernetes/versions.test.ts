import { expect, test } from 'vitest';
import { byVersion, numbersOf } from '../../../../playground/kubernetes/versions.ts';

test('what is no version is none', () => {
  expect(['', 'v1', 'v1.30', 'latest', 'v1.30.x', '1.30.6.1'].map(numbersOf)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test('versions are read with and without their letter, and without what follows the patch', () => {
  const read = { major: 1, minor: 30, patch: 6 };
  expect(['v1.30.6', '1.30.6', 'v1.30.6-rc.1', 'v1.30.6+vendor.2'].map(numbersOf)).toEqual([read, read, read, read]);
});

test('they are ordered by number, not by letter', () => {
  expect(['v1.30.10', 'v1.9.9', 'v2.0.0', 'v1.30.9', 'odd'].toSorted(byVersion)).toEqual([
    'odd',
    'v1.9.9',
    'v1.30.9',
    'v1.30.10',
    'v2.0.0',
  ]);
});
