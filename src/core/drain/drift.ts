import { bears } from '../node-groups/node-mark.ts';
import { asksNoBudget } from './budget-standing.ts';
import { budgetsOver, nodeNamed } from './coverage.ts';
import { type DrainFacts, howOf, type Leaving, leavingOf, specWords } from './facts.ts';
import { rootOwner } from './owners.ts';
import { type Budget, type DrainView, podName } from './view.ts';

/**
 * What is no longer as it was approved, in words without a period; empty: nothing.
 *
 * @param begun the drain has sent something: nodes that vanish or appear, and budgets that people change, are told of then and end nothing: a
 *   wider budget is how a blocked drain goes on, and half-drained nodes are no better for a new one. Where budgets are passed over, a new
 *   one is drift at any time.
 */
export function driftOf(
  facts: DrainFacts,
  view: DrainView,
  nowMs: number,
  { begun }: { readonly begun: boolean },
): readonly string[] {
  const there = facts.nodes.filter(({ name, uid }) => nodeNamed(view, name)?.uid === uid);
  const gone = facts.nodes.filter((node) => !there.includes(node)).map(({ name }) => goneWords(view, name));
  const leaving = there.flatMap(({ name }) => leavingOf(view, name, facts.consents, nowMs));
  const strict = !begun || facts.consents.ignoreBudgets;
  return [
    ...(begun ? [] : [...gone, ...newNodes(view, facts).map(newNodeWords)]),
    ...new Set(leaving.flatMap((each) => podDrift(facts, view, each))),
    ...(strict ? budgetDrift(facts, view, leaving) : []),
  ];
}

function goneWords(view: DrainView, name: string): string {
  return nodeNamed(view, name) === null ? `node ${name} is no longer there` : `node ${name} is another machine now`;
}

/** A node that fits what was chosen and is not among the approved ones. */
export interface NewNode {
  readonly name: string;
  /** What it fits, as typed: `nodegroup/md-0`. */
  readonly fits: string;
}

/** Nodes that appeared since and fit what was chosen, by name. Nothing of a plan touches them. */
export function newNodes(view: DrainView, { nodes, chosen }: Pick<DrainFacts, 'nodes' | 'chosen'>): readonly NewNode[] {
  const known = new Set(nodes.map(({ uid }) => uid));
  const others = chosen.length === 0 ? [] : view.nodes.filter(({ uid }) => !known.has(uid));
  const found = others.flatMap((node) => {
    const choice = chosen.find(({ mark }) => bears(node, mark));
    return choice === undefined ? [] : [{ name: node.name, fits: choice.words }];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A new node, without a period: `node worker-9 is new and fits nodegroup/md-0`. */
export function newNodeWords({ name, fits }: NewNode): string {
  return `node ${name} is new and fits ${fits}`;
}

function podDrift(facts: DrainFacts, view: DrainView, leaving: Leaving): readonly string[] {
  const { pod, of } = leaving;
  const at = `on node ${pod.node}`;
  if (of.kind === 'refuse') return [`pod ${podName(pod)} ${at} may not go: ${REFUSAL_WORDS[of.why]}`];
  const root = rootOwner(view, pod);
  const approved =
    root === null ? facts.pods.find(({ uid }) => uid === pod.uid) : facts.owners.find(({ uid }) => uid === root.uid);
  const what = root === null ? `pod ${podName(pod)}` : `${root.kind} ${pod.namespace}/${root.name}`;
  if (approved === undefined) return [`${what} runs ${at} and was not part of the plan`];
  return approved.how === 'evict' && howOf(leaving) === 'evict-with-data' ? [`${what} keeps data ${at} now`] : [];
}

/** Why a pod may not go without a consent. */
export const REFUSAL_WORDS = {
  'local-storage': 'its emptyDir data would be lost',
  unmanaged: 'nobody makes it anew',
  'daemon-set-missing': 'its DaemonSet is gone',
} as const;

function budgetDrift(facts: DrainFacts, view: DrainView, leaving: readonly Leaving[]): readonly string[] {
  if (view.budgets === null || facts.budgets === null) return [];
  const all = new Set(view.budgets.map(({ uid }) => uid));
  const removed = facts.budgets.filter(({ uid }) => !all.has(uid));
  const over = new Set(leaving.filter(({ pod }) => !asksNoBudget(pod)).flatMap(({ pod }) => budgetsOver(view, pod)));
  return [...removed.map((budget) => `budget ${podName(budget)} is gone`), ...changed(facts, [...over])];
}

function changed({ budgets }: DrainFacts, over: readonly Budget[]): readonly string[] {
  return over.flatMap((budget) => {
    const approved = (budgets ?? []).find(({ uid }) => uid === budget.uid);
    if (approved === undefined) return [`budget ${podName(budget)} is new`];
    const spec = specWords(budget);
    return approved.spec === spec
      ? []
      : [`budget ${podName(budget)} was changed: ${approved.spec} before, ${spec} now`];
  });
}

/** What people changed of the approved budgets since, in words without a period. */
export function budgetChanges(facts: DrainFacts, view: DrainView): readonly string[] {
  if (view.budgets === null || facts.budgets === null) return [];
  const known = new Set(facts.budgets.map(({ uid }) => uid));
  const all = new Set(view.budgets.map(({ uid }) => uid));
  return [
    ...facts.budgets.filter(({ uid }) => !all.has(uid)).map((budget) => `budget ${podName(budget)} is gone`),
    ...changed(
      facts,
      view.budgets.filter(({ uid }) => known.has(uid)),
    ),
  ];
}
