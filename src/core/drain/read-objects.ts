import { z } from 'zod';
import { LabelSelector } from '../kubernetes/label-selector.ts';
import { readNode } from '../kubernetes/node.ts';
import { readPod, troubleOf } from '../kubernetes/pod.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';
import { Placement, Taint } from './placement.ts';
import { type Budget, CORDONED_BY, type DrainNode, type DrainPod, type Owner, type Workload } from './view.ts';

const ZONES = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'] as const;
const MIRROR = 'kubernetes.io/config.mirror';
/** Seconds, where neither pod nor deletion says: the API server's default. */
const DEFAULT_GRACE = 30;

/** A list that may be missing. */
function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

/** A number that may be missing. */
function countOf(otherwise: number) {
  return z
    .number()
    .nullish()
    .transform((count) => count ?? otherwise);
}

const NodeSpec = z.object({ taints: listOf(Taint) }).prefault({});

/** Reads a node. @throws ZodError when the object has not the shape of one. */
export function readDrainNode(object: KubernetesObject): DrainNode {
  const node = readNode(object);
  const { taints } = NodeSpec.parse(object['spec'] ?? {});
  const { resourceVersion, deletionTimestamp } = object.metadata;
  return {
    ...node,
    resourceVersion,
    taints,
    zone: ZONES.map((label) => node.labels[label]).find((zone) => zone !== undefined && zone !== '') ?? null,
    cordonedBy: node.annotations[CORDONED_BY] ?? null,
    deletedAt: deletionTimestamp ?? null,
  };
}

const Volume = z.object({
  name: z.string(),
  emptyDir: z.unknown().optional(),
  hostPath: z.object({ path: z.string() }).nullish(),
  persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
  ephemeral: z.unknown().optional(),
});
const PodSpec = Placement.extend({
  terminationGracePeriodSeconds: countOf(DEFAULT_GRACE),
  volumes: listOf(Volume),
  containers: listOf(z.object({ readinessProbe: z.unknown().optional() })),
});
const PodConditions = z.object({ conditions: listOf(z.object({ type: z.string(), status: z.string() })) }).prefault({});

/** Reads a pod. @throws ZodError when the object has not the shape of one. */
export function readDrainPod(object: KubernetesObject): DrainPod {
  const pod = readPod(object);
  const { terminationGracePeriodSeconds, volumes, containers, ...placement } = PodSpec.parse(object['spec'] ?? {});
  const { conditions } = PodConditions.parse(object['status'] ?? {});
  const { metadata } = object;
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return {
    namespace: pod.namespace,
    name: pod.name,
    uid: pod.uid,
    labels: pod.labels,
    node: pod.node,
    phase: pod.phase,
    ready,
    trouble: ready || isFinishedPhase(pod.phase) ? '' : withoutSecrets(troubleOf({ ...pod, deletedAt: null })),
    createdAt: metadata.creationTimestamp ?? '',
    deletedAt: pod.deletedAt,
    graceSeconds: countOf(terminationGracePeriodSeconds).parse(metadata['deletionGracePeriodSeconds']),
    finalizers: metadata.finalizers ?? [],
    owner: controllerOf(object),
    mirror: metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, MIRROR),
    emptyDirs: volumes.filter((volume) => isGiven(volume.emptyDir)).map(({ name }) => name),
    claims: volumes.flatMap((volume) => claimOf(volume, pod.name)),
    hostPaths: volumes.flatMap(({ hostPath }) => hostPath?.path ?? []),
    unprobed: containers.every(({ readinessProbe }) => !isGiven(readinessProbe)),
    placement,
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A volume that is made with the pod has a claim of that name. */
function claimOf({ name, persistentVolumeClaim, ephemeral }: z.infer<typeof Volume>, pod: string): readonly string[] {
  if (persistentVolumeClaim !== undefined && persistentVolumeClaim !== null) return [persistentVolumeClaim.claimName];
  return isGiven(ephemeral) ? [`${pod}-${name}`] : [];
}

/** Whether a phase is an end: nothing of the pod runs any more, or will. */
export function isFinishedPhase(phase: string): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Who controls an object; `null`: nobody. Source: apimachinery `metav1.GetControllerOf`. */
export function controllerOf({ metadata }: KubernetesObject): Owner | null {
  const found = (metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (found === undefined) return null;
  const { apiVersion, kind, name, uid } = found;
  return { apiVersion, kind, name, uid };
}

const Amount = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((amount) => amount ?? null);
const BudgetSpec = z
  .object({
    selector: LabelSelector.nullish(),
    minAvailable: Amount,
    maxUnavailable: Amount,
    unhealthyPodEvictionPolicy: z.string().nullish(),
  })
  .prefault({});
const BudgetStatus = z
  .object({
    observedGeneration: countOf(0),
    disruptionsAllowed: countOf(0),
    currentHealthy: countOf(0),
    desiredHealthy: countOf(0),
    expectedPods: countOf(0),
    disruptedPods: z.record(z.string(), z.unknown()).nullish(),
    conditions: listOf(
      z.object({ type: z.string(), status: z.string(), reason: z.string().nullish(), message: z.string().nullish() }),
    ),
  })
  .prefault({});

/** Reads a PodDisruptionBudget of `policy/v1`. @throws ZodError when the object has not the shape of one. */
export function readBudget(object: KubernetesObject): Budget {
  const { selector, minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = BudgetSpec.parse(object['spec'] ?? {});
  const { disruptedPods, conditions, ...counts } = BudgetStatus.parse(object['status'] ?? {});
  const { namespace = '', name, uid, generation = 0 } = object.metadata;
  const failed = conditions.find(({ type, status, reason }) => {
    return type === 'DisruptionAllowed' && status === 'False' && reason === 'SyncFailed';
  });
  return {
    namespace,
    name,
    uid,
    generation,
    selector: selector ?? null,
    minAvailable,
    maxUnavailable,
    unhealthyPolicy: unhealthyPodEvictionPolicy ?? 'IfHealthyBudget',
    ...counts,
    disruptedPods: Object.keys(disruptedPods ?? {}),
    syncFailed: failed === undefined ? null : withoutSecrets(failed.message ?? ''),
  };
}

const Replicas = z.number().nullish();
const WorkloadSpec = z.object({ replicas: Replicas }).prefault({});
const WorkloadStatus = z
  .object({
    replicas: Replicas,
    readyReplicas: Replicas,
    desiredNumberScheduled: Replicas,
    numberReady: Replicas,
  })
  .prefault({});

/** Reads one of the `WORKLOAD_KINDS`. @throws ZodError when the object has not the shape of one. */
export function readWorkload(object: KubernetesObject): Workload {
  const { apiVersion, kind, metadata } = object;
  const { namespace = '', name, uid } = metadata;
  const counts = replicasOf(
    kind,
    WorkloadSpec.parse(object['spec'] ?? {}),
    WorkloadStatus.parse(object['status'] ?? {}),
  );
  return { apiVersion, kind, namespace, name, uid, owner: controllerOf(object), ...counts };
}

function replicasOf(
  kind: string,
  spec: z.infer<typeof WorkloadSpec>,
  status: z.infer<typeof WorkloadStatus>,
): Pick<Workload, 'replicas' | 'ready'> {
  switch (kind) {
    case 'Job':
    case 'CronJob':
      return { replicas: null, ready: null };
    case 'DaemonSet':
      return { replicas: status.desiredNumberScheduled ?? 0, ready: status.numberReady ?? 0 };
    default:
      return { replicas: spec.replicas ?? 1, ready: status.readyReplicas ?? 0 };
  }
}
