import { expect, test } from 'vitest';
import type { PodReading } from '../../../../src/core/kubernetes/pod.ts';
import { podsCheck } from '../../../../src/core/preflight/baseline.ts';

function etcdOn(node: string, change: Partial<PodReading> = {}): PodReading {
  const name = `etcd-${node}`;
  return {
    namespace: 'kube-system',
    name,
    uid: `uid-of-${name}`,
    node,
    labels: { component: 'etcd' },
    phase: 'Running',
    ready: true,
    restarts: 0,
    reason: '',
    deletedAt: null,
    ...change,
  };
}

const ENDING = { ready: false, deletedAt: '2026-11-22T12:00:00Z' };

test('a pod of the control plane that is not well stops an upgrade', () => {
  const check = podsCheck([etcdOn('cp-1'), etcdOn('cp-2', ENDING)], ['cp-1', 'cp-2']);

  expect(check).toMatchObject({ verdict: 'block', evidence: expect.stringContaining('kube-system/etcd-cp-2') });
});

test('one of a machine that is gone does not: it goes by itself, and is counted', () => {
  const check = podsCheck([etcdOn('cp-1'), etcdOn('cp-2', ENDING)], ['cp-1']);

  expect(check).toMatchObject({
    verdict: 'pass',
    evidence: '1 pod, each running and ready, or done; left out: 1 pod of nodes that are no more',
  });
});

test('a pod that waits for a node is not left out; without a list of nodes none is', () => {
  expect(podsCheck([etcdOn('', { ready: false, phase: 'Pending' })], ['cp-1']).verdict).toBe('block');
  expect(podsCheck([etcdOn('cp-2', ENDING)]).verdict).toBe('block');
});
