import { z } from 'zod';
import type { KubernetesObject, OwnerReference } from '../ports/kubernetes.ts';
import { type CapiCondition, conditionsOf } from './conditions.ts';
import { CLUSTER_LABEL, CONTROL_PLANE_LABEL, PRE_TERMINATE_HOOK } from './names.ts';

/** What Drydock reads of a Machine of Cluster API. */
export interface CapiMachine {
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Name of the workload cluster; empty: not told. */
  readonly cluster: string;
  readonly isControlPlane: boolean;
  /** Its controller; `null`: nobody's. */
  readonly owner: OwnerReference | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO. */
  readonly createdAt: string;
  /** Its deletion began, ISO; `null`: it has not. */
  readonly deletingSince: string | null;
  readonly finalizers: readonly string[];
  /** Names of the hooks that hold its end: `kcp-cleanup`. */
  readonly hooks: readonly string[];
  /** `Running`, `Provisioning`, `Failed` …; empty: not told. */
  readonly phase: string;
  /** Empty: it has none yet. */
  readonly providerId: string;
  /** Name of its node; `null`: none has joined. */
  readonly node: string | null;
  /** uid of its node; v1beta2 does not tell it. */
  readonly nodeUid: string | null;
  /** Addresses that the provider told, without host names. */
  readonly addresses: readonly string[];
  readonly conditions: readonly CapiCondition[];
}

const Machine = z.object({
  spec: z.object({ clusterName: z.string().default(''), providerID: z.string().default('') }).prefault({}),
  status: z
    .object({
      phase: z.string().default(''),
      nodeRef: z.object({ name: z.string(), uid: z.string().nullish() }).nullish(),
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
    })
    .prefault({}),
});

const ADDRESSES: ReadonlySet<string> = new Set(['InternalIP', 'ExternalIP']);

/** Reads a Machine of either version. @throws ZodError when the object has not the shape of one. */
export function readMachine(object: KubernetesObject): CapiMachine {
  const { spec, status } = Machine.parse(object);
  const { metadata } = object;
  const { labels = {}, annotations = {} } = metadata;
  return {
    apiVersion: object.apiVersion,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    cluster: spec.clusterName || (labels[CLUSTER_LABEL] ?? ''),
    isControlPlane: Object.hasOwn(labels, CONTROL_PLANE_LABEL),
    owner: metadata.ownerReferences?.find((each) => each.controller === true) ?? null,
    labels,
    annotations,
    createdAt: metadata.creationTimestamp ?? '',
    deletingSince: metadata.deletionTimestamp ?? null,
    finalizers: metadata.finalizers ?? [],
    hooks: Object.keys(annotations)
      .flatMap((name) => (name.startsWith(PRE_TERMINATE_HOOK) ? [name.slice(PRE_TERMINATE_HOOK.length)] : []))
      .toSorted(),
    phase: status.phase,
    providerId: spec.providerID,
    node: status.nodeRef?.name ?? null,
    nodeUid: status.nodeRef?.uid ?? null,
    addresses: status.addresses.flatMap(({ type, address }) => (ADDRESSES.has(type) ? [address] : [])),
    conditions: conditionsOf(object),
  };
}
