import { readMachine as readCapiMachine } from '../../../src/core/cluster-api/machine.ts';
import { CAPI_GROUP } from '../../../src/core/cluster-api/names.ts';
import { versionFor } from '../../../src/core/cluster-api/versions.ts';
import { hasManagedEtcd, type Platform } from '../../../src/core/cluster-profile.ts';
import { capiMachine, type MachineSeen, openshiftMachine } from '../../../src/core/etcd/diagnosis/machine-sign.ts';
import { readNodeSign } from '../../../src/core/etcd/diagnosis/node-sign.ts';
import type { PlaceFacts } from '../../../src/core/etcd/diagnosis/place.ts';
import { readPodSign } from '../../../src/core/etcd/diagnosis/pod-sign.ts';
import type { NodeSign, PodSign } from '../../../src/core/etcd/diagnosis/signs.ts';
import { MACHINE_KIND, MACHINE_NAMESPACE, readMachine } from '../../../src/core/openshift/machine.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { BESIDE_MS, type DiagnosisSource, legible, type Read } from './sources.ts';

type Lists = Pick<KubernetesPort, 'list'>;

/** The etcd pods of a cluster; `null`: they could not be read, or etcd has none there. */
export type EtcdPods = readonly PodSign[] | null;

const NOTHING = { nodes: null, machines: null } as const;

/** Whether nodes may carry the members. */
function hasNodes(platform: Platform): boolean {
  return platform !== 'etcd' && !hasManagedEtcd(platform);
}

/** Reads the etcd pods, by the labels of kubeadm's and of OpenShift's static pods. */
export async function readEtcdPods({ ports, cluster, signal }: DiagnosisSource): Promise<Read<EtcdPods>> {
  if (!hasNodes(cluster.platform) || ports.kubernetes === undefined) return { value: null, unseen: [] };
  const isOpenshift = cluster.platform === 'openshift';
  const namespace = isOpenshift ? 'openshift-etcd' : 'kube-system';
  const labelSelector = isOpenshift ? 'k8s-app=etcd' : 'component=etcd';
  const call = { timeoutMs: BESIDE_MS, signal };
  const listed = await ports.kubernetes.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, call);
  return listed.ok
    ? { value: legible(listed.value.items, readPodSign), unseen: [] }
    : { value: null, unseen: [`The etcd pods could not be read: ${listed.error.message}.`] };
}

/** Reads nodes and Machine objects, of the cluster itself and of the one that manages it. */
export async function readPlaces(source: DiagnosisSource): Promise<Read<PlaceFacts>> {
  const { ports, cluster, signal } = source;
  if (!hasNodes(cluster.platform) || ports.kubernetes === undefined) return { value: NOTHING, unseen: [] };
  const nodes = await readNodes(ports.kubernetes, signal);
  const machines = await readMachines(source, nodes.value ?? []);
  return { value: { nodes: nodes.value, machines: machines.value }, unseen: [...nodes.unseen, ...machines.unseen] };
}

async function readNodes(kubernetes: Lists, signal: AbortSignal): Promise<Read<readonly NodeSign[] | null>> {
  const call = { timeoutMs: BESIDE_MS, signal };
  const listed = await kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, call);
  return listed.ok
    ? { value: legible(listed.value.items, readNodeSign), unseen: [] }
    : { value: null, unseen: [`The nodes could not be read: ${listed.error.message}.`] };
}

type Machines = Read<readonly MachineSeen[] | null>;

async function readMachines(source: DiagnosisSource, nodes: readonly NodeSign[]): Promise<Machines> {
  const { ports, cluster, signal } = source;
  if (cluster.platform === 'openshift' && ports.kubernetes !== undefined)
    return await readOpenshift(ports.kubernetes, signal);
  const isManaged = cluster.platform === 'cluster-api' || cluster.platform === 'eks-anywhere';
  if (!isManaged || ports.management === undefined) return { value: null, unseen: [] };
  return await readManaged(ports.management, cluster.management?.namespace ?? null, nodes, signal);
}

async function readOpenshift(kubernetes: Lists, signal: AbortSignal): Promise<Machines> {
  const query = { ...MACHINE_KIND, namespace: MACHINE_NAMESPACE };
  const listed = await kubernetes.list(query, { timeoutMs: BESIDE_MS, signal });
  if (listed.ok)
    return { value: legible(listed.value.items, (each) => openshiftMachine(readMachine(each))), unseen: [] };
  // A cluster without the Machine API is one whose hosts people build.
  return listed.error.code === 'no-such-kind' || listed.error.code === 'not-found'
    ? { value: [], unseen: [] }
    : { value: null, unseen: [`The Machine objects could not be read: ${listed.error.message}.`] };
}

/** The annotation by which a node of Cluster API names its cluster. */
const CLUSTER_OF_NODE = 'cluster.x-k8s.io/cluster-name';

async function readManaged(
  management: Pick<KubernetesPort, 'list' | 'groupVersions'>,
  namespace: string | null,
  nodes: readonly NodeSign[],
  signal: AbortSignal,
): Promise<Machines> {
  const call = { timeoutMs: BESIDE_MS, signal };
  const served = await management.groupVersions(CAPI_GROUP, call);
  const version = served.ok ? versionFor(served.value) : null;
  if (!served.ok) return notRead(served.error.message);
  if (version === null) return notRead(`no version of ${CAPI_GROUP} that Drydock knows is served there`);
  const listed = await management.list({ apiVersion: `${CAPI_GROUP}/${version}`, kind: 'Machine', namespace }, call);
  if (!listed.ok) return notRead(listed.error.message);
  const names = new Set(nodes.flatMap(({ annotations }) => annotations[CLUSTER_OF_NODE] ?? []));
  const machines = legible(listed.value.items, readCapiMachine);
  const own = names.size === 0 ? machines : machines.filter((each) => names.has(each.cluster));
  return { value: own.map(capiMachine), unseen: [] };
}

function notRead(why: string): Machines {
  return { value: null, unseen: [`The Machine objects of the management cluster could not be read: ${why}.`] };
}
