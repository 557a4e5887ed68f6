import { z } from 'zod';
import { isControlPlane, type NodeReading, readNode } from '../../../src/core/kubernetes/node.ts';
import { MACHINE_KIND, MACHINE_NAMESPACE, type MachineReading } from '../../../src/core/openshift/machine.ts';
import { MACHINE_SET, type MachineSetReading, readMachineSet } from '../../../src/core/openshift/machine-set.ts';
import type { SecretRef } from '../../../src/core/openshift/node-secrets.ts';
import type { ConditionReading, EtcdOperatorReading } from '../../../src/core/openshift/operator.ts';
import type { KubernetesObject, KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { ETCD_NAMESPACE } from './delete-secrets-step.ts';
import {
  ETCD_CLUSTER_OPERATOR,
  type Read,
  seeConditions,
  seeEtcdOperator,
  seeMachine,
  seeMachines,
} from './read-openshift.ts';

/** What a plan has to know of an OpenShift cluster. */
export interface OpenshiftView {
  readonly operator: EtcdOperatorReading;
  readonly clusterOperator: readonly ConditionReading[];
  readonly clusterVersion: readonly ConditionReading[];
  /** Of OpenShift, for instance `4.18.3`; empty: not told. */
  readonly version: string;
  /** `status.controlPlaneTopology`; empty: not told. */
  readonly topology: string;
  /** Nodes of the control plane. */
  readonly nodes: readonly NodeReading[];
  /** TLS Secrets of etcd by name and uid; their data were never read. */
  readonly secrets: readonly SecretRef[];
}

/** What a plan has to know of the Machines of the control plane. */
export interface MachineView {
  readonly machines: readonly MachineReading[];
  /** Names of all Machines, of workers too. */
  readonly names: readonly string[];
  /** `null`: there is none. */
  readonly machineSet: MachineSetReading | null;
  /** The Machine of the member, whole; `null`: it is gone. */
  readonly old: { readonly machine: MachineReading; readonly object: KubernetesObject } | null;
}

type Reader = Pick<KubernetesPort, 'get' | 'list'>;

const Version = z.object({
  status: z.object({ desired: z.object({ version: z.string().default('') }).prefault({}) }).prefault({}),
});
const Infrastructure = z.object({
  status: z.object({ controlPlaneTopology: z.string().default('') }).prefault({}),
});
const VERSION = { apiVersion: 'config.openshift.io/v1', kind: 'ClusterVersion', namespace: null, name: 'version' };
const INFRASTRUCTURE = {
  apiVersion: 'config.openshift.io/v1',
  kind: 'Infrastructure',
  namespace: null,
  name: 'cluster',
};

/** Reads what every case relies on. The first thing that cannot be read ends it: nothing is planned half blind. */
export async function viewOpenshift(kubernetes: Reader, signal: AbortSignal): Promise<Read<OpenshiftView>> {
  const call = { timeoutMs: OBJECT_CALL_MS, signal };
  const [operator, clusterOperator, clusterVersion, version, infrastructure, nodes, secrets] = await Promise.all([
    seeEtcdOperator(kubernetes, signal),
    seeConditions(kubernetes, ETCD_CLUSTER_OPERATOR, signal),
    seeConditions(kubernetes, VERSION, signal),
    kubernetes.get(VERSION, call),
    kubernetes.get(INFRASTRUCTURE, call),
    kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, call),
    kubernetes.list(
      { apiVersion: 'v1', kind: 'Secret', namespace: ETCD_NAMESPACE, fieldSelector: 'type=kubernetes.io/tls' },
      { ...call, metadataOnly: true },
    ),
  ]);
  if (!operator.ok) return operator;
  if (!clusterOperator.ok) return clusterOperator;
  if (!clusterVersion.ok) return clusterVersion;
  if (!version.ok) return unread('ClusterVersion version', version);
  if (!infrastructure.ok) return unread('Infrastructure cluster', infrastructure);
  if (!nodes.ok) return unread('the nodes', nodes);
  if (!secrets.ok) return unread(`the Secrets of ${ETCD_NAMESPACE}`, secrets);
  return {
    ok: true,
    value: {
      operator: operator.value,
      clusterOperator: clusterOperator.value,
      clusterVersion: clusterVersion.value,
      version: Version.safeParse(version.value).data?.status.desired.version ?? '',
      topology: Infrastructure.safeParse(infrastructure.value).data?.status.controlPlaneTopology ?? '',
      nodes: nodes.value.items.map(readNode).filter(isControlPlane),
      secrets: secrets.value.items.map(({ metadata: { name, uid } }) => ({ name, uid })),
    },
  };
}

/** Reads what the cases with a Machine rely on. */
export async function viewMachines(
  kubernetes: Reader,
  name: string | null,
  signal: AbortSignal,
): Promise<Read<MachineView>> {
  const call = { timeoutMs: OBJECT_CALL_MS, signal };
  const [machines, all, set, old] = await Promise.all([
    seeMachines(kubernetes, signal),
    kubernetes.list({ ...MACHINE_KIND, namespace: MACHINE_NAMESPACE }, { ...call, metadataOnly: true }),
    kubernetes.get(MACHINE_SET, call),
    name === null ? ({ ok: true, value: null } as const) : seeMachine(kubernetes, name, signal),
  ]);
  if (!machines.ok) return machines;
  if (!all.ok) return unread('the Machines', all);
  if (!set.ok && set.error.code !== 'not-found' && set.error.code !== 'no-such-kind')
    return unread('ControlPlaneMachineSet cluster', set);
  if (!old.ok) return old;
  return {
    ok: true,
    value: {
      machines: machines.value,
      names: all.value.items.map(({ metadata }) => metadata.name),
      machineSet: set.ok ? readMachineSet(set.value) : null,
      old: old.value,
    },
  };
}

function unread(what: string, result: Extract<KubernetesResult<unknown>, { readonly ok: false }>): Read<never> {
  return { ok: false, why: `${what} could not be read: ${result.error.message}` };
}
