import { expect, test } from 'vitest';
import { readDiagnosis } from '../../../jobs/steps/read-diagnosis.ts';
import type { Platform } from '../../../src/core/cluster-profile.ts';
import type { Diagnosed } from '../../../src/core/etcd/diagnosis/evidence.ts';
import { createFakeEtcd, type FakeEtcd } from '../../fakes/etcd.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { putNode } from '../../support/diagnosis-scene.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const NOW_MS = Date.parse('2026-11-22T03:00:00Z');
const NODES = ['cp-1', 'cp-2', 'cp-3'] as const;

interface World {
  readonly etcd: FakeEtcd;
  readonly kubernetes: FakeKubernetes;
  readonly management: FakeKubernetes;
}

function world(): World {
  const kubernetes = createFakeKubernetes();
  const management = createFakeKubernetes();
  for (const name of NODES) putNode(kubernetes, name);
  return { etcd: createFakeEtcd({ members: NODES.map((name) => ({ name })) }), kubernetes, management };
}

/** What is concluded of cp-2. */
async function diagnose(
  { etcd, kubernetes, management }: World,
  platform: Platform,
  order: { readonly settleMs?: number; readonly paused?: (ms: number) => void } = {},
): Promise<Diagnosed> {
  let nowMs = NOW_MS;
  const { diagnosis } = await readDiagnosis(
    {
      ports: { etcd: etcd.port, kubernetes: kubernetes.port, management: management.port },
      cluster: sampleCluster({ platform }),
      signal: new AbortController().signal,
      nowMs: () => nowMs,
      async pause(ms) {
        nowMs += ms;
        order.paused?.(nowMs - NOW_MS);
        await Promise.resolve();
      },
    },
    { looks: 2, everyMs: 1000, settleMs: order.settleMs ?? 0, hashUpToBytes: 0, hashMs: 1000 },
  );
  const found = diagnosis?.members.find(({ member }) => member.label === 'cp-2');
  if (found === undefined) throw new Error('cp-2 is not there');
  return found;
}

const OPENSHIFT_MACHINE = { apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine' };
const CAPI_MACHINE = { apiVersion: 'cluster.x-k8s.io/v1beta1', kind: 'Machine' };

test('OpenShift: the machine that its provider calls stopped, by name and address', async () => {
  const made = world();
  made.kubernetes.addKind({ ...OPENSHIFT_MACHINE, resource: 'machines', namespaced: true, subresources: ['status'] });
  made.kubernetes.put({
    ...OPENSHIFT_MACHINE,
    metadata: { name: 'ocp-master-1', namespace: 'openshift-machine-api' },
    spec: { providerID: 'aws:///i-2' },
    status: {
      phase: 'Running',
      nodeRef: { name: 'cp-2' },
      addresses: [{ type: 'InternalIP', address: '10.0.0.12' }],
      providerStatus: { instanceState: 'stopped' },
    },
  });
  made.etcd.kill('cp-2');

  expect(await diagnose(made, 'openshift')).toMatchObject({
    condition: 'machine-stopped',
    place: {
      node: 'cp-2',
      matchedBy: 'name-and-address',
      machine: { name: 'ocp-master-1', providerId: 'aws:///i-2', matchedBy: 'name-and-address' },
    },
  });
});

test('OpenShift: what the etcd operator says stands in for members that show no metrics', async () => {
  const made = world();
  const kind = { apiVersion: 'operator.openshift.io/v1', kind: 'Etcd' };
  made.kubernetes.addKind({ ...kind, resource: 'etcds', namespaced: false, subresources: ['status'] });
  made.kubernetes.put({
    ...kind,
    metadata: { name: 'cluster' },
    status: {
      conditions: [
        { type: 'EtcdMembersAvailable', status: 'True', message: '2 of 3 members are available, cp-2 is unhealthy' },
      ],
    },
  });
  putNode(made.kubernetes, 'cp-2', { ready: 'Unknown' });
  for (const each of made.etcd.ring.members) each.showsMetrics = false;
  made.etcd.kill('cp-2');

  const found = await diagnose(made, 'openshift');
  expect(found.condition).toBe('node-not-ready');
  expect(found.evidence).toContainEqual({
    source: 'controller',
    words: 'the etcd operator says: cp-2 is unhealthy',
    since: null,
  });
});

test.each([
  ['2026-11-22T02:00:00.000000Z', 'node-not-ready'],
  ['2026-11-22T02:59:55.000000Z', 'unreachable-but-voting'],
  [null, 'silent'],
] as const)(
  'kubeadm without metrics: an API server that renewed its Lease at %s makes its member %s',
  async (renewTime, condition) => {
    const made = world();
    if (renewTime !== null)
      made.kubernetes.put({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: 'apiserver-2',
          namespace: 'kube-system',
          labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'cp-2' },
        },
        spec: { renewTime },
      });
    putNode(made.kubernetes, 'cp-2', { ready: 'Unknown' });
    for (const each of made.etcd.ring.members) each.showsMetrics = false;
    made.etcd.kill('cp-2');

    expect(await diagnose(made, 'kubeadm')).toMatchObject({ condition });
  },
);

test('Cluster API: the machine of the management cluster and who looks after it; those of other clusters are nobody', async () => {
  const made = world();
  made.management.addKind({ ...CAPI_MACHINE, resource: 'machines', namespaced: true, subresources: ['status'] });
  const owner = {
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
    kind: 'KubeadmControlPlane',
    name: 'capi-cp',
    uid: 'u',
    controller: true,
  };
  for (const cluster of ['capi', 'other'])
    made.management.put({
      ...CAPI_MACHINE,
      metadata: { name: `${cluster}-cp-b`, namespace: cluster, ownerReferences: [owner] },
      spec: { clusterName: cluster, providerID: 'dev://2' },
      status: { phase: 'Failed', nodeRef: { name: 'cp-2' }, addresses: [{ type: 'InternalIP', address: '10.0.0.12' }] },
    });
  const node = made.kubernetes.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-1' });
  made.kubernetes.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'cp-1', annotations: { 'cluster.x-k8s.io/cluster-name': 'capi' } },
    status: Object(node?.['status']),
  });
  made.etcd.kill('cp-2');

  expect(await diagnose(made, 'cluster-api')).toMatchObject({
    condition: 'machine-stopped',
    place: {
      machine: {
        name: 'capi-cp-b',
        controller: 'kubeadm-control-plane',
        controllerName: 'KubeadmControlPlane/capi-cp',
        matchedBy: 'name-and-address',
      },
    },
  });
});

test('a pod that is said to run while its member is silent is looked at again, for as long as was said', async () => {
  const made = world();
  made.etcd.kill('cp-2');
  const ended = { ready: false, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  const lags = (ms: number): void => {
    if (ms === 4000) putNode(made.kubernetes, 'cp-2', { etcd: ended });
  };

  expect(await diagnose(made, 'kubeadm', { settleMs: 10_000, paused: lags })).toMatchObject({
    condition: 'crash-looping',
  });
});

test('nothing is waited for where pod and member say the same', async () => {
  const made = world();
  made.etcd.kill('cp-2');
  putNode(made.kubernetes, 'cp-2', { etcd: null });
  const pauses: number[] = [];

  await diagnose(made, 'kubeadm', { settleMs: 10_000, paused: (ms) => pauses.push(ms) });
  expect(pauses).toEqual([1000]);
});

test('a cluster whose objects may not be read: what is left says so', async () => {
  const made = world();
  for (const resource of ['nodes', 'pods']) made.kubernetes.forbid({ verb: 'list', resource });
  made.etcd.kill('cp-2');

  const found = await diagnose(made, 'kubeadm');
  expect(found).toMatchObject({ condition: 'down', place: { nodeState: 'not-seen', matchedBy: 'none' } });
});
