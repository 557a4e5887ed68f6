import {
  type CapiCluster,
  type CapiControlPlane,
  readCapiCluster,
  readControlPlane,
} from '../../../src/core/cluster-api/control-plane.ts';
import { type EtcdadmCluster, readEtcdadmCluster } from '../../../src/core/cluster-api/etcdadm.ts';
import { type HealthCheck, readHealthCheck } from '../../../src/core/cluster-api/health-check.ts';
import { type CapiMachine, readMachine } from '../../../src/core/cluster-api/machine.ts';
import { CAPI_GROUP, CLUSTER_LABEL, CONTROL_PLANE_GROUP, ETCD_GROUP } from '../../../src/core/cluster-api/names.ts';
import { type CapiKinds, kindsFor } from '../../../src/core/cluster-api/versions.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import type {
  KubernetesError,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectKind,
} from '../../../src/core/ports/kubernetes.ts';

/** What a look at a management cluster asks. Reads only. */
export type ManagementReads = Pick<KubernetesPort, 'groupVersions' | 'get' | 'list'>;

/** A Cluster object by name. */
export interface ClusterName {
  readonly namespace: string;
  readonly name: string;
}

/** Everything that a replacement looks at there. */
export interface ManagementView {
  readonly kinds: CapiKinds;
  readonly cluster: CapiCluster;
  /** `null`: the cluster has none of this kind. */
  readonly controlPlane: CapiControlPlane | null;
  readonly etcd: EtcdadmCluster | null;
  /** All machines of the cluster, workers too. */
  readonly machines: readonly CapiMachine[];
  readonly healthChecks: readonly HealthCheck[];
}

/** A view, or why there is none. `silent`: it may pass; `refused`: it does not let us; `missing`: what should be there is not. */
export type ManagementSeen =
  | { readonly ok: true; readonly view: ManagementView }
  | { readonly ok: false; readonly how: 'silent' | 'refused' | 'missing'; readonly why: string };

/** Limit of one call, ms. */
export const MANAGEMENT_CALL_MS = 10_000;

/** One look at the objects of a cluster. Never throws for a server that does not answer: that is a finding. */
export async function readManagement(
  management: ManagementReads,
  { namespace, name }: ClusterName,
  signal: AbortSignal,
): Promise<ManagementSeen> {
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const [core, planes, etcds] = await Promise.all(
    [CAPI_GROUP, CONTROL_PLANE_GROUP, ETCD_GROUP].map(async (group) => await management.groupVersions(group, call)),
  );
  if (core?.ok !== true || planes?.ok !== true || etcds?.ok !== true) return managementTrouble([core, planes, etcds]);
  const kinds = kindsFor({ core: core.value, controlPlane: planes.value, etcd: etcds.value });
  if (kinds === null) {
    const served = core.value.length === 0 ? 'none' : core.value.join(', ');
    return {
      ok: false,
      how: 'missing',
      why: `no version of ${CAPI_GROUP} that Drydock knows is served there: ${served}`,
    };
  }
  const labelSelector = `${CLUSTER_LABEL}=${name}`;
  async function listed(
    kind: ObjectKind | null,
    selector?: string,
  ): Promise<KubernetesResult<readonly KubernetesObject[]>> {
    if (kind === null) return { ok: true, value: [] };
    const query = { ...kind, namespace, ...(selector === undefined ? {} : { labelSelector: selector }) };
    const list = await management.list(query, call);
    return list.ok ? { ok: true, value: list.value.items } : list;
  }
  const [cluster, machines, controlPlanes, etcdClusters, checks] = await Promise.all([
    management.get({ ...kinds.cluster, namespace, name }, call),
    listed(kinds.machine, labelSelector),
    listed(kinds.controlPlane, labelSelector),
    listed(kinds.etcdadmCluster, labelSelector),
    listed(kinds.machineHealthCheck),
  ]);
  if (!cluster.ok && cluster.error.code === 'not-found')
    return { ok: false, how: 'missing', why: `there is no Cluster ${namespace}/${name}` };
  if (!cluster.ok || !machines.ok || !controlPlanes.ok || !etcdClusters.ok || !checks.ok)
    return managementTrouble([cluster, machines, controlPlanes, etcdClusters, checks]);
  const read = readCapiCluster(cluster.value);
  const planesRead = controlPlanes.value.map(readControlPlane);
  return {
    ok: true,
    view: {
      kinds,
      cluster: read,
      controlPlane: planesRead.find((each) => each.name === read.controlPlane) ?? null,
      etcd: etcdClusters.value.map(readEtcdadmCluster)[0] ?? null,
      machines: machines.value.map(readMachine),
      healthChecks: checks.value.map(readHealthCheck).filter((each) => each.cluster === name),
    },
  };
}

function failureOf(results: readonly (KubernetesResult<unknown> | undefined)[]): KubernetesError {
  const failed = results.find((each) => each?.ok === false);
  return failed?.ok === false ? failed.error : { code: 'unreachable', message: 'nobody said why' };
}

/** Why a look at the management cluster saw nothing, from its first failed answer. */
export function managementTrouble(
  results: readonly (KubernetesResult<unknown> | undefined)[],
): Extract<ManagementSeen, { readonly ok: false }> {
  const { code, message } = failureOf(results);
  const how = isAccessRefused(code)
    ? 'refused'
    : code === 'no-such-kind' || code === 'not-found'
      ? 'missing'
      : 'silent';
  return { ok: false, how, why: `the management cluster: ${message}` };
}
