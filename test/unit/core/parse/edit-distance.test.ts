import { assert as assertProperty, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearestOf } from '../../../../src/core/parse/edit-distance.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['a', '', 1],
    ['defrag', 'defrag', 0],
    ['defrga', 'defrag', 1],
    ['defag', 'defrag', 1],
    ['defrrag', 'defrag', 1],
    ['kitten', 'sitting', 3],
  ])('%j and %j', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is symmetric and at most the longer word', () => {
    assertProperty(
      property(string({ maxLength: 12 }), string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearestOf', () => {
  test.each([
    ['stat', 'status'],
    ['defrgament', null],
    ['rusn', 'runs'],
    ['xyzzy', null],
    ['', null],
    ['d'.repeat(200), null],
  ])('%s', (word, nearest) => {
    expect(nearestOf(word, ['status', 'defrag', 'runs'])).toBe(nearest);
  });
});
