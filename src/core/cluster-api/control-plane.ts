import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type CapiCondition, conditionsOf } from './conditions.ts';
import { PAUSED, REMEDIATION_IN_PROGRESS } from './names.ts';

/** What Drydock reads of a workload cluster's own object. */
export interface CapiCluster {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly paused: boolean;
  readonly deleting: boolean;
  /** Name of the ClusterClass that it is built from; `null`: none. */
  readonly topology: string | null;
  /** Name of its control plane's object; `null`: not told. */
  readonly controlPlane: string | null;
  /** Kind of that object; `null`: not told. */
  readonly controlPlaneKind: string | null;
  readonly conditions: readonly CapiCondition[];
}

/** What Drydock reads of a KubeadmControlPlane. Times in ms. */
export interface CapiControlPlane {
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly paused: boolean;
  readonly deleting: boolean;
  readonly replicas: number;
  /** Machines that it says it has; `null`: not told. */
  readonly statusReplicas: number | null;
  readonly version: string;
  readonly initialized: boolean;
  /** Whether its controller has seen the newest spec. */
  readonly observed: boolean;
  /** etcd runs outside of its machines. */
  readonly externalEtcd: boolean;
  /** Client URLs of external etcd that its API servers are given. */
  readonly externalEndpoints: readonly string[];
  /** The remediation that is under way, as the controller wrote it; `null`: none. */
  readonly inProgress: string | null;
  /** `null`: no limit. */
  readonly maxRetry: number | null;
  readonly retryPeriodMs: number;
  readonly minHealthyMs: number;
  readonly conditions: readonly CapiCondition[];
}

const Cluster = z.object({
  spec: z
    .object({
      paused: z.boolean().nullish(),
      controlPlaneRef: z.object({ kind: z.string().nullish(), name: z.string() }).nullish(),
      topology: z.object({ class: z.string().nullish(), classRef: z.object({ name: z.string() }).nullish() }).nullish(),
    })
    .prefault({}),
});

/** Reads a Cluster of either version. @throws ZodError when the object has not the shape of one. */
export function readCapiCluster(object: KubernetesObject): CapiCluster {
  const { spec } = Cluster.parse(object);
  const { name, namespace = '', uid, annotations = {}, deletionTimestamp } = object.metadata;
  return {
    name,
    namespace,
    uid,
    deleting: deletionTimestamp !== undefined,
    paused: spec.paused === true || Object.hasOwn(annotations, PAUSED),
    topology: spec.topology?.classRef?.name ?? spec.topology?.class ?? null,
    controlPlane: spec.controlPlaneRef?.name ?? null,
    controlPlaneKind: spec.controlPlaneRef?.kind ?? null,
    conditions: conditionsOf(object),
  };
}

const Retries = z.object({
  maxRetry: z.number().nullish(),
  retryPeriod: z.string().nullish(),
  retryPeriodSeconds: z.number().nullish(),
  minHealthyPeriod: z.string().nullish(),
  minHealthyPeriodSeconds: z.number().nullish(),
});
const External = z.object({ endpoints: z.array(z.string()).default([]) });
const ControlPlane = z.object({
  spec: z
    .object({
      replicas: z.number().default(1),
      version: z.string().default(''),
      remediationStrategy: Retries.nullish(),
      remediation: Retries.nullish(),
      kubeadmConfigSpec: z
        .object({
          clusterConfiguration: z.object({ etcd: z.object({ external: External.nullish() }).nullish() }).nullish(),
        })
        .nullish(),
    })
    .prefault({}),
  status: z
    .object({
      replicas: z.number().nullish(),
      initialized: z.boolean().nullish(),
      initialization: z.object({ controlPlaneInitialized: z.boolean().nullish() }).nullish(),
      observedGeneration: z.number().nullish(),
    })
    .prefault({}),
});

const HOUR_MS = 3_600_000;

/** Reads a KubeadmControlPlane of either version. @throws ZodError when the object has not the shape of one. */
export function readControlPlane(object: KubernetesObject): CapiControlPlane {
  const { spec, status } = ControlPlane.parse(object);
  const { name, namespace = '', uid, annotations = {}, generation, deletionTimestamp } = object.metadata;
  const retries = spec.remediation ?? spec.remediationStrategy ?? {};
  const external = spec.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external ?? null;
  return {
    apiVersion: object.apiVersion,
    namespace,
    name,
    uid,
    paused: Object.hasOwn(annotations, PAUSED),
    deleting: deletionTimestamp !== undefined,
    replicas: spec.replicas,
    statusReplicas: status.replicas ?? null,
    version: spec.version,
    initialized: status.initialization?.controlPlaneInitialized ?? status.initialized ?? false,
    observed: generation === undefined || (status.observedGeneration ?? generation) >= generation,
    externalEtcd: external !== null,
    externalEndpoints: external?.endpoints ?? [],
    inProgress: annotations[REMEDIATION_IN_PROGRESS] ?? null,
    maxRetry: retries.maxRetry ?? null,
    retryPeriodMs: periodMs(retries.retryPeriodSeconds, retries.retryPeriod, 0),
    minHealthyMs: periodMs(retries.minHealthyPeriodSeconds, retries.minHealthyPeriod, HOUR_MS),
    conditions: conditionsOf(object),
  };
}

function periodMs(seconds: number | null | undefined, text: string | null | undefined, otherwise: number): number {
  if (seconds !== null && seconds !== undefined) return seconds * 1000;
  return text === null || text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
}
