import { describe, expect, test } from 'vitest';
import {
  type ForeignEvidence,
  ForeignPause,
  foreignCheck,
  foreignControllers,
  pausesOf,
} from '../../../../src/core/etcd/foreign.ts';
import { podOwnersOf, selectsLabels } from '../../../../src/core/etcd/foreign-owners.ts';
import { ownerByGitops } from '../../../../src/core/gitops/owner.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

function evidence(changes: Partial<ForeignEvidence> = {}): ForeignEvidence {
  return {
    platform: 'openshift',
    case: 'ocp-machine',
    defragDisabled: false,
    healthChecks: [],
    podOwners: [],
    nodesOfMachines: [],
    owners: [],
    ...changes,
  };
}

const CHECK = { namespace: 'openshift-machine-api', name: 'masters', uid: 'mhc-uid', paused: false };

describe('who is found, and what that means', () => {
  test.each([
    ['the etcd operator; its defragmentation is paused', {}, [['openshift-etcd-operator', 'pause']]],
    ['its defragmentation is off already', { defragDisabled: true }, [['openshift-etcd-operator', 'works']]],
    ['whether it is off could not be read', { defragDisabled: null }, [['openshift-etcd-operator', 'warn']]],
    [
      'a health check that selects the machine',
      { defragDisabled: true, healthChecks: [CHECK] },
      [
        ['openshift-etcd-operator', 'works'],
        ['openshift-health-check', 'pause'],
      ],
    ],
    [
      'one that is paused already',
      { defragDisabled: true, healthChecks: [{ ...CHECK, paused: true }] },
      [
        ['openshift-etcd-operator', 'works'],
        ['openshift-health-check', 'works'],
      ],
    ],
    [
      'health checks that could not be read',
      { defragDisabled: true, healthChecks: null },
      [
        ['openshift-etcd-operator', 'works'],
        ['openshift-health-check', 'warn'],
      ],
    ],
    [
      'no machine goes, so health checks are left alone',
      { case: 'ocp-pod', defragDisabled: true, healthChecks: [CHECK] },
      [['openshift-etcd-operator', 'works']],
    ],
    ['nobody on kubeadm', { platform: 'kubeadm', case: 'kubeadm-place' }, []],
    [
      'Cluster API behind kubeadm',
      { platform: 'kubeadm', case: 'kubeadm-place', nodesOfMachines: ['cp-1'] },
      [['cluster-api-behind', 'refuse']],
    ],
    [
      'nodes that could not be read',
      { platform: 'kubeadm', case: 'kubeadm-place', nodesOfMachines: null },
      [['cluster-api-behind', 'warn']],
    ],
    [
      'KubeadmControlPlane',
      { platform: 'cluster-api', case: 'kcp', nodesOfMachines: ['cp-1'] },
      [['kubeadm-control-plane', 'works']],
    ],
    ['the etcdadm controller', { platform: 'eks-anywhere', case: 'eksa-etcd' }, [['etcdadm-controller', 'works']]],
    [
      'an operator that runs etcd in pods of its own',
      { platform: 'kubeadm', case: 'kubeadm-place', podOwners: ['StatefulSet/etcd-main'] },
      [['pods-of-an-operator', 'refuse']],
    ],
    [
      'pods that could not be read',
      { platform: 'kubeadm', case: 'kubeadm-place', podOwners: null },
      [['pods-of-an-operator', 'warn']],
    ],
    ['nobody on a bare ring', { platform: 'etcd', case: 'ring-place' }, []],
  ] as const)('%s', (_name, changes, expected) => {
    const found = foreignControllers(evidence(changes));
    expect(found.map(({ id, effect }) => [id, effect])).toEqual(expected);
    expect(found.filter(({ pause, effect }) => (pause !== null) !== (effect === 'pause'))).toEqual([]);
  });
});

test('pauses are what a step can carry out, by name and uid', () => {
  const pauses = pausesOf(foreignControllers(evidence({ healthChecks: [CHECK] })));

  expect(pauses.map((each) => ForeignPause.parse(each))).toEqual(pauses);
  expect(pauses).toMatchObject([
    { kind: 'config-map', namespace: 'openshift-etcd-operator', name: 'etcd-disable-defrag' },
    {
      kind: 'annotation',
      objectKind: 'MachineHealthCheck',
      name: 'masters',
      uid: 'mhc-uid',
      annotation: 'cluster.x-k8s.io/paused',
    },
  ]);
});

test('the check of a plan: passes, warns of what is paused, blocks beside who must not be worked beside', () => {
  const bare = evidence({ platform: 'etcd', case: 'ring-place' });
  expect(foreignCheck(foreignControllers(bare))).toMatchObject({
    verdict: 'pass',
    evidence: 'no other controller was found',
  });
  expect(foreignCheck(foreignControllers(evidence()))).toMatchObject({ id: 'foreign', verdict: 'warn' });
  const druid = foreignControllers(evidence({ platform: 'kubeadm', case: 'kubeadm-place', podOwners: ['Etcd/main'] }));
  expect(foreignCheck(druid)).toMatchObject({ verdict: 'block', evidence: expect.stringContaining('Etcd/main') });
  const argo = foreignControllers(evidence({ owners: [{ who: 'Argo CD', object: 'Etcd cluster', keepsOurs: true }] }));
  expect(foreignCheck(argo)).toMatchObject({
    verdict: 'block',
    evidence: expect.stringContaining('pause it there first'),
  });
});

function operator(metadata: object): KubernetesObject {
  const meta = { name: 'cluster', uid: 'u', resourceVersion: '1', ...metadata };
  return { apiVersion: 'operator.openshift.io/v1', kind: 'Etcd', metadata: meta };
}

/** Fields below `spec` that Argo CD owns. */
function fields(spec: object) {
  return { managedFields: [{ manager: 'argocd-controller', fieldsV1: { 'f:spec': spec } }] };
}

function podOf(kind: string, name: string): KubernetesObject {
  const ownerReferences = [{ apiVersion: 'v1', kind, name, uid: 'o' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'etcd-x', uid: 'u', resourceVersion: '1', ownerReferences },
  };
}

describe('GitOps', () => {
  const FIELDS = [['spec', 'unsupportedConfigOverrides']] as const;
  test.each([
    ['nobody', {}, null],
    [
      'Argo CD by its annotation',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } },
      { who: 'Argo CD', keepsOurs: false },
    ],
    [
      'Argo CD, owner of the field',
      fields({ 'f:unsupportedConfigOverrides': { 'f:a': {} } }),
      { who: 'Argo CD', keepsOurs: true },
    ],
    ['Argo CD, owner of another field', fields({ 'f:logLevel': {} }), { who: 'Argo CD', keepsOurs: false }],
    ['Flux by its label', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }, { who: 'Flux', keepsOurs: false }],
    ['an ordinary label', { labels: { 'app.kubernetes.io/instance': 'x' } }, null],
  ] as const)('%s', (_name, metadata, expected) => {
    const owner = ownerByGitops(operator(metadata), FIELDS);
    expect(owner === null ? null : { who: owner.who, keepsOurs: owner.keepsOurs }).toEqual(expected);
  });

  test('who keeps an object keeps us from deleting it', () => {
    expect(ownerByGitops(operator({ labels: { 'helm.toolkit.fluxcd.io/name': 'x' } }), 'whole')).toMatchObject({
      keepsOurs: true,
    });
  });
});

test('static pods belong to their node and to nobody else', () => {
  expect(podOwnersOf([podOf('Node', 'cp-1'), podOf('Node', 'cp-2')])).toEqual([]);
  expect(
    podOwnersOf([podOf('Node', 'cp-1'), podOf('StatefulSet', 'etcd-main'), podOf('StatefulSet', 'etcd-main')]),
  ).toEqual(['StatefulSet/etcd-main']);
});

test.each([
  [{}, [], true],
  [{ role: 'master' }, [], true],
  [{ role: 'worker' }, [], false],
  [{}, [{ key: 'role', operator: 'In', values: ['master', 'infra'] }], true],
  [{}, [{ key: 'role', operator: 'NotIn', values: ['master'] }], false],
  [{}, [{ key: 'gpu', operator: 'DoesNotExist', values: [] }], true],
  [{}, [{ key: 'gpu', operator: 'Exists', values: [] }], false],
  [{}, [{ key: 'role', operator: 'Unheard', values: [] }], true],
] as const)('a health check with %j %j', (matchLabels, matchExpressions, expected) => {
  expect(selectsLabels({ matchLabels, matchExpressions }, { role: 'master' })).toBe(expected);
});
