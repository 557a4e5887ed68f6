import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastWriter } from '../../../../../src/core/cluster-api/upgrade/last-writer.ts';
import {
  readDeploymentOwner,
  readPlaneOwner,
  templatePath,
} from '../../../../../src/core/cluster-api/upgrade/owner.ts';
import { boundOf } from '../../../../../src/core/cluster-api/upgrade/strategy.ts';
import { readTopology } from '../../../../../src/core/cluster-api/upgrade/topology.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';

const META = { name: 'prod-cp', namespace: 'prod', uid: 'u-1', resourceVersion: '7', generation: 3 };
const ref = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1', kind: 'DockerMachineTemplate', name: 'cp' };
const newRef = { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'DockerMachineTemplate', name: 'cp' };

function plane(version: 'v1beta1' | 'v1beta2', spec: object, status: object = {}): KubernetesObject {
  return {
    apiVersion: `controlplane.cluster.x-k8s.io/${version}`,
    kind: 'KubeadmControlPlane',
    metadata: META,
    spec,
    status,
  };
}

describe('a control plane', () => {
  test('of both versions reads alike', () => {
    const old = plane(
      'v1beta1',
      {
        version: 'v1.30.6',
        replicas: 3,
        machineTemplate: { infrastructureRef: ref },
        rolloutStrategy: { rollingUpdate: { maxSurge: 0 } },
      },
      { updatedReplicas: 2, readyReplicas: 3, replicas: 3, observedGeneration: 3 },
    );
    const next = plane(
      'v1beta2',
      {
        version: 'v1.30.6',
        replicas: 3,
        machineTemplate: { spec: { infrastructureRef: newRef } },
        rollout: { strategy: { rollingUpdate: { maxSurge: 0 } } },
      },
      { upToDateReplicas: 2, readyReplicas: 3, replicas: 3, observedGeneration: 3 },
    );
    const [one, other] = [readPlaneOwner(old), readPlaneOwner(next)];
    const { apiVersion: _1, template, ...rest } = one;
    const { apiVersion: _2, template: nextTemplate, ...nextRest } = other;
    expect(nextRest).toEqual(rest);
    expect(rest).toMatchObject({
      maxSurge: 0,
      maxUnavailable: 1,
      stackedEtcd: true,
      observed: true,
      counts: { upToDate: 2, ready: 3 },
    });
    expect(template).toMatchObject({ group: 'infrastructure.cluster.x-k8s.io', version: 'v1beta1', name: 'cp' });
    expect(nextTemplate).toMatchObject({ group: 'infrastructure.cluster.x-k8s.io', version: null, name: 'cp' });
    expect(templatePath(one)).toBe('/spec/machineTemplate/infrastructureRef/name');
    expect(templatePath(other)).toBe('/spec/machineTemplate/spec/infrastructureRef/name');
  });

  test('with external etcd, without a strategy, that its controller has not seen', () => {
    const spec = {
      version: 'v1.30.6',
      kubeadmConfigSpec: { clusterConfiguration: { etcd: { external: { endpoints: [] } } } },
    };
    expect(readPlaneOwner(plane('v1beta2', spec, { observedGeneration: 2 }))).toMatchObject({
      stackedEtcd: false,
      replicas: 1,
      maxSurge: 1,
      maxUnavailable: 0,
      observed: false,
      template: null,
      counts: { replicas: null, ready: null, upToDate: null },
    });
  });

  test('that has no spec is refused by its reader', () => {
    expect(() => readPlaneOwner({ apiVersion: 'x/v1', kind: 'KubeadmControlPlane', metadata: META })).toThrow('spec');
  });
});

test('a deployment: shares of its replicas, its bootstrap, what its sets leave out', () => {
  const owner = readDeploymentOwner({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    metadata: {
      ...META,
      labels: { 'topology.cluster.x-k8s.io/deployment-name': 'md-0', 'topology.cluster.x-k8s.io/owned': '' },
      annotations: { 'machineset.cluster.x-k8s.io/skip-preflight-checks': 'KubeadmVersionSkew, ControlPlaneIsStable' },
    },
    spec: {
      replicas: 10,
      paused: true,
      rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } },
      template: {
        spec: {
          version: 'v1.30.6',
          infrastructureRef: newRef,
          bootstrap: { configRef: { ...newRef, kind: 'KubeadmConfigTemplate' } },
        },
      },
    },
  });
  expect(owner).toMatchObject({
    maxSurge: 3,
    maxUnavailable: 2,
    paused: true,
    held: false,
    topologyName: 'md-0',
    topologyOwned: true,
    skips: ['KubeadmVersionSkew', 'ControlPlaneIsStable'],
    bootstrap: { kind: 'KubeadmConfigTemplate' },
  });
});

test('bounds: surge never rounds to nothing, unavailable never beyond the replicas, nonsense is the default', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1000 }), (share, replicas) => {
      const [up, down] = [boundOf(`${share}%`, 9, replicas, 'up'), boundOf(`${share}%`, 9, replicas, 'down')];
      expect(up).toBeGreaterThanOrEqual(1);
      expect(down).toBeLessThanOrEqual(replicas);
      expect(up - down).toBeLessThanOrEqual(1);
    }),
  );
  for (const nonsense of ['', 'all', '-1', '1.5%', null, undefined]) expect(boundOf(nonsense, 9, 3, 'up')).toBe(9);
  expect(boundOf(0, 1, 3, 'up')).toBe(0);
  expect(boundOf('2', 1, 3, 'up')).toBe(2);
});

const entry = (manager: string, time: string, fields: object) => ({
  manager,
  operation: 'Update',
  time,
  fieldsV1: fields,
});

test('who wrote a field last', () => {
  const version = { 'f:spec': { 'f:version': {} } };
  const managedFields = [
    entry('kubectl', '2026-11-22T10:00:00Z', version),
    entry('capi-topology', '2026-11-22T11:00:00Z', version),
    entry('manager', '2026-11-22T12:00:00Z', { 'f:status': {} }),
    'nonsense',
  ];
  const object = { apiVersion: 'x/v1', kind: 'X', metadata: { ...META, managedFields } };
  expect(lastWriter(object, '/spec/version')).toBe('capi-topology at 2026-11-22 11:00 UTC');
  expect(lastWriter(object, '/spec/replicas')).toBeNull();
  expect(lastWriter({ ...object, metadata: META }, '/spec/version')).toBeNull();
});

const cluster = (topology: unknown, annotations = {}): KubernetesObject => ({
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Cluster',
  metadata: { ...META, annotations },
  spec: { topology },
});

describe('a topology', () => {
  test('with what holds its groups back, and hooks', () => {
    const annotations = { 'topology.cluster.x-k8s.io/defer-upgrade': '' };
    const machineDeployments = [{ name: 'a', metadata: { annotations } }, { name: 'b', metadata: {} }, { name: 'c' }];
    const hooks = { 'before-upgrade.hook.cluster.cluster.x-k8s.io/ask': '' };
    expect(
      readTopology(
        cluster(
          {
            classRef: { name: 'quick' },
            version: 'v1.30.6',
            workers: { machineDeployments, machinePools: [{ name: 'p', metadata: { annotations } }] },
          },
          hooks,
        ),
      ),
    ).toMatchObject({
      className: 'quick',
      pools: [{ name: 'p', index: 0, has: 'annotations', deferred: '' }],
      hooks: ['ask'],
      deployments: [
        { name: 'a', index: 0, has: 'annotations', deferred: '' },
        { name: 'b', index: 1, has: 'metadata', deferred: null },
        { name: 'c', index: 2, has: 'neither', deferred: null },
      ],
    });
  });

  test('that is none', () => {
    expect(readTopology(cluster(undefined))).toBeNull();
    expect(readTopology(cluster({ class: 'quick' }))).toBeNull();
  });
});
