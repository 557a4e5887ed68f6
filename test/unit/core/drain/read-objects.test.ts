import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { standingOf } from '../../../../src/core/drain/budget-standing.ts';
import { readBudget, readDrainNode, readDrainPod, readWorkload } from '../../../../src/core/drain/read-objects.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import { recorded } from '../../../support/kubernetes-fixtures.ts';

const ObjectShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), uid: z.string(), resourceVersion: z.string() }),
});
const META = { name: 'x', namespace: 'web', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-22T10:00:00Z' };

function object(kind: string, over: Record<string, unknown>, meta: Record<string, unknown> = {}): KubernetesObject {
  return ObjectShape.parse({ apiVersion: 'v1', kind, metadata: { ...META, ...meta }, ...over });
}

function answered(name: string): KubernetesObject {
  return ObjectShape.parse(recorded(name).response.body);
}

describe('budgets as a real server shows them', () => {
  test('one with a share', () => {
    expect(readBudget(answered('10-02-status'))).toMatchObject({
      namespace: 'fx-pdb',
      name: 'web',
      minAvailable: null,
      maxUnavailable: '30%',
      selector: { matchLabels: { app: 'web' }, matchExpressions: [] },
      unhealthyPolicy: 'IfHealthyBudget',
      generation: 1,
      observedGeneration: 1,
      disruptionsAllowed: 2,
      currentHealthy: 4,
      desiredHealthy: 2,
      expectedPods: 4,
      syncFailed: null,
    });
  });

  test.each([
    ['09-19-budget-lagging-object', 'uncounted'],
    ['09-26-unhealthy-budget', 'spent'],
    ['09-27-unmanaged-budget', 'never'],
    ['10-02-status', 'open'],
  ])('%s is %s', (name, kind) => {
    expect(standingOf(readBudget(answered(name))).kind).toBe(kind);
  });

  test('pods on their way, and why it cannot be counted', () => {
    const conditions = [
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'token=abcdef no scale' },
    ];
    const status = { disruptedPods: { 'x-1': '2026-11-22T10:00:00Z' }, conditions };
    const budget = readBudget(object('PodDisruptionBudget', { spec: { minAvailable: 1, selector: null }, status }));
    expect(budget).toMatchObject({ selector: null, disruptedPods: ['x-1'], observedGeneration: 0, generation: 0 });
    expect(budget.syncFailed).toBe('token=[redacted] no scale');
  });

  test('one without spec and status reads as one that nobody has counted', () => {
    expect(readBudget(object('PodDisruptionBudget', {}))).toMatchObject({
      selector: null,
      minAvailable: null,
      expectedPods: 0,
    });
  });
});

describe('pods', () => {
  test('one as a real server shows it, on a dead node', () => {
    const pod = readDrainPod(answered('12-16-dead-node-pod'));
    expect(pod).toMatchObject({ phase: 'Pending', ready: false, deletedAt: null, owner: null, graceSeconds: 2 });
  });

  test('one that ends has the grace of its deletion, not of its spec', () => {
    const deletion = { deletionTimestamp: '2026-11-22T10:05:00Z', deletionGracePeriodSeconds: 5 };
    const ending = readDrainPod(object('Pod', { spec: { terminationGracePeriodSeconds: 300 } }, deletion));
    expect(ending).toMatchObject({ graceSeconds: 5, deletedAt: '2026-11-22T10:05:00Z' });
    expect(readDrainPod(object('Pod', { spec: { terminationGracePeriodSeconds: 0 } })).graceSeconds).toBe(0);
    expect(readDrainPod(object('Pod', { spec: {} })).graceSeconds).toBe(30);
  });

  test('what its volumes lose, and what they need', () => {
    const volumes = [
      { name: 'cache', emptyDir: {} },
      { name: 'shm', emptyDir: { medium: 'Memory' } },
      { name: 'none', emptyDir: null },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-x' } },
      { name: 'scratch', ephemeral: { volumeClaimTemplate: {} } },
      { name: 'sock', hostPath: { path: '/run/x.sock' } },
      { name: 'config', configMap: { name: 'c' } },
    ];
    const pod = readDrainPod(object('Pod', { spec: { volumes } }));
    expect(pod).toMatchObject({
      emptyDirs: ['cache', 'shm'],
      claims: ['data-x', 'x-scratch'],
      hostPaths: ['/run/x.sock'],
    });
  });

  test('its controller, and not whoever else owns it', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'r' };
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' };
    const ownerReferences = [other, { ...owner, controller: true }];
    expect(readDrainPod(object('Pod', {}, { ownerReferences })).owner).toEqual(owner);
    expect(readDrainPod(object('Pod', {}, { ownerReferences: [other] })).owner).toBeNull();
  });

  test('a mirror is told by its annotation, also an empty one', () => {
    expect(readDrainPod(object('Pod', {}, { annotations: { 'kubernetes.io/config.mirror': '' } })).mirror).toBe(true);
    expect(readDrainPod(object('Pod', {}, { annotations: { other: 'x' } })).mirror).toBe(false);
  });

  test('why it is not ready, without secrets; and whether anything asks it', () => {
    const waiting = { ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    const spec = { containers: [{ name: 'a', readinessProbe: { tcpSocket: {} } }] };
    const pod = readDrainPod(object('Pod', { spec, status: { phase: 'Running', containerStatuses: [waiting] } }));
    expect(pod).toMatchObject({ trouble: 'CrashLoopBackOff, 3 restarts', unprobed: false });
    expect(
      readDrainPod(object('Pod', { spec: { containers: [{ name: 'a' }] }, status: { phase: 'Succeeded' } })),
    ).toMatchObject({
      trouble: '',
      unprobed: true,
    });
  });

  test('what is no pod is refused', () => {
    expect(() => readDrainPod(object('Pod', { spec: { volumes: 'many' } }))).toThrow('volumes');
  });
});

describe('nodes', () => {
  test('a cordoned one as a real server shows it', () => {
    expect(readDrainNode(answered('12-03-cordoned'))).toMatchObject({ cordoned: true, cordonedBy: null, zone: null });
  });

  test('its zone, by the new label before the old one, and the run that cordoned it', () => {
    const labels = { 'failure-domain.beta.kubernetes.io/zone': 'old', 'topology.kubernetes.io/zone': 'a' };
    const annotations = { 'drydock.dev/cordoned-by': 'drain-prod-7f3k' };
    const node = readDrainNode(
      object('Node', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } }, { labels, annotations }),
    );
    expect(node).toMatchObject({ zone: 'a', cordonedBy: 'drain-prod-7f3k', resourceVersion: '7' });
    expect(node.taints).toEqual([{ key: 'x', value: '', effect: 'NoSchedule' }]);
    expect(
      readDrainNode(object('Node', {}, { labels: { 'failure-domain.beta.kubernetes.io/zone': 'old' } })).zone,
    ).toBe('old');
  });
});

describe('what makes pods', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['Deployment', { spec: { replicas: 3 }, status: { readyReplicas: 2 } }, { replicas: 3, ready: 2 }],
    ['Deployment', { spec: {} }, { replicas: 1, ready: 0 }],
    ['StatefulSet', { spec: { replicas: 0 } }, { replicas: 0, ready: 0 }],
    ['DaemonSet', { status: { desiredNumberScheduled: 4, numberReady: 3 } }, { replicas: 4, ready: 3 }],
    ['Job', { spec: { completions: 3 } }, { replicas: null, ready: null }],
  ])('%s', (kind, over, expected) => {
    expect(readWorkload(object(kind, over))).toMatchObject({ kind, namespace: 'web', name: 'x', ...expected });
  });
});
