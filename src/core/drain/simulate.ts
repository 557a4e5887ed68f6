import { isEmptySelector } from '../kubernetes/label-selector.ts';
import { costOf, standingOf } from './budget-standing.ts';
import { budgetsOver } from './coverage.ts';
import { leavingOf } from './facts.ts';
import { belongsTo, rootWorkload } from './owners.ts';
import { mayRunOn } from './placement.ts';
import type { Budget, DrainConsents, DrainPod, DrainView, Workload } from './view.ts';

/** What a drain of these nodes would run into, as far as one look can tell. Nothing of it asks the server. */
export type Finding =
  /** It lets none of these pods go: never (`for-good`), or not as things are now. */
  | { readonly kind: 'shut'; readonly budget: Budget; readonly pods: readonly DrainPod[]; readonly forGood: boolean }
  /** It was changed just now; nobody has counted since. */
  | { readonly kind: 'uncounted'; readonly budget: Budget }
  /** Several budgets select the pod: it is never evicted. */
  | { readonly kind: 'torn'; readonly pod: DrainPod; readonly budgets: readonly Budget[] }
  /** It lets fewer go at once than are on these nodes: they go in turns. */
  | { readonly kind: 'short'; readonly budget: Budget; readonly pods: number; readonly allowed: number }
  /** No other node that is ready, and not cordoned, may take these pods of one owner. */
  | { readonly kind: 'nowhere'; readonly owner: string; readonly pods: readonly DrainPod[] }
  /** No budget keeps it: all its ready pods are on these nodes and may be away at once. */
  | { readonly kind: 'unguarded'; readonly workload: Workload; readonly pods: number };

/** Adds up over the whole batch what a dry run of one eviction after another does not. */
export function simulate(
  view: DrainView,
  nodes: readonly string[],
  { consents, comeBack }: { readonly consents: DrainConsents; readonly comeBack: boolean },
  nowMs: number,
): readonly Finding[] {
  const leaving = nodes.flatMap((node) => leavingOf(view, node, consents, nowMs).map(({ pod }) => pod));
  return [
    ...budgetFindings(view, leaving),
    ...placeFindings(view, comeBack ? [] : nodes, leaving),
    ...unguarded(view, nodes, leaving),
  ];
}

function budgetFindings(view: DrainView, leaving: readonly DrainPod[]): readonly Finding[] {
  const torn: Finding[] = [];
  const counted = new Map<Budget, DrainPod[]>();
  for (const pod of leaving) {
    const budgets = budgetsOver(view, pod);
    const [budget] = budgets;
    if (budget === undefined || costOf(pod, budget) === 'none') continue;
    if (budgets.length > 1) torn.push({ kind: 'torn', pod, budgets });
    else if (costOf(pod, budget) === 'one') counted.set(budget, [...(counted.get(budget) ?? []), pod]);
  }
  return [...torn, ...[...counted].flatMap(([budget, pods]) => findingOf(budget, pods))];
}

function findingOf(budget: Budget, pods: readonly DrainPod[]): readonly Finding[] {
  const standing = standingOf(budget);
  switch (standing.kind) {
    case 'open':
      return standing.allowed < pods.length
        ? [{ kind: 'short', budget, pods: pods.length, allowed: standing.allowed }]
        : [];
    case 'uncounted':
      return [{ kind: 'uncounted', budget }];
    case 'spent':
      return [{ kind: 'shut', budget, pods, forGood: false }];
    case 'never':
    case 'broken':
      return [{ kind: 'shut', budget, pods, forGood: true }];
  }
}

/** Room is not counted here: only whether any node may take the pod at all, when its own and these others are away. */
function placeFindings(view: DrainView, nodes: readonly string[], leaving: readonly DrainPod[]): readonly Finding[] {
  const going = new Set(nodes);
  const others = view.nodes.filter(({ name, ready, cordoned }) => ready === 'yes' && !cordoned && !going.has(name));
  const stranded = leaving.filter(({ owner, placement, node: own }) => {
    return owner !== null && !others.some((node) => node.name !== own && mayRunOn(placement, node));
  });
  const byOwner = Map.groupBy(stranded, (pod) => belongsTo(view, pod));
  return [...byOwner].map(([owner, pods]) => ({ kind: 'nowhere', owner, pods }));
}

function unguarded(view: DrainView, nodes: readonly string[], leaving: readonly DrainPod[]): readonly Finding[] {
  const going = new Set(nodes);
  const bare = leaving.filter((pod) => pod.ready && budgetsOver(view, pod).length === 0);
  const pairs = bare.flatMap((pod) => {
    const workload = rootWorkload(view, pod);
    return workload === null || (workload.replicas ?? 0) < 2 ? [] : [{ workload, pod }];
  });
  const found = [...Map.groupBy(pairs, ({ workload }) => workload)];
  return found.flatMap(([workload, of]) => {
    const ready = workload.ready ?? 0;
    return of.length >= ready && of.every(({ pod }) => going.has(pod.node))
      ? [{ kind: 'unguarded' as const, workload, pods: of.length }]
      : [];
  });
}

/** Budgets of these namespaces whose empty selector protects nothing from evictions, whatever their authors meant. */
export function idleBudgets(view: DrainView, pods: readonly DrainPod[]): readonly Budget[] {
  const namespaces = new Set(pods.map(({ namespace }) => namespace));
  return (view.budgets ?? []).filter(({ selector, namespace }) => {
    return namespaces.has(namespace) && (selector === null || isEmptySelector(selector));
  });
}
