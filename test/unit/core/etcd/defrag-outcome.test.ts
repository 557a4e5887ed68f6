import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeDefrag } from '../../../../src/core/etcd/defrag-outcome.ts';
import { defragDeadlineMs, diskNeededBytes, estimateDefragMs } from '../../../../src/core/etcd/estimate.ts';
import { MIB } from '../../../support/etcd-reading.ts';

function size(mib: number, inUse: number) {
  return { size: Math.round(mib * MIB), inUse: Math.round(inUse * MIB) };
}

describe('a defragmentation is judged by the file', () => {
  test.each([
    ['shrunk to what is in use', size(100, 30), size(30, 30), 'unknown', 'done'],
    ['shrunk, answer ok', size(100, 30), size(30, 30), 'ok', 'done'],
    ['shrunk, although etcd refused: somebody else did it', size(100, 30), size(30, 30), 'refused', 'done'],
    ['clearly fell, more was written since', size(100, 30), size(60, 59), 'unknown', 'done'],
    ['unchanged after an error', size(100, 30), size(100, 30), 'unknown', 'not-done'],
    ['unchanged after success', size(100, 30), size(100, 30), 'ok', 'not-done'],
    ['unchanged after a refusal', size(100, 30), size(100, 30), 'refused', 'not-done'],
    ['grown', size(100, 30), size(120, 50), 'unknown', 'not-done'],
    ['nothing to free, answer ok', size(100, 98), size(100, 98), 'ok', 'done'],
    ['nothing to free, nobody knows', size(100, 98), size(100, 98), 'unknown', 'done'],
    ['nothing to free, refused', size(100, 98), size(100, 98), 'refused', 'not-done'],
    ['a small fragmented file, unchanged', size(0.8, 0.2), size(0.8, 0.2), 'unknown', 'not-done'],
    ['a small fragmented file, answer ok', size(0.8, 0.2), size(0.8, 0.2), 'ok', 'done'],
    ['a small file that shrank', size(0.8, 0.2), size(0.2, 0.2), 'unknown', 'done'],
    ['a small fall is no proof', size(100, 30), size(97, 30), 'unknown', 'not-done'],
  ] as const)('%s', (_, before, after, answer, result) => {
    expect(judgeDefrag(before, after, answer).result).toBe(result);
  });

  test('the text has both sizes', () => {
    expect(judgeDefrag(size(100, 30), size(30, 30), 'ok').text).toBe('100 MiB before, 30.0 MiB after');
  });
});

test('an unchanged file with much to free is never taken for done without an answer', () => {
  assert(
    property(integer({ min: 1, max: 10_000 }), integer({ min: 0, max: 49 }), (mib, share) => {
      const seen = size(mib, (mib * share) / 100);
      expect(judgeDefrag(seen, seen, 'unknown').result).toBe('not-done');
    }),
  );
});

test('time and room are estimated from what is in use', () => {
  expect(estimateDefragMs(0)).toBe(1000);
  expect(estimateDefragMs(1024 ** 3)).toBe(10_000);
  expect(estimateDefragMs(4.2 * 1024 ** 3)).toBe(42_000);
  expect(defragDeadlineMs(1024 ** 3)).toBe(600_000);
  expect(defragDeadlineMs(16 * 1024 ** 3)).toBe(960_000);
  expect(diskNeededBytes(100)).toBe(120);
});
