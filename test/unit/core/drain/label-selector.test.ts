import { assert, constantFrom, dictionary, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isEmptySelector,
  LabelSelector,
  selectorWords,
  selects,
} from '../../../../src/core/kubernetes/label-selector.ts';

function term(key: string, operator: string, values?: readonly string[]): LabelSelector {
  return LabelSelector.parse({ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] });
}

describe('a term', () => {
  const labels = { app: 'web', tier: '' };

  test.each<[string, LabelSelector, boolean]>([
    ['equal', LabelSelector.parse({ matchLabels: { app: 'web' } }), true],
    ['not equal', LabelSelector.parse({ matchLabels: { app: 'db' } }), false],
    ['a name of every object is no label', LabelSelector.parse({ matchLabels: { constructor: 'web' } }), false],
    ['all of it must fit', LabelSelector.parse({ matchLabels: { app: 'web', zone: 'a' } }), false],
    ['In', term('app', 'In', ['db', 'web']), true],
    ['In, without the label', term('zone', 'In', ['a']), false],
    ['NotIn', term('app', 'NotIn', ['web']), false],
    ['NotIn, without the label', term('zone', 'NotIn', ['a']), true],
    ['Exists, with an empty value', term('tier', 'Exists'), true],
    ['Exists, without the label', term('toString', 'Exists'), false],
    ['DoesNotExist', term('app', 'DoesNotExist'), false],
    ['DoesNotExist, without the label', term('zone', 'DoesNotExist'), true],
    ['an operator that is not known', term('app', 'Near', ['web']), false],
  ])('%s', (_, selector, fits) => {
    expect(selects(selector, labels)).toBe(fits);
  });
});

test('null members are those that are missing', () => {
  const selector = LabelSelector.parse({ matchLabels: null, matchExpressions: null });
  expect(isEmptySelector(selector)).toBe(true);
  expect(selects(selector, {})).toBe(true);
});

test('words read the same in whatever order the terms stand', () => {
  const terms = [
    { key: 'tier', operator: 'In', values: ['b', 'a'] },
    { key: 'old', operator: 'DoesNotExist' },
    { key: 'new', operator: 'Exists' },
    { key: 'zone', operator: 'NotIn', values: ['x'] },
    { key: 'odd', operator: 'Near', values: ['y'] },
  ];
  const words = 'app=web,!old,new,odd Near (y),tier in (a,b),zone notin (x)';
  expect(selectorWords(LabelSelector.parse({ matchLabels: { app: 'web' }, matchExpressions: terms }))).toBe(words);
  const turned = { matchLabels: { app: 'web' }, matchExpressions: terms.toReversed() };
  expect(selectorWords(LabelSelector.parse(turned))).toBe(words);
});

test('labels select themselves, and whoever has more of them', () => {
  const labels = dictionary(constantFrom('a', 'b', 'c'), constantFrom('x', 'y', ''));
  assert(
    property(labels, labels, (some, more) => {
      const selector = LabelSelector.parse({ matchLabels: some });
      expect(selects(selector, { ...more, ...some })).toBe(true);
      expect(selects(selector, more)).toBe(Object.entries(some).every(([key, value]) => more[key] === value));
    }),
  );
});
