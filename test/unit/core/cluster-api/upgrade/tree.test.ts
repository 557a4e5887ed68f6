import { describe, expect, test } from 'vitest';
import { machineWords } from '../../../../../src/core/cluster-api/upgrade/machine-words.ts';
import { readDeploymentOwner, readPlaneOwner } from '../../../../../src/core/cluster-api/upgrade/owner.ts';
import { treeOf } from '../../../../../src/core/cluster-api/upgrade/tree.ts';
import { readUpgradeMachine, type UpgradeView } from '../../../../../src/core/cluster-api/upgrade/view.ts';
import { readNode } from '../../../../../src/core/kubernetes/node.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';
import { parseTime } from '../../../../../src/core/time.ts';
import {
  deploymentObject,
  groupsOf,
  machineObject,
  nodeObject,
  OLD,
  planeObject,
} from '../../../../support/capi-upgrade-objects.ts';

const GROUPS = groupsOf('v1beta2');
const TO = 'v1.31.4';
const NOW = parseTime('2026-11-22T12:00:00Z');

function stored(object: object, uid: string, createdAt = '2026-11-22T11:57:30Z'): KubernetesObject {
  const { apiVersion, kind, metadata, ...rest } = JSON.parse(JSON.stringify(object));
  return {
    ...rest,
    apiVersion,
    kind,
    metadata: { resourceVersion: '1', creationTimestamp: createdAt, ...metadata, uid },
  };
}

const PLANE = readPlaneOwner(stored({ ...planeObject(GROUPS, false), spec: { replicas: 3, version: TO } }, 'u-plane'));
const WORKERS = readDeploymentOwner(stored(deploymentObject(GROUPS, false), 'u-md'));

function machine(name: string, version: string, on: string | null, status: object = {}, meta: object = {}) {
  const isPlane = name.startsWith('cp');
  const kind = isPlane ? 'KubeadmControlPlane' : 'MachineSet';
  const owner = { kind, apiVersion: GROUPS.core, name: 'x', uid: isPlane ? 'u-plane' : 'u-set' } as const;
  const object = stored(machineObject(GROUPS, owner, { name, version, node: on, template: 't' }), `u-${name}`);
  const { status: before } = object;
  return readUpgradeMachine({
    ...object,
    metadata: { ...object.metadata, ...meta },
    status: { ...JSON.parse(JSON.stringify(before)), ...status },
  });
}

function node(name: string, version: string, ready = true) {
  return readNode(stored(nodeObject(name, version, ready), `u-${name}`));
}

const DRAINING = {
  conditions: [
    {
      type: 'Deleting',
      status: 'True',
      reason: 'DrainingNode',
      message:
        "Drain not completed yet:\n* Pod web/nginx-1: cannot evict pod as it would violate the pod's disruption budget.",
    },
  ],
};

const VIEW: UpgradeView = {
  cluster: {
    name: 'capi',
    namespace: 'prod',
    uid: 'u',
    paused: false,
    deleting: false,
    topology: null,
    controlPlane: 'prod-cp',
    controlPlaneKind: 'KubeadmControlPlane',
    conditions: [],
  },
  generation: 1,
  apiVersion: GROUPS.core,
  topology: null,
  infrastructure: 'DockerCluster/capi',
  plane: PLANE,
  deployments: [WORKERS],
  sets: [{ uid: 'u-set', deployment: 'u-md' }],
  machines: [
    machine('cp-1', OLD, 'n-1', DRAINING, { deletionTimestamp: '2026-11-22T11:59:20Z' }),
    machine('cp-2', TO, 'n-2'),
    machine('cp-3', TO, 'n-3'),
    machine('cp-4', TO, null, {
      conditions: [
        { type: 'BootstrapConfigReady', status: 'False', reason: 'NotReady', message: 'waits for the init lock' },
      ],
    }),
    machine('w-1', OLD, 'n-4'),
    machine('w-2', OLD, 'n-5'),
    machine('w-3', OLD, 'n-6'),
  ],
  healthChecks: [],
  pools: [],
  nodes: [
    node('n-1', OLD),
    node('n-2', TO),
    node('n-3', OLD),
    node('n-4', OLD),
    node('n-5', OLD),
    node('n-6', OLD, false),
  ],
};

describe('the tree of a cluster', () => {
  test('has one line for each machine of the group that is changed', () => {
    const change = {
      owner: { apiVersion: '', kind: 'KubeadmControlPlane', name: 'prod-cp', uid: 'u-plane' },
      to: TO,
    } as const;
    expect(treeOf(VIEW, change, NOW)).toEqual([
      'Cluster/capi',
      '├─ClusterInfrastructure - DockerCluster/capi',
      `├─ControlPlane  ${TO}  1/3  KubeadmControlPlane/prod-cp`,
      `│ ├─Machine/cp-1  ${OLD}  draining 40s: Pod web/nginx-1: cannot evict pod as i…`,
      `│ ├─Machine/cp-2  ${TO}  ready 26h`,
      `│ ├─Machine/cp-3  ${TO}  ready 26h: its node is at ${OLD}`,
      `│ └─Machine/cp-4  ${TO}  booting 2m: waits for the init lock`,
      '└─Workers',
      `  └─prod-md-0  ${OLD}  2/3  MachineDeployment/prod-md-0`,
      `    ├─Machine/w-3  ${OLD}  not ready 2m`,
      `    └─2 Machines...  ${OLD}  ready  See w-1, w-2`,
    ]);
  });

  test('counts a machine whose kubelet leaves out what the provider appends to the version', () => {
    const version = `${OLD}+vmware.2`;
    const machines = ['w-1', 'w-2'].map((name, index) => machine(name, version, `n-${index + 4}`));
    const view = { ...VIEW, plane: null, infrastructure: null, machines, deployments: [{ ...WORKERS, version }] };
    const lines = (uid: string) =>
      treeOf(view, { owner: { apiVersion: '', kind: 'MachineDeployment', name: 'prod-md-0', uid }, to: version }, NOW);
    expect(lines('other')).toEqual([
      'Cluster/capi',
      '└─Workers',
      `  └─prod-md-0  ${version}  2/3  MachineDeployment/prod-md-0`,
      `    └─2 Machines...  ${version}  ready  See w-1, w-2`,
    ]);
    expect(lines('u-md').slice(3)).toEqual([
      `    ├─Machine/w-1  ${version}  ready 26h`,
      `    └─Machine/w-2  ${version}  ready 26h`,
    ]);
  });

  test('of a control plane alone', () => {
    const alone = {
      ...VIEW,
      deployments: [],
      infrastructure: null,
      machines: VIEW.machines.filter(({ name }) => name === 'cp-2'),
    };
    const change = {
      owner: { apiVersion: '', kind: 'KubeadmControlPlane', name: 'prod-cp', uid: 'other' },
      to: TO,
    } as const;
    expect(treeOf(alone, change, NOW)).toEqual([
      'Cluster/capi',
      `└─ControlPlane  ${TO}  1/3  KubeadmControlPlane/prod-cp`,
      `  └─Machine/cp-2  ${TO}  ready`,
    ]);
  });
});

describe('on a phone, which shows 42 characters', () => {
  const change = {
    owner: { apiVersion: '', kind: 'KubeadmControlPlane', name: 'prod-cp', uid: 'u-plane' },
    to: TO,
  } as const;

  test('name, version and state of machines with long names are seen', () => {
    const deleting = { deletionTimestamp: '2026-11-22T11:59:20Z' };
    const volumes = { conditions: [{ ...DRAINING.conditions[0], reason: 'WaitingForVolumeDetach', message: 'pv-1' }] };
    const machines = [
      machine('cp-capi-control-plane-6xxxt', OLD, 'n-1', DRAINING, deleting),
      machine('cp-capi-control-plane-9z2lm', OLD, 'n-2', volumes, deleting),
      machine('cp-capi-control-plane-k2j4p', TO, 'n-3'),
      machine('cp-capi-control-plane-vw8n5', TO, 'n-6'),
    ];
    const lines = treeOf({ ...VIEW, machines }, change, NOW).filter((line) => line.includes('Machine/'));
    expect(lines.map((line) => line.slice(0, 42).trimEnd())).toEqual([
      `│ ├─Machine/…6xxxt  ${OLD}  draining 40s:`,
      `│ ├─Machine/…9z2lm  ${OLD}  leaving 40s:`,
      `│ ├─Machine/…k2j4p  ${TO}  ready 26h: it`,
      `│ └─Machine/…vw8n5  ${TO}  not ready 2m:`,
    ]);
    expect(lines[1]).toMatch(/leaving 40s: waits for its volumes: pv-1; its node…$/);
  });

  test('two that end alike keep their names whole', () => {
    const machines = ['cp-first-machine-1', 'cp-other-machine-1', 'cp-other-machine-2'].map((name) =>
      machine(name, TO, null),
    );
    const lines = treeOf({ ...VIEW, machines }, change, NOW).filter((line) => line.includes('Machine/'));
    expect(lines.map((line) => line.split('  ')[0])).toEqual([
      '│ ├─Machine/cp-first-machine-1',
      '│ ├─Machine/cp-other-machine-1',
      '│ └─Machine/…2',
    ]);
  });
});

describe('a machine in words', () => {
  test.each([
    ['WaitingForPreDrainHook', 'waits for a hook before its drain'],
    ['WaitingForVolumeDetach', 'waits for its volumes'],
    ['WaitingForInfrastructureDeletion', 'waits for its host to go'],
    ['SomethingNew', 'being deleted'],
  ])('that leaves: %s', (reason, words) => {
    const status = { conditions: [{ type: 'Deleting', status: 'True', reason, message: '' }] };
    const leaving = machine('cp-1', OLD, 'n-1', status, { deletionTimestamp: '2026-11-22T11:59:20Z' });
    expect(machineWords(leaving, null)).toBe(words);
  });

  test('held by a hook of somebody else', () => {
    const annotations = { 'pre-drain.delete.hook.machine.cluster.x-k8s.io/backup': '' };
    const held = machine('cp-1', OLD, 'n-1', {}, { deletionTimestamp: '2026-11-22T11:59:20Z', annotations });
    expect(machineWords(held, null)).toBe('being deleted (held by hook backup)');
  });

  test('whose node is gone, or has not joined', () => {
    expect(machineWords(machine('cp-1', OLD, 'n-1'), null)).toBe('node gone: n-1');
    expect(machineWords(machine('cp-1', OLD, null), null)).toBe('booting');
  });
});
