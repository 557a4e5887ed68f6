import { JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject, KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import type { Version } from './capi-objects.ts';
import {
  clusterObject,
  deploymentObject,
  type Groups,
  groupsOf,
  machineObject,
  NAMESPACE,
  nodeObject,
  OLD,
  planeObject,
  templateObject,
} from './capi-upgrade-objects.ts';
import { type Rolling, roll, versionOf } from './capi-upgrade-roll.ts';

/** All optional. */
export interface UpgradeWorldOptions {
  readonly version?: Version;
  /** A ClusterClass builds the cluster, and its controller takes direct changes back. */
  readonly topology?: boolean;
  /** Somebody takes every change of a version back. */
  readonly reverts?: boolean;
}

/** A management cluster and a workload cluster in memory; with each look at the first its controllers go one step. */
export interface UpgradeWorld {
  readonly management: FakeKubernetes;
  readonly workload: FakeKubernetes;
  /** The port to give to plans and steps. */
  readonly port: KubernetesPort;
  readonly groups: Groups;
  readonly cluster: ObjectRef;
  readonly plane: ObjectRef;
  readonly deployment: ObjectRef;
  template(name: string): ObjectRef;
  machine(name: string): ObjectRef;
  /** Changes an object as somebody else. */
  edit(ref: ObjectRef, change: (object: JsonObject) => JsonObject): void;
  /** Changes fields of it: a merge. */
  merge(ref: ObjectRef, patch: JsonObject): void;
  read(ref: ObjectRef): KubernetesObject;
  /** Lets the controllers stand still, or act again. */
  sleep(asleep: boolean): void;
  /** Called before each look at the management cluster. */
  onRead(happens: () => void): void;
  /** Where new machines stop: `booting`, `joining`; `null`: they go on. */
  stick(stage: Rolling['stuck']): void;
  /** Machines of an owner: their versions by name. */
  versions(kind: 'KubeadmControlPlane' | 'MachineSet'): Readonly<Record<string, string>>;
}

/** Makes it: a control plane of three and a deployment of three, all at {@link OLD}. */
export function createUpgradeWorld(now: () => string, options: UpgradeWorldOptions = {}): UpgradeWorld {
  const groups = groupsOf(options.version ?? 'v1beta2');
  const time = (): string => `${now().slice(0, 19)}Z`;
  const management = createFakeKubernetes({ now: time });
  const workload = createFakeKubernetes({ now: time });
  serve(management, groups);
  const topology = options.topology === true;
  management.put(clusterObject(groups, topology));
  for (const name of ['prod-cp', 'prod-md-0']) management.put(templateObject(groups, name));
  const plane = management.put(planeObject(groups, topology));
  const deployment = management.put(deploymentObject(groups, topology));
  const set = management.put(setObject(groups, deployment));
  fill({ management, workload, groups }, plane, set);
  const state: Rolling = {
    management,
    workload,
    groups,
    time,
    topology,
    reverts: options.reverts === true,
    asleep: false,
    stuck: null,
    made: 0,
  };
  const read = (ref: ObjectRef): KubernetesObject => {
    const object = management.read(ref);
    if (object === null) throw new Error(`no ${ref.kind} ${ref.name}`);
    return object;
  };
  roll(state);
  let before = nothing;
  return {
    management,
    workload,
    port: {
      ...management.port,
      groupVersions: async (group, call) => {
        if (group === 'cluster.x-k8s.io') {
          before();
          roll(state);
        }
        return await management.port.groupVersions(group, call);
      },
    },
    groups,
    cluster: named(groups.core, 'Cluster', 'prod'),
    plane: named(groups.plane, 'KubeadmControlPlane', 'prod-cp'),
    deployment: named(groups.core, 'MachineDeployment', 'prod-md-0'),
    template: (name) => named(groups.infrastructure, 'DevMachineTemplate', name),
    machine: (name) => named(groups.core, 'Machine', name),
    edit: (ref, change) => void management.put(change(JsonObject.parse(read(ref)))),
    merge: (ref, patch) => void management.put(merged(JsonObject.parse(read(ref)), patch)),
    read,
    sleep: (asleep) => {
      state.asleep = asleep;
    },
    onRead: (happens) => {
      before = happens;
    },
    stick: (stage) => {
      state.stuck = stage;
    },
    versions: (kind) =>
      Object.fromEntries(
        machinesIn(state)
          .filter((each) => ownerKind(each) === kind)
          .map((each) => [each.metadata.name, versionOf(each)]),
      ),
  };
}

function nothing(): void {
  // Until a test says otherwise.
}

function named(apiVersion: string, kind: string, name: string): ObjectRef {
  return { apiVersion, kind, namespace: NAMESPACE, name };
}

function serve(management: FakeKubernetes, { core, plane, infrastructure }: Groups): void {
  const kinds = [
    ...['Cluster', 'Machine', 'MachineDeployment', 'MachineSet', 'MachineHealthCheck', 'MachinePool'].map(
      (kind) => [core, kind] as const,
    ),
    [plane, 'KubeadmControlPlane'] as const,
    [infrastructure, 'DevMachineTemplate'] as const,
  ];
  for (const [apiVersion, kind] of kinds)
    management.addKind({
      apiVersion,
      kind,
      resource: `${kind.toLowerCase()}s`,
      namespaced: true,
      subresources: ['status'],
    });
  management.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
}

function setObject({ core }: Groups, deployment: KubernetesObject): JsonObject {
  const { name, uid } = deployment.metadata;
  const labels = { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/deployment-name': name };
  return {
    apiVersion: core,
    kind: 'MachineSet',
    metadata: {
      name: `${name}-old`,
      namespace: NAMESPACE,
      labels,
      ownerReferences: [{ apiVersion: core, kind: 'MachineDeployment', name, uid, controller: true }],
    },
    spec: {},
  };
}

type Place = Pick<Rolling, 'management' | 'workload' | 'groups'>;

function fill({ management, workload, groups }: Place, plane: KubernetesObject, set: KubernetesObject): void {
  const owners = [
    [
      'cp',
      { kind: 'KubeadmControlPlane', apiVersion: groups.plane, name: plane.metadata.name, uid: plane.metadata.uid },
      'prod-cp',
    ],
    ['w', { kind: 'MachineSet', apiVersion: groups.core, name: set.metadata.name, uid: set.metadata.uid }, 'prod-md-0'],
  ] as const;
  for (const [start, owner, template] of owners)
    for (const index of [1, 2, 3]) {
      const node = `${start}-${index}`;
      management.put(machineObject(groups, owner, { name: `m-${node}`, version: OLD, node, template }));
      workload.put(nodeObject(node, OLD));
    }
}

function machinesIn({ management, groups, made }: Rolling): readonly KubernetesObject[] {
  const names = ['cp', 'w'].flatMap((start) => Array.from({ length: made + 4 }, (_, index) => `m-${start}-${index}`));
  return names.flatMap(
    (name) => management.read({ apiVersion: groups.core, kind: 'Machine', namespace: NAMESPACE, name }) ?? [],
  );
}

function ownerKind({ metadata }: KubernetesObject): string {
  return metadata.ownerReferences?.[0]?.kind ?? '';
}

function merged(object: JsonObject, patch: JsonObject): JsonObject {
  const next: Record<string, JsonObject[string]> = { ...object };
  for (const [name, value] of Object.entries(patch)) {
    const inner = JsonObject.safeParse(value);
    if (value === null) Reflect.deleteProperty(next, name);
    else next[name] = inner.success ? merged(JsonObject.safeParse(next[name]).data ?? {}, inner.data) : value;
  }
  return next;
}
