import { managedAs } from '../../../src/core/cluster-api/connection.ts';
import { type CapiCluster, readCapiCluster } from '../../../src/core/cluster-api/control-plane.ts';
import { readHealthCheck } from '../../../src/core/cluster-api/health-check.ts';
import { CAPI_GROUP, CLUSTER_LABEL, CONTROL_PLANE_GROUP } from '../../../src/core/cluster-api/names.ts';
import { readDeploymentOwner, readPlaneOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { readPool } from '../../../src/core/cluster-api/upgrade/pool.ts';
import { readTopology } from '../../../src/core/cluster-api/upgrade/topology.ts';
import { infrastructureOf, readUpgradeMachine, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import { type CapiKinds, kindsFor } from '../../../src/core/cluster-api/versions.ts';
import { type NodeReading, readNode } from '../../../src/core/kubernetes/node.ts';
import type {
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectKind,
} from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import {
  type ClusterName,
  MANAGEMENT_CALL_MS,
  type ManagementSeen,
  managementTrouble,
} from '../../etcd-replace/cluster-api/read-management.ts';

/** What a look asks of both clusters. Reads only. */
export interface UpgradeReads {
  readonly management: Pick<KubernetesPort, 'groupVersions' | 'get' | 'list'>;
  readonly kubernetes: Pick<KubernetesPort, 'list'>;
}

/** The objects themselves, for what is not read from them here: who wrote a field, what a template holds. */
export interface RawObjects {
  readonly cluster: KubernetesObject;
  readonly owners: readonly KubernetesObject[];
}

/** A look at both clusters, or which of them is silent. `why`: without a period. */
export type UpgradeSeen =
  | { readonly ok: true; readonly view: UpgradeView; readonly raw: RawObjects }
  | {
      readonly ok: false;
      readonly what: 'management' | 'workload';
      /**
       * `missing`: what should be there is not, and it may come: an API server that has just started serves fewer kinds. `gone`: the server
       * serves the kind and says that there is no such Cluster.
       */
      readonly how: 'silent' | 'refused' | 'missing' | 'gone';
      readonly why: string;
    };

/** How a run ends that waited in vain for a look. What should be there and may come (`missing`) is silence. */
export function unseenReason({
  what,
  how,
}: Pick<Extract<UpgradeSeen, { readonly ok: false }>, 'what' | 'how'>): EndReason {
  if (how === 'refused') return 'access-refused';
  return what === 'management' ? 'management-silent' : 'cluster-silent';
}

/** Nodes of the workload cluster, or why they cannot be told. */
async function readNodes(
  kubernetes: UpgradeReads['kubernetes'],
  signal: AbortSignal,
): Promise<
  { readonly ok: true; readonly nodes: readonly NodeReading[] } | Extract<UpgradeSeen, { readonly ok: false }>
> {
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const listed = await kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, call);
  if (listed.ok) return { ok: true, nodes: listed.value.items.map(readNode) };
  const { how } = managementTrouble([listed]);
  return { ok: false, what: 'workload', how, why: `the nodes could not be read: ${listed.error.message}` };
}

/** Which Cluster object stands for a cluster, by what its nodes say, and a look at it. */
export async function findView(
  reads: UpgradeReads,
  namespace: string | null,
  signal: AbortSignal,
): Promise<UpgradeSeen> {
  const nodes = await readNodes(reads.kubernetes, signal);
  if (!nodes.ok) return nodes;
  const managed = managedAs(nodes.nodes, namespace);
  if (managed.kind !== 'named') return { ok: false, what: 'workload', how: 'missing', why: managed.why };
  return await readView(reads, managed, signal);
}

/** A look at both clusters for a Cluster object that is known. The nodes come last: one that a machine names is there by then. */
export async function readView(reads: UpgradeReads, cluster: ClusterName, signal: AbortSignal): Promise<UpgradeSeen> {
  const seen = await readObjects(reads.management, cluster, signal);
  if (!seen.ok) return seen;
  const nodes = await readNodes(reads.kubernetes, signal);
  return nodes.ok ? { ...seen, view: { ...seen.view, nodes: nodes.nodes } } : nodes;
}

/** Kinds of the core group that only upgrades look at. */
export function workerKinds({ cluster }: CapiKinds): Readonly<Record<'deployment' | 'set' | 'pool', ObjectKind>> {
  const { apiVersion } = cluster;
  return {
    deployment: { apiVersion, kind: 'MachineDeployment' },
    set: { apiVersion, kind: 'MachineSet' },
    pool: { apiVersion, kind: 'MachinePool' },
  };
}

/** The kinds that a management cluster serves, or why they cannot be told. */
export async function readKinds(
  management: UpgradeReads['management'],
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly kinds: CapiKinds } | Extract<ManagementSeen, { readonly ok: false }>> {
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const [core, planes] = await Promise.all([
    management.groupVersions(CAPI_GROUP, call),
    management.groupVersions(CONTROL_PLANE_GROUP, call),
  ]);
  if (!core.ok || !planes.ok) return managementTrouble([core, planes]);
  const kinds = kindsFor({ core: core.value, controlPlane: planes.value, etcd: [] });
  if (kinds !== null) return { ok: true, kinds };
  const served = core.value.length === 0 ? 'none' : core.value.join(', ');
  const why = `no version of ${CAPI_GROUP} that Drydock knows is served by the management cluster: ${served}`;
  return { ok: false, how: 'missing', why };
}

/** The control plane that a Cluster names; `null`: none, or one of another kind, whatever else bears the label of the cluster. */
function namedPlane(
  { namespace, name, controlPlane, controlPlaneKind }: CapiCluster,
  planes: readonly KubernetesObject[],
): { readonly ok: true; readonly plane: KubernetesObject | null } | Extract<UpgradeSeen, { readonly ok: false }> {
  if (controlPlane === null || controlPlaneKind !== 'KubeadmControlPlane') return { ok: true, plane: null };
  const plane = planes.find(({ metadata }) => metadata.name === controlPlane);
  if (plane !== undefined) return { ok: true, plane };
  const why = `Cluster ${namespace}/${name} names KubeadmControlPlane ${controlPlane}, which is not among those that bear its label`;
  return { ok: false, what: 'management', how: 'missing', why };
}

/** A look without nodes. */
async function readObjects(
  management: UpgradeReads['management'],
  { namespace, name }: ClusterName,
  signal: AbortSignal,
): Promise<UpgradeSeen> {
  const known = await readKinds(management, signal);
  if (!known.ok) return { ...known, what: 'management' };
  const { kinds } = known;
  const workers = workerKinds(kinds);
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const labelSelector = `${CLUSTER_LABEL}=${name}`;
  async function listed(
    kind: ObjectKind | null,
    mayBeAbsent = false,
  ): Promise<KubernetesResult<readonly KubernetesObject[]>> {
    if (kind === null) return { ok: true, value: [] };
    const selector = kind.kind === 'MachineHealthCheck' ? {} : { labelSelector };
    const list = await management.list({ ...kind, namespace, ...selector }, call);
    if (list.ok) return { ok: true, value: list.value.items };
    return mayBeAbsent && list.error.code === 'no-such-kind' ? { ok: true, value: [] } : list;
  }
  const [cluster, planes, deployments, sets, machines, checks, pools] = await Promise.all([
    management.get({ ...kinds.cluster, namespace, name }, call),
    listed(kinds.controlPlane),
    listed(workers.deployment, true),
    listed(workers.set, true),
    listed(kinds.machine),
    listed(kinds.machineHealthCheck, true),
    listed(workers.pool, true),
  ]);
  if (!cluster.ok && cluster.error.code === 'not-found')
    return { ok: false, what: 'management', how: 'gone', why: `there is no Cluster ${namespace}/${name}` };
  if (!cluster.ok || !planes.ok || !deployments.ok || !sets.ok || !machines.ok || !checks.ok || !pools.ok)
    return { ...managementTrouble([cluster, planes, deployments, sets, machines, checks, pools]), what: 'management' };
  const read = readCapiCluster(cluster.value);
  const named = namedPlane(read, planes.value);
  if (!named.ok) return named;
  const { plane } = named;
  return {
    ok: true,
    raw: { cluster: cluster.value, owners: [...(plane === null ? [] : [plane]), ...deployments.value] },
    view: {
      cluster: read,
      generation: cluster.value.metadata.generation ?? null,
      apiVersion: kinds.cluster.apiVersion,
      topology: readTopology(cluster.value),
      infrastructure: infrastructureOf(cluster.value),
      plane: plane === null ? null : readPlaneOwner(plane),
      deployments: deployments.value.map(readDeploymentOwner),
      sets: sets.value.map(({ metadata: { uid, ownerReferences = [] } }) => ({
        uid,
        deployment: ownerReferences.find((each) => each.kind === 'MachineDeployment')?.uid ?? null,
      })),
      machines: machines.value.map(readUpgradeMachine),
      healthChecks: checks.value.map(readHealthCheck).filter((each) => each.cluster === name),
      pools: pools.value.map(readPool),
      nodes: [],
    },
  };
}
