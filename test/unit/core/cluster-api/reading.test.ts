import { describe, expect, test } from 'vitest';
import { readCapiCluster, readControlPlane } from '../../../../src/core/cluster-api/control-plane.ts';
import { apiServerEtcd, endpointTrouble } from '../../../../src/core/cluster-api/endpoints.ts';
import { readRemediationNote } from '../../../../src/core/cluster-api/remediation-note.ts';
import { kindsFor, versionFor, versionOf } from '../../../../src/core/cluster-api/versions.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

function object(apiVersion: string, fields: object, metadata: object = {}): KubernetesObject {
  return {
    apiVersion,
    kind: 'Any',
    metadata: { name: 'a', namespace: 'prod', uid: 'u', resourceVersion: '1', ...metadata },
    ...fields,
  };
}

describe('a control plane', () => {
  test.each([
    [
      'v1beta1',
      { remediationStrategy: { maxRetry: 3, retryPeriod: '1h0m0s', minHealthyPeriod: '30m0s' } },
      { initialized: true },
    ],
    [
      'v1beta2',
      { remediation: { maxRetry: 3, retryPeriodSeconds: 3600, minHealthyPeriodSeconds: 1800 } },
      { initialization: { controlPlaneInitialized: true } },
    ],
  ])('of %s', (version, spec, status) => {
    const read = readControlPlane(
      object(
        `controlplane.cluster.x-k8s.io/${version}`,
        { spec: { replicas: 3, ...spec }, status: { replicas: 3, observedGeneration: 2, ...status } },
        { generation: 2 },
      ),
    );
    expect(read).toMatchObject({
      replicas: 3,
      initialized: true,
      observed: true,
      maxRetry: 3,
      retryPeriodMs: 3_600_000,
      minHealthyMs: 1_800_000,
      externalEtcd: false,
      inProgress: null,
    });
  });

  test('without anything: one replica, an hour, not initialized; a spec that was not seen', () => {
    const read = readControlPlane(
      object('controlplane.cluster.x-k8s.io/v1beta2', { status: { observedGeneration: 1 } }, { generation: 2 }),
    );
    expect(read).toMatchObject({
      replicas: 1,
      initialized: false,
      observed: false,
      maxRetry: null,
      retryPeriodMs: 0,
      minHealthyMs: 3_600_000,
    });
  });
});

test.each([
  [{ paused: true }, {}, true, null],
  [{}, { annotations: { 'cluster.x-k8s.io/paused': '' } }, true, null],
  [{ topology: { class: 'old' } }, {}, false, 'old'],
  [{ topology: { classRef: { name: 'new' } } }, {}, false, 'new'],
])('a cluster with %j %j', (spec, metadata, paused, topology) => {
  expect(readCapiCluster(object('cluster.x-k8s.io/v1beta2', { spec }, metadata))).toMatchObject({ paused, topology });
});

test('the newest known version that is served is asked for', () => {
  expect(versionFor(['v1alpha4', 'v1beta1', 'v1beta2'])).toBe('v1beta2');
  expect(versionFor(['v1beta1'])).toBe('v1beta1');
  expect(versionFor(['v1'])).toBeNull();
  expect(versionOf('cluster.x-k8s.io/v1beta1')).toBe('v1beta1');
  expect(kindsFor({ core: [], controlPlane: ['v1beta2'], etcd: [] })).toBeNull();
  expect(kindsFor({ core: ['v1beta1', 'v1beta2'], controlPlane: ['v1beta1'], etcd: ['v1beta1'] })).toMatchObject({
    machine: { apiVersion: 'cluster.x-k8s.io/v1beta2' },
    controlPlane: { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1' },
    etcdadmCluster: { apiVersion: 'etcdcluster.cluster.x-k8s.io/v1beta1' },
  });
});

test.each([
  [null, null],
  ['no json', null],
  ['{"machine":1}', null],
  ['{"machine":"m","timestamp":"t"}', { machine: 'm', timestamp: 't', retryCount: 0 }],
])('the note %j', (text, note) => {
  expect(readRemediationNote(text)).toEqual(note);
});

describe('who names which endpoints', () => {
  const NEW = ['https://10.0.0.1:2379', 'https://10.0.0.4:2379'];

  test('all alike, whatever their order and form', () => {
    const apiServers = [{ pod: 'kube-apiserver-cp-1', servers: ['https://10.0.0.4:2379/', 'https://10.0.0.1:2379'] }];
    expect(endpointTrouble({ voters: NEW, told: NEW, controlPlane: NEW.toReversed(), apiServers })).toEqual([]);
  });

  test('who does not, by name; none that can be seen is a doubt', () => {
    const old = ['https://10.0.0.1:2379', 'https://10.0.0.2:2379'];
    expect(endpointTrouble({ voters: NEW, told: NEW, controlPlane: old, apiServers: [] })).toEqual([
      'the control plane does not name https://10.0.0.4:2379 yet',
      'the control plane still names https://10.0.0.2:2379',
      'no kube-apiserver pod can be seen',
    ]);
  });

  test('the flag is read from command or arguments', () => {
    const flag = '--etcd-servers=https://a:2379,https://b:2379';
    for (const container of [{ command: ['kube-apiserver', flag] }, { command: ['kube-apiserver'], args: [flag] }])
      expect(apiServerEtcd(object('v1', { spec: { containers: [container] } })).servers).toEqual([
        'https://a:2379',
        'https://b:2379',
      ]);
    expect(apiServerEtcd(object('v1', { spec: 'odd' })).servers).toEqual([]);
  });
});
