import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { componentOf } from '../../../../src/core/kubernetes/cluster-reading.ts';
import type { NodeReading } from '../../../../src/core/kubernetes/node.ts';
import { detectPlatform, platformMismatch } from '../../../../src/core/kubernetes/platform.ts';
import { isWell, readPod, troubleOf } from '../../../../src/core/kubernetes/pod.ts';
import { parseVersion, skewOf } from '../../../../src/core/kubernetes/version.ts';

const NODE: NodeReading = {
  name: 'n-1',
  uid: 'u',
  roles: [],
  kubeletVersion: 'v1.36.2',
  ready: 'yes',
  readySince: null,
  why: '',
  cordoned: false,
  pressures: [],
  providerId: '',
  labels: {},
  annotations: {},
};

function pod(status: object, more: object = {}) {
  const metadata = { name: 'p', namespace: 'shop', uid: 'u', resourceVersion: '1', ...more };
  return readPod({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n' }, status });
}

describe('versions', () => {
  test.each([
    ['v1.31.4', { major: 1, minor: 31, patch: 4 }],
    ['v1.31.4-eks-1234', { major: 1, minor: 31, patch: 4 }],
    ['v1.31.4-gke.200', { major: 1, minor: 31, patch: 4 }],
    ['1.31.4+rke2r1', { major: 1, minor: 31, patch: 4 }],
    ['1.31', null],
    ['', null],
  ])('%s', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  test('a kubelet may be three minor versions behind, two before 1.28, and never ahead', () => {
    assert(
      property(integer({ min: 20, max: 40 }), integer({ min: 20, max: 40 }), (kubelet, server) => {
        const allowed = server < 28 ? 2 : 3;
        const fits = kubelet <= server && server - kubelet <= allowed;
        expect(skewOf(`v1.${kubelet}.0`, `v1.${server}.9`) === null).toBe(fits);
      }),
    );
    expect(skewOf('unknown', 'v1.31.0')).toBeNull();
  });
});

describe('the platform', () => {
  const nothing = { nodes: [NODE], groups: [], kubeadmConfig: false, version: 'v1.36.2' };

  test.each([
    ['openshift', { ...nothing, groups: ['config.openshift.io'], kubeadmConfig: true }],
    ['eks', { ...nothing, nodes: [{ ...NODE, labels: { 'eks.amazonaws.com/nodegroup': 'a' } }] }],
    ['gke', { ...nothing, nodes: [{ ...NODE, labels: { 'cloud.google.com/gke-nodepool': 'a' } }] }],
    ['aks', { ...nothing, nodes: [{ ...NODE, labels: { 'kubernetes.azure.com/cluster': 'a' } }] }],
    ['eks', { ...nothing, version: 'v1.31.4-eks-1' }],
    ['eks-anywhere', { ...nothing, groups: ['anywhere.eks.amazonaws.com'], kubeadmConfig: true }],
    [
      'cluster-api',
      { ...nothing, nodes: [{ ...NODE, annotations: { 'cluster.x-k8s.io/machine': 'm' } }], kubeadmConfig: true },
    ],
    ['kubeadm', { ...nothing, kubeadmConfig: true }],
  ] as const)('%s is recognised', (platform, evidence) => {
    const detected = detectPlatform(evidence);

    expect(detected?.platform).toBe(platform);
    expect(platformMismatch(platform, detected)).toBeNull();
  });

  test('what shows nothing contradicts nothing, and EKS Anywhere builds on Cluster API', () => {
    expect(detectPlatform(nothing)).toBeNull();
    expect(platformMismatch('eks', null)).toBeNull();
    expect(platformMismatch('eks-anywhere', { platform: 'cluster-api', evidence: 'x' })).toBeNull();
    expect(platformMismatch('cluster-api', { platform: 'eks-anywhere', evidence: 'x' })).not.toBeNull();
  });
});

describe('pods', () => {
  test.each([
    ['a finished one', pod({ phase: 'Succeeded' }), true, 'Succeeded'],
    [
      'one that is not ready',
      pod({ phase: 'Running', containerStatuses: [{ ready: false, restartCount: 0 }] }),
      false,
      'not ready',
    ],
    [
      'one without a node',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] }),
      false,
      'Unschedulable',
    ],
    ['an evicted one', pod({ phase: 'Failed', reason: 'Evicted' }), false, 'Evicted'],
    [
      'one that died once',
      pod({
        phase: 'Running',
        containerStatuses: [{ ready: false, restartCount: 1, state: { terminated: { reason: 'OOMKilled' } } }],
      }),
      false,
      'OOMKilled, 1 restart',
    ],
    [
      'one being deleted',
      pod({ phase: 'Running' }, { deletionTimestamp: '2026-11-21T03:00:00Z' }),
      false,
      'being deleted since 2026-11-21T03:00:00Z',
    ],
  ])('%s', (_name, read, well, trouble) => {
    expect(isWell(read)).toBe(well);
    expect(troubleOf(read)).toBe(trouble);
  });

  test('the control plane is known by namespace and label together', () => {
    expect(componentOf({ namespace: 'kube-system', labels: { component: 'etcd' } })).toBe('etcd');
    expect(componentOf({ namespace: 'openshift-kube-apiserver', labels: { app: 'openshift-kube-apiserver' } })).toBe(
      'kube-apiserver',
    );
    expect(componentOf({ namespace: 'shop', labels: { component: 'etcd', app: 'etcd' } })).toBeNull();
  });
});
