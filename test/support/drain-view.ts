import type { Budget, DrainNode, DrainPod, DrainView, Workload } from '../../src/core/drain/view.ts';
import type { LabelSelector } from '../../src/core/kubernetes/label-selector.ts';

/** Begin of every sample, ms. */
export const SAMPLE_MS = 1_795_000_000_000;
/** The same as the API server writes it. */
export const SAMPLE_AT = serverTime(SAMPLE_MS);

/** A time as the API server writes it: whole seconds. */
export function serverTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** A node that is ready and cordoned, unless said otherwise. */
export function nodeOf(name: string, over: Partial<DrainNode> = {}): DrainNode {
  return {
    name,
    uid: `uid-${name}`,
    roles: [],
    kubeletVersion: 'v1.30.6',
    ready: 'yes',
    readySince: null,
    why: '',
    cordoned: true,
    pressures: [],
    providerId: '',
    labels: {},
    annotations: {},
    resourceVersion: '1',
    zone: null,
    taints: [],
    cordonedBy: null,
    deletedAt: null,
    ...over,
  };
}

/** A pod that runs and is ready, of a ReplicaSet of its app (the part of its name before the last hyphen). */
export function podOn(node: string, name: string, over: Partial<DrainPod> = {}): DrainPod {
  const app = name.replace(/-[^-]*$/, '');
  return {
    namespace: 'web',
    name,
    uid: `uid-${name}`,
    labels: { app },
    node,
    phase: 'Running',
    ready: true,
    trouble: '',
    createdAt: serverTime(SAMPLE_MS - 3_600_000),
    deletedAt: null,
    graceSeconds: 30,
    finalizers: [],
    owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-rs`, uid: `uid-rs-${app}` },
    mirror: false,
    emptyDirs: [],
    claims: [],
    hostPaths: [],
    unprobed: false,
    placement: {},
    ...over,
  };
}

/** A budget over the pods of an app that allows so many disruptions now; all of its figures are fresh. */
export function budgetOf(app: string, allowed: number, over: Partial<Budget> = {}): Budget {
  return {
    namespace: 'web',
    name: app,
    uid: `uid-budget-${app}`,
    generation: 1,
    selector: selectorOf({ app }),
    minAvailable: 8,
    maxUnavailable: null,
    unhealthyPolicy: 'IfHealthyBudget',
    observedGeneration: 1,
    disruptionsAllowed: allowed,
    currentHealthy: 8 + allowed,
    desiredHealthy: 8,
    expectedPods: 10,
    disruptedPods: [],
    syncFailed: null,
    ...over,
  };
}

/** A selector of equal labels. */
export function selectorOf(matchLabels: Readonly<Record<string, string>>): LabelSelector {
  return { matchLabels: { ...matchLabels }, matchExpressions: [] };
}

/** A Deployment and its ReplicaSet, as {@link podOn} names them. */
export function deployment(app: string, replicas = 10): readonly Workload[] {
  const of = { apiVersion: 'apps/v1', namespace: 'web', replicas, ready: replicas };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: app, uid: `uid-${app}` };
  return [
    { ...of, kind: 'Deployment', name: app, uid: `uid-${app}`, owner: null },
    { ...of, kind: 'ReplicaSet', name: `${app}-rs`, uid: `uid-rs-${app}`, owner },
  ];
}

/** A DaemonSet, as an owner and as an object. */
export function daemonSet(name: string): {
  readonly owner: NonNullable<DrainPod['owner']>;
  readonly workload: Workload;
} {
  const of = { apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid: `uid-${name}` };
  return { owner: of, workload: { ...of, namespace: 'web', owner: null, replicas: 3, ready: 3 } };
}

/** A look at a cluster. */
export function viewOf(over: Partial<DrainView> = {}): DrainView {
  return { nodes: [], pods: [], budgets: [], workloads: [], ...over };
}
