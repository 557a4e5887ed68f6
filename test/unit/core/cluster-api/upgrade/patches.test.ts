import { describe, expect, test } from 'vitest';
import type { CapiChange } from '../../../../../src/core/cluster-api/upgrade/change.ts';
import { readDeploymentOwner } from '../../../../../src/core/cluster-api/upgrade/owner.ts';
import {
  ownerMerge,
  ownerPatch,
  pausePatch,
  releasePatch,
  topologyPatch,
} from '../../../../../src/core/cluster-api/upgrade/patches.ts';
import { readTopology } from '../../../../../src/core/cluster-api/upgrade/topology.ts';
import { type Json, JsonObject } from '../../../../../src/core/json.ts';
import type { KubernetesObject, PatchOperation } from '../../../../../src/core/ports/kubernetes.ts';
import { jsonPatched } from '../../../../fakes/kubernetes-fields.ts';
import { deploymentObject, groupsOf, OLD } from '../../../../support/capi-upgrade-objects.ts';

const TO = 'v1.31.4';
const GROUPS = groupsOf('v1beta2');
const DEFER = 'topology.cluster.x-k8s.io/defer-upgrade';
const REF = { group: 'infrastructure.cluster.x-k8s.io', version: null, kind: 'DevMachineTemplate', name: 'prod-md-0' };
const CHANGE: CapiChange = {
  cluster: { apiVersion: GROUPS.core, namespace: 'prod', name: 'prod', uid: 'u-cluster' },
  owner: { apiVersion: GROUPS.core, kind: 'MachineDeployment', name: 'prod-md-0', uid: 'u-md' },
  group: 'md-0',
  way: 'direct',
  topologyName: null,
  from: OLD,
  to: TO,
  template: { ref: REF, toName: 'prod-md-0-new', copy: null },
  defer: [],
  deferPools: [],
  behindControlPlane: false,
  isUndo: false,
  machines: [],
};

function deployment(patch: (spec: JsonObject) => JsonObject = (spec) => spec, meta: JsonObject = {}): KubernetesObject {
  const object = deploymentObject(GROUPS, false);
  const metadata = { name: 'prod-md-0', resourceVersion: '1', uid: 'u-md', generation: 4, ...meta };
  return {
    ...object,
    apiVersion: GROUPS.core,
    kind: 'MachineDeployment',
    metadata,
    spec: patch(JsonObject.parse(object['spec'])),
  };
}

function applied(object: KubernetesObject, operations: readonly PatchOperation[]): Json {
  return jsonPatched(JsonObject.parse(object), operations);
}

describe('version and template in one patch', () => {
  const operations = ownerPatch(CHANGE, readDeploymentOwner(deployment()));

  test('sets both', () => {
    expect(applied(deployment(), operations)).toMatchObject({
      spec: { template: { spec: { version: TO, infrastructureRef: { name: 'prod-md-0-new' } } } },
    });
  });

  test.each<[string, KubernetesObject]>([
    ['another object of the name', deployment(undefined, { uid: 'u-other' })],
    ['a spec that changed', deployment(undefined, { generation: 5 })],
    [
      'another version',
      deployment((spec) => ({
        ...spec,
        template: { spec: { version: 'v1.30.7', infrastructureRef: { name: 'prod-md-0' } } },
      })),
    ],
    [
      'another template',
      deployment((spec) => ({ ...spec, template: { spec: { version: OLD, infrastructureRef: { name: 'theirs' } } } })),
    ],
  ])('does nothing to %s', (_name, object) => {
    expect(applied(object, operations)).toBeNull();
  });

  test('is told as a merge for Git', () => {
    expect(ownerMerge(CHANGE, readDeploymentOwner(deployment()))).toEqual({
      spec: { template: { spec: { version: TO, infrastructureRef: { name: 'prod-md-0-new' } } } },
    });
  });

  test('lets go what was held', () => {
    const held = deployment((spec) => ({ ...spec, paused: true }), {
      annotations: { 'drydock.dev/held': TO, other: 'x' },
    });
    const next = applied(held, ownerPatch(CHANGE, readDeploymentOwner(held)));
    expect(next).toMatchObject({ metadata: { annotations: { other: 'x' } }, spec: { paused: false } });
    expect(JSON.stringify(next)).not.toContain('drydock.dev/held');
  });
});

test.each([{}, { annotations: { other: 'x' } }])('a pause says whose it is: %o', (meta) => {
  const ours = { version: TO, infrastructureRef: { kind: 'DevMachineTemplate', name: 'prod-md-0-new' } };
  const object = deployment((spec) => ({ ...spec, template: { spec: ours } }), meta);
  const next = applied(object, pausePatch(readDeploymentOwner(object), CHANGE));
  expect(next).toMatchObject({
    metadata: { annotations: { ...meta.annotations, 'drydock.dev/held': TO } },
    spec: { paused: true },
  });
  expect(applied(deployment(), pausePatch(readDeploymentOwner(deployment()), CHANGE))).toBeNull();
  const theirs = deployment((spec) => ({
    ...spec,
    template: { spec: { version: TO, infrastructureRef: { kind: 'DevMachineTemplate', name: 'theirs' } } },
  }));
  expect(applied(theirs, pausePatch(readDeploymentOwner(theirs), CHANGE))).toBeNull();
});

function cluster(machineDeployments: readonly JsonObject[], version = OLD): KubernetesObject {
  const topology = { class: 'quick', version, workers: { machineDeployments } };
  return {
    apiVersion: GROUPS.core,
    kind: 'Cluster',
    metadata: { name: 'prod', resourceVersion: '1', uid: 'u-cluster', generation: 2 },
    spec: { topology },
  };
}

describe('a topology', () => {
  const guard = { uid: 'u-cluster', generation: 2 };
  const held = { annotations: { [DEFER]: 'theirs' } };

  test('goes up with its groups held back, whatever metadata they have; what somebody holds stays theirs', () => {
    const object = cluster([
      { name: 'a' },
      { name: 'b', metadata: {} },
      { name: 'c', metadata: { annotations: { x: 'y' } } },
      { name: 'd', metadata: held },
    ]);
    const topology = readTopology(object);
    if (topology === null) throw new Error('no topology');
    const change = { ...CHANGE, way: 'topology', defer: ['a', 'b', 'c', 'd'] } as const;
    const next = applied(object, topologyPatch({ ...change, defer: [...change.defer] }, topology, guard));
    const ours = { metadata: { annotations: { [DEFER]: 'drydock' } } };
    expect(next).toMatchObject({
      spec: {
        topology: {
          version: TO,
          workers: {
            machineDeployments: [
              ours,
              ours,
              { metadata: { annotations: { x: 'y', [DEFER]: 'drydock' } } },
              { metadata: held },
            ],
          },
        },
      },
    });
    const swapped = cluster([
      { name: 'b' },
      { name: 'a', metadata: {} },
      { name: 'c', metadata: { annotations: { x: 'y' } } },
      { name: 'd', metadata: held },
    ]);
    expect(applied(swapped, topologyPatch({ ...change, defer: [...change.defer] }, topology, guard))).toBeNull();
  });

  test('lets one group go, and only at the version', () => {
    const object = cluster([{ name: 'a', metadata: held }], TO);
    const topology = readTopology(object);
    if (topology === null) throw new Error('no topology');
    const change = { ...CHANGE, way: 'topology', topologyName: 'a' } as const;
    const next = applied(object, releasePatch(change, topology, guard));
    expect(JSON.stringify(next)).not.toContain(DEFER);
    expect(applied(cluster([{ name: 'a', metadata: held }]), releasePatch(change, topology, guard))).toBeNull();
    expect(releasePatch({ ...change, topologyName: 'gone' }, topology, guard)).toEqual([]);
  });
});
