import { isEmptySelector, type LabelSelector, selects } from '../kubernetes/label-selector.ts';
import { type Budget, type DrainNode, type DrainPod, type DrainView, podName, type Workload } from './view.ts';

/** Budgets of a namespace: by the label that they ask for, and those that ask for none in particular. */
interface Shelf {
  readonly byLabel: ReadonlyMap<string, readonly Selecting[]>;
  readonly others: readonly Selecting[];
}

interface Selecting {
  readonly budget: Budget;
  readonly selector: LabelSelector;
}

/** A view, sorted once so that no look goes through all pods for each budget. */
interface Coverage {
  readonly nodes: ReadonlyMap<string, DrainNode>;
  readonly pods: ReadonlyMap<string, readonly DrainPod[]>;
  readonly podsByUid: ReadonlyMap<string, DrainPod>;
  readonly shelves: ReadonlyMap<string, Shelf>;
  readonly over: Map<string, readonly Budget[]>;
  readonly under: Map<string, readonly DrainPod[]>;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly daemonSets: ReadonlySet<string>;
}

/** A view never changes, so what follows from it is worked out once. */
const known = new WeakMap<DrainView, Coverage>();

function coverageOf(view: DrainView): Coverage {
  const found = known.get(view);
  if (found !== undefined) return found;
  const coverage: Coverage = {
    nodes: new Map(view.nodes.map((node) => [node.name, node])),
    pods: Map.groupBy(view.pods, ({ node }) => node),
    podsByUid: new Map(view.pods.map((pod) => [pod.uid, pod])),
    shelves: shelve(view.budgets ?? []),
    over: new Map(),
    under: new Map(),
    workloads: new Map(view.workloads.map((workload) => [workload.uid, workload])),
    daemonSets: new Set(view.workloads.filter(({ kind }) => kind === 'DaemonSet').map(podName)),
  };
  known.set(view, coverage);
  return coverage;
}

function shelve(budgets: readonly Budget[]): ReadonlyMap<string, Shelf> {
  const selecting = budgets.flatMap((budget) => {
    const { selector } = budget;
    return selector === null || isEmptySelector(selector) ? [] : [{ budget, selector }];
  });
  const shelves = new Map<string, Shelf>();
  for (const [namespace, of] of Map.groupBy(selecting, ({ budget }) => budget.namespace)) {
    const byLabel = Map.groupBy(of, ({ selector }) => Object.entries(selector.matchLabels)[0]?.join('=') ?? '');
    const others = byLabel.get('') ?? [];
    shelves.set(namespace, { byLabel, others });
  }
  return shelves;
}

/** The node of this name; `null`: there is none. */
export function nodeNamed(view: DrainView, name: string): DrainNode | null {
  return coverageOf(view).nodes.get(name) ?? null;
}

/** Pods that are bound to a node of this name, whatever their state. */
export function podsOn(view: DrainView, node: string): readonly DrainPod[] {
  return coverageOf(view).pods.get(node) ?? [];
}

/** The pod with this uid; `null`: there is none any more. */
export function podOf(view: DrainView, uid: string): DrainPod | null {
  return coverageOf(view).podsByUid.get(uid) ?? null;
}

/** Whether there is a DaemonSet of this name. */
export function hasDaemonSet(view: DrainView, namespace: string, name: string): boolean {
  return coverageOf(view).daemonSets.has(podName({ namespace, name }));
}

/** The object that makes pods, with this uid; `null`: it is not among those that were listed. */
export function workloadOf(view: DrainView, uid: string): Workload | null {
  return coverageOf(view).workloads.get(uid) ?? null;
}

/**
 * The budgets that an eviction of this pod would be checked against; none where budgets could not be listed (`view.budgets` null).
 *
 * Source: kube-apiserver pkg/registry/core/pod/storage/eviction.go: one without a selector, or with an empty one, protects nothing.
 */
export function budgetsOver(view: DrainView, pod: DrainPod): readonly Budget[] {
  const { shelves, over } = coverageOf(view);
  const found = over.get(pod.uid);
  if (found !== undefined) return found;
  const shelf = shelves.get(pod.namespace);
  const budgets = shelf === undefined ? [] : takeDown(shelf, pod);
  over.set(pod.uid, budgets);
  return budgets;
}

function takeDown({ byLabel, others }: Shelf, { labels }: DrainPod): readonly Budget[] {
  const near = Object.entries(labels).flatMap(([key, value]) => byLabel.get(`${key}=${value}`) ?? []);
  return [...near, ...others].filter(({ selector }) => selects(selector, labels)).map(({ budget }) => budget);
}

/** The pods that a budget selects, of all nodes. */
export function podsUnder(view: DrainView, budget: Budget): readonly DrainPod[] {
  const { under } = coverageOf(view);
  if (under.size === 0) for (const [uid, pods] of sortedByBudget(view)) under.set(uid, pods);
  return under.get(budget.uid) ?? [];
}

function sortedByBudget(view: DrainView): ReadonlyMap<string, readonly DrainPod[]> {
  const pairs = view.pods.flatMap((pod) => budgetsOver(view, pod).map(({ uid }) => ({ uid, pod })));
  return new Map([...Map.groupBy(pairs, ({ uid }) => uid)].map(([uid, of]) => [uid, of.map(({ pod }) => pod)]));
}
