import { describe, expect, test } from 'vitest';
import { costOf, standingOf, wantsInWords } from '../../../../src/core/drain/budget-standing.ts';
import type { Budget, DrainPod } from '../../../../src/core/drain/view.ts';
import { budgetOf, podOn, SAMPLE_AT } from '../../../support/drain-view.ts';

function standing(over: Partial<Budget>, allowed = 0): string {
  const found = standingOf(budgetOf('nginx', allowed, over));
  return found.kind === 'never' || found.kind === 'broken' ? `${found.kind}: ${found.why}` : found.kind;
}

describe('where a budget stands', () => {
  test.each<[string, Partial<Budget>, number, string]>([
    ['it allows some', {}, 2, 'open'],
    ['just enough are healthy', {}, 0, 'spent'],
    ['too few are healthy', { currentHealthy: 5 }, 0, 'spent'],
    ['it was changed', { generation: 2 }, 2, 'uncounted'],
    ['nobody has looked at it yet', { observedGeneration: 0 }, 0, 'uncounted'],
    ['less than nothing', {}, -1, 'broken: it allows less than nothing'],
    [
      'too many on their way',
      { disruptedPods: Array.from({ length: 2_001 }, String) },
      3,
      'broken: too many evictions are not counted',
    ],
    ['the controller cannot count', { syncFailed: 'found no controllers' }, 0, 'broken: found no controllers'],
    ['it cannot, and does not say why', { syncFailed: '' }, 0, 'broken: its pods cannot be counted'],
    ['none may be away', { maxUnavailable: 0, minAvailable: null }, 0, 'never: none-unavailable'],
    ['none may be away, as a share', { maxUnavailable: '0%', minAvailable: null }, 0, 'never: none-unavailable'],
    ['all must be there', { minAvailable: '100%' }, 0, 'never: all-needed'],
    ['as many as there are to be', { minAvailable: 10, desiredHealthy: 10 }, 0, 'never: all-needed'],
    ['more than there are to be', { minAvailable: 12, desiredHealthy: 12 }, 0, 'never: all-needed'],
    [
      'a share that rounds up to all of them',
      { minAvailable: '90%', desiredHealthy: 1, expectedPods: 1 },
      0,
      'never: all-needed',
    ],
    [
      'healthy pods whose number cannot be told',
      { minAvailable: null, maxUnavailable: '50%', expectedPods: 0, desiredHealthy: 0, currentHealthy: 2 },
      0,
      'never: uncountable',
    ],
    [
      'it selects nothing',
      { minAvailable: null, maxUnavailable: 1, expectedPods: 0, desiredHealthy: 0, currentHealthy: 0 },
      0,
      'spent',
    ],
  ])('%s', (_, over, allowed, expected) => {
    expect(standing(over, allowed)).toBe(expected);
  });
});

describe('what an eviction costs', () => {
  const sick: Partial<DrainPod> = { ready: false };

  test.each<[string, Partial<DrainPod>, Partial<Budget>, string]>([
    ['a healthy pod', {}, {}, 'one'],
    ['one that waits for its start', { phase: 'Pending', ready: false }, {}, 'none'],
    ['one that has ended', { phase: 'Succeeded' }, {}, 'none'],
    ['one that ends', { deletedAt: SAMPLE_AT }, {}, 'none'],
    ['one that is not ready while enough others are', sick, {}, 'free'],
    ['one that is not ready while too few are', sick, { currentHealthy: 7 }, 'one'],
    ['one that is not ready where none is needed', sick, { desiredHealthy: 0, currentHealthy: 0 }, 'one'],
    ['one that is not ready and may always go', sick, { currentHealthy: 7, unhealthyPolicy: 'AlwaysAllow' }, 'free'],
    ['a healthy one where sick ones may always go', {}, { unhealthyPolicy: 'AlwaysAllow' }, 'one'],
    ['one whose phase nobody knows', { phase: 'Unknown' }, {}, 'one'],
  ])('%s', (_, pod, budget, expected) => {
    expect(costOf(podOn('worker-1', 'nginx-1', pod), budgetOf('nginx', 0, budget))).toBe(expected);
  });
});

test('what it wants, in words', () => {
  expect(wantsInWords(budgetOf('a', 0))).toBe('minAvailable 8');
  expect(wantsInWords(budgetOf('a', 0, { minAvailable: null, maxUnavailable: '10%' }))).toBe('maxUnavailable 10%');
  expect(wantsInWords(budgetOf('a', 0, { minAvailable: null }))).toBe('nothing');
});
