import { expect, test } from 'vitest';
import { joined } from '../../../../playground/cluster-api/counters.ts';
import { changedTimeouts } from '../../../../playground/cluster-api/in-place.ts';

test('only timeouts reach machines that are there: new ones, other ones, and those that are taken away', () => {
  const has = { version: 'v1.30.6', nodeDrainTimeout: '5s', nodeDeletionTimeout: '9s' };

  expect(changedTimeouts(has, { ...has, version: 'v1.31.4' })).toBeNull();
  expect(changedTimeouts(has, { nodeDrainTimeout: '7s', nodeDeletionTimeout: '9s' })).toEqual({
    nodeDrainTimeout: '7s',
  });
  expect(changedTimeouts(has, { nodeDrainTimeout: '5s' })).toEqual({ nodeDeletionTimeout: null });
  expect(changedTimeouts({}, { deletion: { nodeDrainTimeoutSeconds: 7 } })).toEqual({
    deletion: { nodeDrainTimeoutSeconds: 7 },
  });
});

test('a status is put together field by field; lists are taken whole', () => {
  const counters = { replicas: 3, deprecated: { v1beta1: { updatedReplicas: 2 } }, conditions: ['old'] };
  const conditions = { deprecated: { v1beta1: { conditions: ['a'] } }, conditions: ['new'] };

  expect(joined(counters, conditions)).toEqual({
    replicas: 3,
    deprecated: { v1beta1: { updatedReplicas: 2, conditions: ['a'] } },
    conditions: ['new'],
  });
});
