import { expect, test } from 'vitest';
import { drainMessage, isIgnored, refusalOf } from '../../../../playground/cluster-api/draining.ts';
import type { ApiObject } from '../../../../playground/kubernetes/contracts.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const REACHED = { reachable: true, nowMs: NOW };

function pod(metadata: ApiObject['metadata'] = {}): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'web', ...metadata } };
}

test('pods of daemons, static pods and those that say so are left alone, all others are not', () => {
  const daemon = pod({ ownerReferences: [{ kind: 'DaemonSet', controller: true }] });
  const fixed = pod({ annotations: { 'kubernetes.io/config.mirror': 'x' } });
  const skipped = pod({ labels: { 'cluster.x-k8s.io/drain': 'Skip' } });
  const waits = pod({ labels: { 'cluster.x-k8s.io/drain': 'wait-completed' } });

  expect([daemon, fixed, skipped, waits, pod()].map((each) => isIgnored(each, REACHED))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('what an unreachable kubelet does not end counts no more a second after its time', () => {
  const going = pod({ deletionTimestamp: '2026-11-22T09:59:58Z' });
  const lately = pod({ deletionTimestamp: '2026-11-22T10:00:20Z' });

  expect(isIgnored(going, REACHED)).toBe(false);
  expect(isIgnored(going, { reachable: false, nowMs: NOW })).toBe(true);
  expect(isIgnored(lately, { reachable: false, nowMs: NOW })).toBe(false);
});

test('a refusal names the budgets that refuse', () => {
  const cause = {
    reason: 'DisruptionBudget',
    message: 'The disruption budget nginx needs 8 healthy pods and has 8 currently',
  };
  const body = {
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [cause] },
  };

  expect(refusalOf(429, body)).toBe(
    "cannot evict pod as it would violate the pod's disruption budget. The disruption budget nginx needs 8 healthy pods and has 8 currently",
  );
  expect(refusalOf(500, { message: 'This pod has more than one PodDisruptionBudget' })).toBe(
    'failed to evict Pod, This pod has more than one PodDisruptionBudget',
  );
  expect(refusalOf(503, null)).toBe('failed to evict Pod, 503');
});

test('a drain that is not done says what goes and what may not, the first three of each by name', () => {
  const refusal = 'cannot evict';
  const held = ['web/n-1', 'web/n-2', 'web/n-3', 'web/n-4', 'web/n-5'].map((name) => ({ name, refusal }));

  expect(drainMessage(NOW, [{ name: 'web/a', refusal: null }, ...held])).toBe(
    [
      'Drain not completed yet (started at 2026-11-22T10:00:00Z):',
      '* Pod web/a: deletionTimestamp set, but still not removed from the Node',
      '* Pods web/n-1, web/n-2, web/n-3, ... (2 more): cannot evict',
    ].join('\n'),
  );
});
