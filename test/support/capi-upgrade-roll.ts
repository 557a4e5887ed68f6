import { z } from 'zod';
import { JsonObject } from '../../src/core/json.ts';
import { readNode } from '../../src/core/kubernetes/node.ts';
import type { KubernetesObject } from '../../src/core/ports/kubernetes.ts';
import type { FakeKubernetes } from '../fakes/kubernetes.ts';
import { type Groups, machineObject, NAMESPACE, nodeObject, OLD, type Owned } from './capi-upgrade-objects.ts';

/** What the controllers of a world know. */
export interface Rolling {
  readonly management: FakeKubernetes;
  readonly workload: FakeKubernetes;
  readonly groups: Groups;
  readonly time: () => string;
  readonly topology: boolean;
  readonly reverts: boolean;
  asleep: boolean;
  /** Where new machines stop. */
  stuck: 'booting' | 'joining' | null;
  /** Machines made beyond the first three of each owner. */
  made: number;
}

const Spec = z.looseObject({
  version: z.string().optional(),
  replicas: z.number().optional(),
  paused: z.boolean().optional(),
  machineTemplate: z
    .looseObject({
      spec: z.looseObject({ infrastructureRef: z.looseObject({ name: z.string() }) }).optional(),
      infrastructureRef: z.looseObject({ name: z.string() }).optional(),
    })
    .optional(),
  template: z
    .looseObject({
      spec: z.looseObject({ version: z.string(), infrastructureRef: z.looseObject({ name: z.string() }) }),
    })
    .optional(),
  topology: z
    .looseObject({
      version: z.string(),
      workers: z.looseObject({
        machineDeployments: z.array(
          z.looseObject({
            metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
          }),
        ),
      }),
    })
    .optional(),
});
const MachineSpec = z.looseObject({ version: z.string(), infrastructureRef: z.looseObject({ name: z.string() }) });

/** Every controller goes one step. */
export function roll(state: Rolling): void {
  if (state.asleep) return;
  if (state.reverts) revert(state);
  if (state.topology) followTopology(state);
  const { plane, deployment } = ownersOf(state);
  if (plane !== null) rollOwner(state, plane, 'cp');
  if (deployment !== null) rollOwner(state, deployment, 'w');
}

function ownersOf({ management, groups }: Rolling) {
  const at = (apiVersion: string, kind: string, name: string) =>
    management.read({ apiVersion, kind, namespace: NAMESPACE, name });
  return {
    cluster: at(groups.core, 'Cluster', 'prod'),
    plane: at(groups.plane, 'KubeadmControlPlane', 'prod-cp'),
    deployment: at(groups.core, 'MachineDeployment', 'prod-md-0'),
  };
}

function revert(state: Rolling): void {
  const { plane } = ownersOf(state);
  if (plane === null || specOf(plane).version === OLD) return;
  const manager = {
    manager: 'argocd-controller',
    operation: 'Update',
    time: state.time(),
    fieldsV1: { 'f:spec': { 'f:version': {} } },
  };
  const object = withSpec(plane, { version: OLD });
  state.management.put({ ...object, metadata: { ...JsonObject.parse(object['metadata']), managedFields: [manager] } });
}

function followTopology(state: Rolling): void {
  const { cluster, plane, deployment } = ownersOf(state);
  const topology = cluster === null ? undefined : specOf(cluster).topology;
  if (topology === undefined || plane === null || deployment === null) return;
  if (specOf(plane).version !== topology.version) state.management.put(withSpec(plane, { version: topology.version }));
  const [own] = topology.workers.machineDeployments;
  const isDeferred = Object.hasOwn(own?.metadata?.annotations ?? {}, 'topology.cluster.x-k8s.io/defer-upgrade');
  const { template } = specOf(deployment);
  const isRolled = machinesOf(state, 'cp').every((each) => versionOf(each) === topology.version);
  if (isDeferred || !isRolled || template === undefined || template.spec.version === topology.version) return;
  const next = JsonObject.parse({ ...template.spec, version: topology.version });
  state.management.put(withSpec(deployment, { template: { spec: next } }));
}

function rollOwner(state: Rolling, owner: KubernetesObject, start: 'cp' | 'w'): void {
  const spec = specOf(owner);
  const wanted = spec.template?.spec.version ?? spec.version ?? '';
  const ref =
    spec.template?.spec.infrastructureRef ??
    spec.machineTemplate?.spec?.infrastructureRef ??
    spec.machineTemplate?.infrastructureRef;
  const template = ref?.name ?? '';
  if (spec.paused !== true) step(state, start, { wanted, template, replicas: spec.replicas ?? 0 });
  writeStatus(state, owner, start, { wanted, template, replicas: spec.replicas ?? 0 });
}

interface Wanted {
  readonly wanted: string;
  readonly template: string;
  readonly replicas: number;
}

function step(state: Rolling, start: 'cp' | 'w', { wanted, template, replicas }: Wanted): void {
  const { management, workload } = state;
  const machines = machinesOf(state, start);
  const leaving = machines.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (leaving !== undefined) {
    management.finish({ ...leaving, namespace: NAMESPACE, name: leaving.metadata.name });
    workload.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: nodeNameOf(leaving) });
    return;
  }
  const fresh = machines.find((each) => !hasNode(each));
  const outdated = machines.filter((each) => versionOf(each) !== wanted || templateOf(each) !== template);
  if (fresh !== undefined) {
    if (outdated.includes(fresh)) management.finish({ ...fresh, namespace: NAMESPACE, name: fresh.metadata.name });
    else join(state, fresh);
    return;
  }
  if (machines.some((each) => !isReady(state, each))) return;
  const [oldest] = outdated;
  if (oldest === undefined) return;
  if (machines.length > replicas) {
    const object = JsonObject.parse(oldest);
    management.put({
      ...object,
      metadata: { ...JsonObject.parse(object['metadata']), deletionTimestamp: state.time() },
    });
    return;
  }
  state.made += 1;
  const name = `m-${start}-${state.made + 3}`;
  management.put(machineObject(state.groups, ownerIn(oldest), { name, version: wanted, node: null, template }));
}

function join(state: Rolling, machine: KubernetesObject): void {
  if (state.stuck === 'booting') return;
  const node = nodeNameOf(machine);
  const object = machineObject(state.groups, ownerIn(machine), {
    name: machine.metadata.name,
    version: versionOf(machine),
    node,
    template: templateOf(machine),
  });
  state.workload.put(nodeObject(node, versionOf(machine), state.stuck === null));
  state.management.put(object);
}

function writeStatus(state: Rolling, owner: KubernetesObject, start: 'cp' | 'w', wanted: Wanted): void {
  const machines = machinesOf(state, start);
  const upToDate = machines.filter((each) => versionOf(each) === wanted.wanted && templateOf(each) === wanted.template);
  const ready = machines.filter((each) => hasNode(each) && each.metadata.deletionTimestamp === undefined);
  const isRolling = upToDate.length < machines.length;
  const old = machines.length - upToDate.length;
  const present = state.management.read({ ...owner, namespace: NAMESPACE, name: owner.metadata.name }) ?? owner;
  const words = isRolling ? `Rolling ${old} not up-to-date replicas` : '';
  const rolling = {
    type: 'RollingOut',
    status: isRolling ? 'True' : 'False',
    reason: isRolling ? 'RollingOut' : 'NotRollingOut',
    message: words,
  };
  const etcd = { type: 'EtcdClusterHealthy', status: 'True', reason: 'Healthy', message: '' };
  const conditions = start === 'cp' ? [rolling, etcd] : [rolling];
  const isNew = state.groups.version === 'v1beta2';
  const generation = present.metadata.generation ?? 1;
  const counts = { replicas: machines.length, readyReplicas: ready.length, observedGeneration: generation };
  const status = isNew
    ? { ...counts, upToDateReplicas: upToDate.length, conditions }
    : { ...counts, updatedReplicas: upToDate.length, v1beta2: { conditions } };
  state.management.put({ ...JsonObject.parse(present), status: { ...status, ...statusKept(present) } });
}

/** What a test put there stays. */
function statusKept(object: KubernetesObject): JsonObject {
  const { data } = z.object({ test: JsonObject }).safeParse(object['status']);
  return data === undefined ? {} : { ...data.test, test: data.test };
}

function machinesOf({ management, groups, made }: Rolling, start: 'cp' | 'w'): readonly KubernetesObject[] {
  const names = Array.from({ length: made + 4 }, (_, index) => `m-${start}-${index + 1}`);
  return names.flatMap(
    (name) => management.read({ apiVersion: groups.core, kind: 'Machine', namespace: NAMESPACE, name }) ?? [],
  );
}

function ownerIn({ metadata }: KubernetesObject): Owned {
  const owner = metadata.ownerReferences?.[0];
  if (owner === undefined) throw new Error(`${metadata.name} has no owner`);
  const kind = owner.kind === 'MachineSet' ? 'MachineSet' : 'KubeadmControlPlane';
  return { kind, apiVersion: owner.apiVersion, name: owner.name, uid: owner.uid };
}

function specOf(object: KubernetesObject): z.infer<typeof Spec> {
  return Spec.parse(object['spec']);
}

/** Version that a machine is to have. */
export function versionOf(machine: KubernetesObject): string {
  return MachineSpec.parse(machine['spec']).version;
}

function templateOf(machine: KubernetesObject): string {
  return MachineSpec.parse(machine['spec']).infrastructureRef.name;
}

function hasNode(machine: KubernetesObject): boolean {
  return z.object({ nodeRef: z.object({}) }).safeParse(machine['status']).success;
}

function isReady({ workload }: Rolling, machine: KubernetesObject): boolean {
  const node = workload.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: nodeNameOf(machine) });
  return node !== null && readNode(node).ready === 'yes';
}

function nodeNameOf({ metadata }: KubernetesObject): string {
  return metadata.name.replace(/^m-/, '');
}

function withSpec(object: KubernetesObject, spec: JsonObject): JsonObject {
  const plain = JsonObject.parse(object);
  return { ...plain, spec: { ...JsonObject.parse(plain['spec']), ...spec } };
}
