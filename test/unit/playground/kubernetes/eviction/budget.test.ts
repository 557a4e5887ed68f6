import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import {
  budgetsFor,
  countsForNothing,
  needsNoBudget,
  spent,
} from '../../../../../playground/kubernetes/eviction/budget.ts';

const NOW = Date.parse('2026-11-21T13:48:59Z');

function budget(status: object, spec: object = {}): ApiObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'db', generation: 2 },
    spec: { selector: { matchLabels: { app: 'db' } }, ...spec },
    status: { observedGeneration: 2, disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, ...status },
  };
}

function pod(ready: boolean, more: object = {}): ApiObject {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const metadata = { name: 'db-1', labels: { app: 'db' } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Running', conditions, ...more } };
}

function refusalOf(status: object): unknown {
  const after = spent(budget(status), 'db-1', NOW);
  return after.ok ? 'none' : { ...after.refusal, message: undefined, details: undefined };
}

test('as many evictions are let through as the budget allows, and not one more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), (allowed) => {
      let current = budget({ disruptionsAllowed: allowed });
      let count = 0;
      for (; count <= 25; count += 1) {
        const after = spent(current, `db-${count}`, NOW);
        if (!after.ok) break;
        current = after.budget;
      }

      expect(count).toBe(allowed);
      expect(current['status']).toMatchObject({ disruptionsAllowed: 0 });
      expect(Object.keys(Object(Object(current['status']).disruptedPods ?? {}))).toHaveLength(allowed);
    }),
  );
});

test('the last disruption turns the condition, as the API server itself does', () => {
  const conditions = [{ type: 'DisruptionAllowed', status: 'True', observedGeneration: 2, reason: 'SufficientPods' }];
  const after = spent(budget({ conditions }), 'db-1', NOW);

  expect(after).toMatchObject({
    ok: true,
    budget: {
      status: {
        disruptionsAllowed: 0,
        disruptedPods: { 'db-1': '2026-11-21T13:48:59Z' },
        currentHealthy: 3,
        conditions: [{ status: 'False', reason: 'InsufficientPods', observedGeneration: 2, message: '' }],
      },
    },
  });
});

test.each([
  ['behind its generation', { observedGeneration: 1 }, 429, 10, /still being processed/],
  ['used up, enough healthy', { disruptionsAllowed: 0 }, 429, undefined, /does not allow evicting pods currently$/],
  ['too few healthy', { disruptionsAllowed: 0, currentHealthy: 2 }, 429, undefined, /needs 2 healthy pods and has 2/],
])('%s: 429 with the cause DisruptionBudget', (_, status, code, retryAfterSeconds, words) => {
  const cause = { reason: 'DisruptionBudget', message: expect.stringMatching(words), field: '' };

  expect(refusalOf(status)).toEqual({
    status: code,
    reason: 'TooManyRequests',
    causes: [cause],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
});

test('a budget whose numbers could not be found out says so', () => {
  const conditions = [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no scale' }];

  expect(JSON.stringify(refusalOf({ disruptionsAllowed: 0, conditions }))).toContain('it failed sync: no scale');
});

test.each([
  ['a negative number', { disruptionsAllowed: -1 }],
  [
    'more than 2000 disrupted pods',
    { disruptedPods: Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [i, ''])) },
  ],
])('%s: 403', (_, status) => {
  expect(refusalOf(status)).toEqual({ status: 403, reason: 'Forbidden' });
});

test.each([
  ['ready', true, {}, {}, false],
  ['not ready, enough healthy', false, {}, {}, true],
  ['not ready, too few healthy', false, { currentHealthy: 1 }, {}, false],
  ['not ready, none desired', false, { desiredHealthy: 0 }, {}, false],
  ['not ready, always allowed', false, { currentHealthy: 0 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }, true],
  ['ready, always allowed', true, {}, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }, false],
])('%s', (_, ready, status, spec, expected) => {
  expect(countsForNothing(pod(ready), budget(status, spec))).toBe(expected);
});

test('pods that do not serve need no budget', () => {
  const phases = ['Pending', 'Running', 'Succeeded', 'Failed'].map((phase) => needsNoBudget(pod(true, { phase })));
  const going = { ...pod(true), metadata: { name: 'db-1', deletionTimestamp: '2026-11-21T13:49:17Z' } };

  expect(phases).toEqual([true, false, true, true]);
  expect(needsNoBudget(going)).toBe(true);
});

test.each([
  ['its labels', { matchLabels: { app: 'db' } }, 1],
  ['other labels', { matchLabels: { app: 'web' } }, 0],
  ['one label more', { matchLabels: { app: 'db', tier: 'one' } }, 0],
  ['an expression', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, 1],
  ['an excluding expression', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] }, 0],
  ['a label that is not there', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, 1],
  ['a label that has to be there', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, 0],
  ['everything: that protects nothing', {}, 0],
])('a budget that selects %s', (_, selector, expected) => {
  expect(budgetsFor(pod(true), [budget({}, { selector })])).toHaveLength(expected);
});
