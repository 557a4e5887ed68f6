import { array, assert as assertProperty, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterLock, locksConflict, ringLock } from '../../../src/core/lock.ts';

describe('locks that exclude each other', () => {
  it.each([
    ['cluster/prod', 'cluster/prod', true],
    ['cluster/prod', 'cluster/prod/etcd', true],
    ['cluster/prod', 'cluster/prod/nodegroup/a', true],
    ['cluster/prod/nodegroup', 'cluster/prod/nodegroup/a', true],
    ['cluster/prod/etcd', 'cluster/prod/etcd', true],
    ['cluster/prod/etcd', 'cluster/prod/nodegroup/a', false],
    ['cluster/prod/nodegroup/a', 'cluster/prod/nodegroup/b', false],
    ['cluster/prod/nodegroup/a', 'cluster/prod/nodegroup/ab', false],
    ['cluster/prod', 'cluster/prod2', false],
    ['cluster/prod', 'cluster/prod2/etcd', false],
    ['cluster/prod', 'cluster/dev', false],
    ['cluster/prod/etcd', 'cluster/dev/etcd', false],
    ['cluster/prod', 'cluster/pro', false],
  ])('%s and %s: %s', (a, b, conflict) => {
    expect(locksConflict(a, b)).toBe(conflict);
    expect(locksConflict(b, a)).toBe(conflict);
  });

  it('are equal, or one stands over the other, part by part', () => {
    const name = array(constantFrom('prod', 'prod2', 'etcd', 'a'), { minLength: 1, maxLength: 4 });
    assertProperty(
      property(name, name, (a, b) => {
        const shared = Math.min(a.length, b.length);
        const same = a.slice(0, shared).join('/') === b.slice(0, shared).join('/');

        expect(locksConflict(a.join('/'), b.join('/'))).toBe(same);
      }),
    );
  });

  it('are named after what they stand for', () => {
    expect([clusterLock('prod'), ringLock('prod')]).toEqual(['cluster/prod', 'cluster/prod/etcd']);
  });
});
