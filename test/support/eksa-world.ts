import { JsonObject } from '../../src/core/json.ts';
import type { KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import type { FakeEtcd } from '../fakes/etcd.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { addressOf, CAPI_NAMESPACE, nodeObject } from './capi-objects.ts';

/** Members of external etcd: machines of their own, `etcd-1` to `etcd-3`, with addresses of no node. */
export const EKSA_MEMBERS = ['etcd-1', 'etcd-2', 'etcd-3'].map((name) => ({
  name,
  peerUrls: [`https://${addressOf(name)}:2380`],
  clientUrls: [clientUrlOf(name)],
}));

function clientUrlOf(name: string): string {
  return `https://${addressOf(name)}:2379`;
}

/** What the controllers leave undone; all optional. */
export interface EksaWorldOptions {
  /** The etcd controller deletes the machine and leaves the member in the list. */
  readonly keepsMember?: boolean;
  /** The control plane is not rolled to the new endpoints. */
  readonly neverRolls?: boolean;
}

/** A management cluster of EKS Anywhere with external etcd, in memory. Its controllers act a little each time they are looked at. */
export interface EksaWorld {
  readonly management: FakeKubernetes;
  /** Each look at it lets the controllers act. */
  readonly port: KubernetesPort;
  readonly workload: FakeKubernetes;
  readonly etcdCluster: ObjectRef;
  machine(member: string): ObjectRef;
  edit(ref: ObjectRef, change: (object: JsonObject) => JsonObject): void;
}

const CORE = 'cluster.x-k8s.io/v1beta1';
const ETCD = 'etcdcluster.cluster.x-k8s.io/v1beta1';
const PLANE = 'controlplane.cluster.x-k8s.io/v1beta1';

/** Makes it beside a fake ring of {@link EKSA_MEMBERS}. */
export function createEksaWorld(etcd: () => FakeEtcd, now: () => string, options: EksaWorldOptions = {}): EksaWorld {
  const management = createFakeKubernetes({ now: () => `${now().slice(0, 19)}Z` });
  const workload = createFakeKubernetes({ now: () => `${now().slice(0, 19)}Z` });
  const kinds: readonly (readonly [string, string, string])[] = [
    [CORE, 'Cluster', 'clusters'],
    [CORE, 'Machine', 'machines'],
    [CORE, 'MachineHealthCheck', 'machinehealthchecks'],
    [ETCD, 'EtcdadmCluster', 'etcdadmclusters'],
    [PLANE, 'KubeadmControlPlane', 'kubeadmcontrolplanes'],
  ];
  for (const [apiVersion, kind, resource] of kinds)
    management.addKind({ apiVersion, kind, resource, namespaced: true, subresources: ['status'] });
  management.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CAPI_NAMESPACE } });
  management.put({
    apiVersion: CORE,
    kind: 'Cluster',
    metadata: { name: 'prod', namespace: CAPI_NAMESPACE },
    spec: { controlPlaneRef: { name: 'prod' } },
  });
  const urls = EKSA_MEMBERS.map(({ name }) => clientUrlOf(name));
  const plane = management.put(planeObject(urls));
  const etcdCluster = management.put(etcdObject(urls));
  for (const { name } of EKSA_MEMBERS) management.put(machineObject(etcdCluster.metadata.uid, name));
  for (const node of ['cp-1', 'cp-2']) {
    workload.put(nodeObject(node));
    workload.put(apiServerObject(node, urls));
  }
  const scene: Scene = { management, workload, owner: etcdCluster.metadata.uid, plane: plane.metadata.name, options };
  return {
    management,
    workload,
    etcdCluster: refOf(ETCD, 'EtcdadmCluster', 'prod-etcd'),
    port: {
      ...management.port,
      groupVersions: async (group, call) => {
        if (group === 'cluster.x-k8s.io') act(scene, etcd());
        return await management.port.groupVersions(group, call);
      },
    },
    machine: machineRef,
    edit(ref, change) {
      const object = management.read(ref);
      if (object === null) throw new Error(`no ${ref.kind} ${ref.name}`);
      management.put(change(JsonObject.parse(object)));
    },
  };
}

interface Scene {
  readonly management: FakeKubernetes;
  readonly workload: FakeKubernetes;
  readonly owner: string;
  readonly plane: string;
  readonly options: EksaWorldOptions;
}

/** One stage each time: member, machine, the next machine, its member (a voter at once), endpoints, API servers. */
function act({ management, workload, owner, options }: Scene, etcd: FakeEtcd): void {
  const { members } = etcd.ring;
  const old = management.read(machineRef('etcd-2'));
  const at = members.findIndex(({ name }) => name === 'etcd-2');
  if (old !== null && old.metadata.deletionTimestamp === undefined) return;
  // Without quorum nobody changes the list.
  if (etcd.ring.leader === null) return;
  if (at >= 0 && options.keepsMember !== true) etcd.ring.removed.push(...members.splice(at, 1));
  else if (old !== null) management.finish(machineRef('etcd-2'));
  else if (options.keepsMember === true) return;
  else if (management.read(machineRef('etcd-4')) === null) management.put(machineObject(owner, 'etcd-4'));
  else if (!members.some(({ name }) => name === 'etcd-4')) {
    const name = etcd.addLearner({
      name: 'etcd-4',
      peerUrls: [`https://${addressOf('etcd-4')}:2380`],
      clientUrls: [clientUrlOf('etcd-4')],
    });
    etcd.member(name).isLearner = false;
  } else if (options.neverRolls !== true) {
    const urls = ['etcd-1', 'etcd-3', 'etcd-4'].map(clientUrlOf);
    management.put(etcdObject(urls));
    management.put(planeObject(urls));
    for (const node of ['cp-1', 'cp-2']) workload.put(apiServerObject(node, urls));
  }
}

function refOf(apiVersion: string, kind: string, name: string): ObjectRef {
  return { apiVersion, kind, namespace: CAPI_NAMESPACE, name };
}

function machineRef(member: string): ObjectRef {
  return refOf(CORE, 'Machine', `prod-${member}`);
}

const LABELS = { 'cluster.x-k8s.io/cluster-name': 'prod' };

function etcdObject(urls: readonly string[]): JsonObject {
  return {
    apiVersion: ETCD,
    kind: 'EtcdadmCluster',
    metadata: { name: 'prod-etcd', namespace: CAPI_NAMESPACE, labels: LABELS },
    spec: { replicas: 3 },
    status: { ready: true, endpoints: urls.join(',') },
  };
}

function planeObject(urls: readonly string[]): JsonObject {
  return {
    apiVersion: PLANE,
    kind: 'KubeadmControlPlane',
    metadata: { name: 'prod', namespace: CAPI_NAMESPACE, labels: LABELS },
    spec: {
      replicas: 2,
      version: 'v1.30.1',
      kubeadmConfigSpec: { clusterConfiguration: { etcd: { external: { endpoints: [...urls] } } } },
    },
    status: { initialized: true, replicas: 2 },
  };
}

function machineObject(owner: string, member: string): JsonObject {
  return {
    apiVersion: CORE,
    kind: 'Machine',
    metadata: {
      name: `prod-${member}`,
      namespace: CAPI_NAMESPACE,
      labels: { ...LABELS, 'cluster.x-k8s.io/etcd-cluster': 'prod-etcd' },
      finalizers: ['machine.cluster.x-k8s.io'],
      ownerReferences: [{ apiVersion: ETCD, kind: 'EtcdadmCluster', name: 'prod-etcd', uid: owner, controller: true }],
    },
    spec: { clusterName: 'prod', providerID: `vsphere://${member}` },
    status: { phase: 'Provisioned', addresses: [{ type: 'ExternalIP', address: addressOf(member) }] },
  };
}

function apiServerObject(node: string, urls: readonly string[]): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `kube-apiserver-${node}`, namespace: 'kube-system', labels: { component: 'kube-apiserver' } },
    spec: {
      nodeName: node,
      containers: [{ name: 'kube-apiserver', command: ['kube-apiserver', `--etcd-servers=${urls.join(',')}`] }],
    },
    status: { phase: 'Running' },
  };
}
