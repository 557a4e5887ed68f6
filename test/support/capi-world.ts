import { REMEDIATE_MACHINE } from '../../src/core/cluster-api/names.ts';
import { JsonObject } from '../../src/core/json.ts';
import type { KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import type { FakeEtcd } from '../fakes/etcd.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import {
  addressOf,
  CAPI_NAMESPACE,
  healthCheckObject,
  machineNameOf,
  machineObject,
  nodeObject,
  planeObject,
  type Version,
} from './capi-objects.ts';

/** How far the controller goes before it stands still. */
export type StandsAt =
  | 'asleep'
  | 'deleting'
  | 'member-removed'
  | 'machine-gone'
  | 'machine-created'
  | 'joined'
  | 'done';

/** What a test may set; all optional. */
export interface CapiWorldOptions {
  readonly version?: Version;
  /** Default `there`. */
  readonly healthCheck?: 'there' | 'absent' | 'paused' | 'external';
  /** Default `done`. */
  readonly standsAt?: StandsAt;
}

/** Members of a fake ring as kubeadm makes them, on the addresses of their nodes. */
export const CAPI_MEMBERS = ['cp-1', 'cp-2', 'cp-3'].map((name) => ({
  name,
  peerUrls: [`https://${addressOf(name)}:2380`],
  clientUrls: [`https://${addressOf(name)}:2379`],
}));

/** A management cluster in memory, and a KubeadmControlPlane in it that acts a little each time it is looked at. */
export interface CapiWorld {
  readonly management: FakeKubernetes;
  /** The port to give to steps: each look at it lets the controller act. */
  readonly port: KubernetesPort;
  readonly workload: FakeKubernetes;
  readonly cluster: ObjectRef;
  readonly controlPlane: ObjectRef;
  machine(node: string): ObjectRef;
  /** Changes an object as somebody else. */
  edit(ref: ObjectRef, change: (object: JsonObject) => JsonObject): void;
  /** Where the controller stands still from now on. */
  standAt(stage: StandsAt): void;
}

/** Makes it beside a fake ring of {@link CAPI_MEMBERS}. */
export function createCapiWorld(etcd: () => FakeEtcd, now: () => string, options: CapiWorldOptions = {}): CapiWorld {
  const version = options.version ?? 'v1beta2';
  const core = `cluster.x-k8s.io/${version}`;
  const apiVersion = `controlplane.cluster.x-k8s.io/${version}`;
  let standsAt = options.standsAt ?? 'done';
  const time = (): string => `${now().slice(0, 19)}Z`;
  const management = createFakeKubernetes({ now: time });
  const workload = createFakeKubernetes({ now: time });
  for (const kind of ['Cluster', 'Machine', 'MachineHealthCheck']) {
    const resource = `${kind.toLowerCase()}s`;
    management.addKind({ apiVersion: core, kind, resource, namespaced: true, subresources: ['status'] });
  }
  const kind = 'KubeadmControlPlane';
  management.addKind({
    apiVersion,
    kind,
    resource: 'kubeadmcontrolplanes',
    namespaced: true,
    subresources: ['status'],
  });
  management.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CAPI_NAMESPACE } });
  const cluster = { apiVersion: core, kind: 'Cluster', namespace: CAPI_NAMESPACE, name: 'prod' };
  management.put({
    apiVersion: core,
    kind: 'Cluster',
    metadata: { name: 'prod', namespace: CAPI_NAMESPACE },
    spec: { controlPlaneRef: { name: 'prod-cp' } },
  });
  const plane = management.put(planeObject(apiVersion));
  const owner = { uid: plane.metadata.uid, apiVersion };
  for (const node of ['cp-1', 'cp-2', 'cp-3']) {
    workload.put(nodeObject(node));
    management.put(machineObject(core, owner, node));
  }
  if (options.healthCheck !== 'absent') management.put(healthCheckObject(core, options.healthCheck ?? 'there'));
  const machine = (node: string): ObjectRef => ({
    apiVersion: core,
    kind: 'Machine',
    namespace: CAPI_NAMESPACE,
    name: machineNameOf(node),
  });
  const scene: Scene = { management, workload, machine, owner, core, time };
  return {
    management,
    port: {
      ...management.port,
      groupVersions: async (group, call) => {
        if (group === 'cluster.x-k8s.io') act(scene, etcd(), standsAt);
        return await management.port.groupVersions(group, call);
      },
    },
    workload,
    cluster,
    controlPlane: { apiVersion, kind, namespace: CAPI_NAMESPACE, name: 'prod-cp' },
    machine,
    edit(ref, change) {
      const object = management.read(ref);
      if (object === null) throw new Error(`no ${ref.kind} ${ref.name}`);
      management.put(change(JsonObject.parse(object)));
    },
    standAt(stage) {
      standsAt = stage;
    },
  };
}

interface Scene {
  readonly management: FakeKubernetes;
  readonly workload: FakeKubernetes;
  readonly machine: (node: string) => ObjectRef;
  readonly owner: { readonly uid: string; readonly apiVersion: string };
  readonly core: string;
  readonly time: () => string;
}

const ORDER: readonly StandsAt[] = [
  'asleep',
  'deleting',
  'member-removed',
  'machine-gone',
  'machine-created',
  'joined',
  'done',
];

const LISTED: ReadonlySet<StandsAt> = new Set(['member-removed', 'joined', 'done']);

/** One stage each time, always for `cp-2`, which `cp-4` replaces. */
function act(scene: Scene, etcd: FakeEtcd, standsAt: StandsAt): void {
  const stage = stageOf(scene, etcd);
  const next = ORDER[ORDER.indexOf(stage) + 1];
  if (next === undefined || ORDER.indexOf(next) > ORDER.indexOf(standsAt)) return;
  // Without quorum nobody changes the list.
  if (LISTED.has(next) && etcd.ring.leader === null) return;
  go(scene, etcd, next);
}

function stageOf({ management, machine }: Scene, etcd: FakeEtcd): StandsAt {
  const fresh = etcd.ring.members.find(({ name }) => name === 'cp-4');
  if (management.read(machine('cp-4')) !== null) {
    if (fresh === undefined) return 'machine-created';
    return fresh.isLearner ? 'joined' : 'done';
  }
  const old = management.read(machine('cp-2'));
  if (old === null) return 'machine-gone';
  if (old.metadata.deletionTimestamp === undefined) return 'asleep';
  return etcd.ring.members.some(({ name }) => name === 'cp-2') ? 'deleting' : 'member-removed';
}

function go({ management, workload, machine, owner, core, time }: Scene, etcd: FakeEtcd, next: StandsAt): void {
  const { members } = etcd.ring;
  switch (next) {
    case 'deleting': {
      const old = management.read(machine('cp-2'));
      if (old?.metadata.annotations?.[REMEDIATE_MACHINE] === undefined) return;
      management.put({
        ...JsonObject.parse(old),
        metadata: { ...JsonObject.parse(old.metadata), deletionTimestamp: time() },
      });
      return;
    }
    case 'member-removed': {
      const at = members.findIndex(({ name }) => name === 'cp-2');
      if (at >= 0) etcd.ring.removed.push(...members.splice(at, 1));
      return;
    }
    case 'machine-gone':
      management.finish(machine('cp-2'));
      workload.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
      return;
    case 'machine-created':
      management.put(
        machineObject(
          core,
          owner,
          'cp-4',
          '{"machine":"prod-cp-cp-2","timestamp":"2026-11-21T10:00:00Z","retryCount":0}',
        ),
      );
      workload.put(nodeObject('cp-4'));
      return;
    case 'joined':
      etcd.addLearner({
        name: 'cp-4',
        peerUrls: [`https://${addressOf('cp-4')}:2380`],
        clientUrls: [`https://${addressOf('cp-4')}:2379`],
      });
      return;
    case 'done': {
      const learner = members.find(({ name }) => name === 'cp-4');
      if (learner !== undefined) learner.isLearner = false;
      return;
    }
    case 'asleep':
      return;
  }
}
