import { expect, test } from 'vitest';
import { conditionIn, conditionsOf, conditionWords } from '../../../../src/core/cluster-api/conditions.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

const NEW = [
  {
    type: 'Ready',
    status: 'False',
    reason: 'NotReady',
    message: 'new words',
    lastTransitionTime: '2026-11-21T10:00:00Z',
  },
];
const OLD = [
  { type: 'Ready', status: 'False', severity: 'Warning', reason: 'Old', message: 'old words' },
  { type: 'Resized', status: 'True' },
];

function object(version: string, status: object): KubernetesObject {
  return {
    apiVersion: `cluster.x-k8s.io/${version}`,
    kind: 'Machine',
    metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
    status,
  };
}

test.each([
  ['v1beta1', { conditions: OLD, v1beta2: { conditions: NEW } }],
  ['v1beta2', { conditions: NEW, deprecated: { v1beta1: { conditions: OLD } } }],
])('%s: the newer vocabulary wins, the older one fills in', (version, status) => {
  const conditions = conditionsOf(object(version, status));
  expect(conditions.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Ready NotReady', 'Resized ']);
  expect(conditionIn(conditions, 'Ready')).toMatchObject({ message: 'new words', since: '2026-11-21T10:00:00Z' });
});

test('one that is not in order is left out, and an object without a status has none', () => {
  expect(
    conditionsOf(object('v1beta2', { conditions: [{ type: 'Odd', status: 'Maybe' }, 'text', ...NEW] })),
  ).toHaveLength(1);
  expect(conditionsOf(object('v1beta2', { conditions: 'text' }))).toEqual([]);
  expect(
    conditionsOf({
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'Machine',
      metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
    }),
  ).toEqual([]);
});

test('words are one line', () => {
  const condition = {
    type: 'ScalingUp',
    status: 'True',
    reason: 'ScalingUp',
    message: 'blocked because:\n  * a\n  * b',
    since: null,
  } as const;
  expect(conditionWords(condition)).toBe('ScalingUp is True: ScalingUp, blocked because:; * a; * b');
});
