import { expect, test } from 'vitest';
import { guardedBy } from '../../../../playground/openshift/operator/quorum.ts';

test.each([
  [3, 3, null],
  [3, 2, 'etcd cluster has quorum of 2 and 2 healthy members which is not fault tolerant'],
  [2, 2, 'etcd cluster has quorum of 2 which is not fault tolerant'],
  [1, 1, 'etcd cluster has quorum of 1 which is not fault tolerant'],
  [4, 4, null],
  [4, 3, 'etcd cluster has quorum of 3 and 3 healthy members which is not fault tolerant'],
  [5, 4, null],
])('with %i voters of which %i are healthy the guard says: %s', (voters, healthy, words) => {
  expect(guardedBy({ voters, healthy }, false)).toBe(words);
  expect(guardedBy({ voters, healthy }, true)).toBeNull();
});
