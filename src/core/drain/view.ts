import type { LabelSelector, Labels } from '../kubernetes/label-selector.ts';
import type { NodeReading } from '../kubernetes/node.ts';
import type { OwnerReference } from '../ports/kubernetes.ts';
import type { Placement, Taint } from './placement.ts';

/** Who controls an object: the one owner reference with `controller: true`. */
export type Owner = Omit<OwnerReference, 'controller'>;

/** What a drain must know of a node. */
export interface DrainNode extends NodeReading {
  /** For the precondition of a patch. */
  readonly resourceVersion: string;
  /** Value of `topology.kubernetes.io/zone`; `null`: it has none. */
  readonly zone: string | null;
  readonly taints: readonly Taint[];
  /** Run that cordoned it: annotation {@link CORDONED_BY}; `null`: none did. */
  readonly cordonedBy: string | null;
  /** It is being deleted since, ISO; `null`: it is not. */
  readonly deletedAt: string | null;
}

/** Annotation on a node that a run of Drydock cordoned: the id of the run. */
export const CORDONED_BY = 'drydock.dev/cordoned-by';

/** What a drain must know of a pod. */
export interface DrainPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  /** Empty: it has no node yet. */
  readonly node: string;
  readonly phase: string;
  /** Its condition Ready is True: what a budget counts as healthy. */
  readonly ready: boolean;
  /** Why it is not ready, in a few words: `CrashLoopBackOff, 12 restarts`; empty: it is. */
  readonly trouble: string;
  /** When it was made, ISO, by the clock of the API server. */
  readonly createdAt: string;
  /** It is being deleted; ISO. NB it is the time at which its grace period is over, not when the deletion was asked for. `null`: it is not. */
  readonly deletedAt: string | null;
  /** Seconds it may take to end: of its deletion, else of its spec. */
  readonly graceSeconds: number;
  readonly finalizers: readonly string[];
  /** `null`: nobody makes it anew. */
  readonly owner: Owner | null;
  /** A static pod: the kubelet runs it from a file; the API shows its mirror. */
  readonly mirror: boolean;
  /** Names of its emptyDir volumes, those in memory too. */
  readonly emptyDirs: readonly string[];
  /** Names of the claims of its volumes. */
  readonly claims: readonly string[];
  /** Paths of the node that it mounts. */
  readonly hostPaths: readonly string[];
  /** No container has a readiness probe: it counts as healthy as soon as it runs. */
  readonly unprobed: boolean;
  readonly placement: Placement;
}

/** A PodDisruptionBudget. Figures as the disruption controller and the API server wrote them last. */
export interface Budget {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** `null` and an empty one select nothing for evictions. */
  readonly selector: LabelSelector | null;
  /** A number or a share (`10%`); `null`: not set. */
  readonly minAvailable: number | string | null;
  readonly maxUnavailable: number | string | null;
  /** `AlwaysAllow`: a pod that is not ready may always be evicted. */
  readonly unhealthyPolicy: string;
  readonly observedGeneration: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Names of the pods that the API server let go and that have not begun to. */
  readonly disruptedPods: readonly string[];
  /** Why the disruption controller cannot count, in its words; `null`: it can. */
  readonly syncFailed: string | null;
}

/** What makes pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job, CronJob. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: Owner | null;
  /** Replicas that are wanted; `null`: its kind does not say. */
  readonly replicas: number | null;
  /** Replicas that are ready; `null`: its kind does not say. */
  readonly ready: number | null;
}

/** Kinds of which a view lists all objects as `workloads`. */
export const WORKLOAD_KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'v1', kind: 'ReplicationController' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
] as const;

/** One whole look at a cluster: all nodes, and pods and budgets of all namespaces. */
export interface DrainView {
  readonly nodes: readonly DrainNode[];
  readonly pods: readonly DrainPod[];
  /** `null`: they could not be listed. That is not "there are none": nothing is evicted then. */
  readonly budgets: readonly Budget[] | null;
  /** Objects of {@link WORKLOAD_KINDS}. A later look may carry an earlier list on while `ownersUnread` names none. */
  readonly workloads: readonly Workload[];
}

/** What people allowed beside ordinary evictions. */
export const NO_CONSENTS = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false } as const;

/** Consents of a drain, each from a flag of the command. */
export interface DrainConsents {
  /** `--delete-emptydir-data`: pods whose emptyDir volumes are lost may go. */
  readonly deleteEmptyDir: boolean;
  /** `--unmanaged`: pods that nobody makes anew may go. */
  readonly unmanaged: boolean;
  /** `--ignore-budgets`: pods are deleted, which asks no budget. */
  readonly ignoreBudgets: boolean;
  /** `--skip-ending`: pods whose grace period was over longer than this ago are not waited for, ms; absent: all are. */
  readonly skipEndingMs?: number;
}

/** A name for people: `web/nginx-1`. */
export function podName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
