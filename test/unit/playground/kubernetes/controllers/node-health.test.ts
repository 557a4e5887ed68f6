import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import {
  isOutOfService,
  silentConditions,
  staysSeconds,
  wantedTaints,
} from '../../../../../playground/kubernetes/controllers/node-health.ts';

const NOW = Date.parse('2026-11-21T13:39:36Z');
const TIME = '2026-11-21T13:39:36Z';

function node(ready: string | null, spec: object = {}, more: readonly object[] = []): ApiObject {
  const conditions = [...(ready === null ? [] : [{ type: 'Ready', status: ready }]), ...more];
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec, status: { conditions } };
}

function taint(name: string, effect: string): object {
  return { key: `node.kubernetes.io/${name}`, effect };
}

const CONTROL_PLANE = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

test('a node that became ready loses the taint it was created with, and keeps what others wrote', () => {
  const taints = [CONTROL_PLANE, taint('not-ready', 'NoSchedule')];
  expect(wantedTaints(node('True', { taints }), NOW)).toEqual([CONTROL_PLANE]);
  expect(wantedTaints(node('True', { taints: [CONTROL_PLANE] }), NOW)).toBeNull();
});

test('a node of which nothing is known is unreachable, with the time', () => {
  expect(wantedTaints(node('Unknown'), NOW)).toEqual([
    { ...taint('unreachable', 'NoSchedule'), timeAdded: TIME },
    { ...taint('unreachable', 'NoExecute'), timeAdded: TIME },
  ]);
});

test('cordons and pressures have taints of their own; a taint that stays keeps its time', () => {
  const before = { ...taint('unschedulable', 'NoSchedule'), timeAdded: '2026-11-21T13:00:00Z' };
  const pressed = node('True', { unschedulable: true, taints: [before] }, [{ type: 'DiskPressure', status: 'True' }]);
  expect(wantedTaints(pressed, NOW)).toEqual([before, { ...taint('disk-pressure', 'NoSchedule'), timeAdded: TIME }]);
});

test('a node that never said anything keeps the taint it was created with', () => {
  expect(wantedTaints(node(null, { taints: [taint('not-ready', 'NoSchedule')] }), NOW)).toBeNull();
});

test('conditions of a silent kubelet turn unknown once', () => {
  const silent = silentConditions(node('True'), NOW);
  expect(silent.find((each) => each['type'] === 'Ready')).toEqual({
    type: 'Ready',
    status: 'Unknown',
    lastTransitionTime: TIME,
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(silent.find((each) => each['type'] === 'DiskPressure')?.['reason']).toBe('NodeStatusNeverUpdated');
  const all = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'Unknown' }));
  expect(silentConditions(node('Unknown', {}, all), NOW)).toEqual([]);
});

test.each([
  ['none', [], 0],
  ['for a while', [{ ...taint('unreachable', 'NoExecute'), operator: 'Exists', tolerationSeconds: 300 }], 300],
  ['for ever', [{ operator: 'Exists' }], null],
  ['of another taint', [{ ...taint('not-ready', 'NoExecute'), operator: 'Exists' }], 0],
  [
    'two, the shorter counts',
    [
      { ...taint('unreachable', 'NoExecute'), operator: 'Exists', tolerationSeconds: 300 },
      { operator: 'Exists', tolerationSeconds: 5 },
    ],
    5,
  ],
])('tolerations on an unreachable node: %s', (_what, tolerations, expected) => {
  const taints = [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')];
  expect(staysSeconds({ spec: { tolerations } }, taints)).toBe(expected);
  expect(staysSeconds({ spec: { tolerations } }, [taint('unreachable', 'NoSchedule')])).toBeNull();
});

test('out of service counts only for a node that is not ready', () => {
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  expect([isOutOfService(node('Unknown', { taints })), isOutOfService(node('True', { taints }))]).toEqual([
    true,
    false,
  ]);
});
