import { z } from 'zod';
import { selectorWords } from '../kubernetes/label-selector.ts';
import { NodeMark } from '../node-groups/node-mark.ts';
import { asksNoBudget, wantsInWords } from './budget-standing.ts';
import { classify, type PodClass } from './classify.ts';
import { budgetsOver, podsOn } from './coverage.ts';
import { rootOwner } from './owners.ts';
import { isFinishedPhase } from './read-objects.ts';
import type { Budget, DrainConsents, DrainPod, DrainView } from './view.ts';

/** Nodes of one run at most. */
export const MOST_NODES = 50;

const Named = z.object({ namespace: z.string(), name: z.string(), uid: z.string() });

/** What chose nodes together. `words`: as typed, `nodegroup/md-0`, `--selector pool=blue`. */
export const Choice = z.object({ words: z.string().min(1), mark: NodeMark });
export type Choice = z.infer<typeof Choice>;

/** What an approval of a drain relies on: identities, specs and consents. Never names of replicas: they come and go by themselves. */
export const DrainFacts = z.object({
  nodes: z.array(z.object({ name: z.string(), uid: z.string() })),
  /** What chose nodes beside names; empty: they were named one by one. */
  chosen: z.array(Choice),
  /** Who owns what is evicted, at the root: Deployment and not ReplicaSet. `how`: what its pods lose. */
  owners: z.array(Named.extend({ kind: z.string(), how: z.enum(['evict', 'evict-with-data']) })),
  /** Pods without an owner, one by one: nobody makes them anew. */
  pods: z.array(Named.extend({ how: z.enum(['evict', 'evict-with-data']) })),
  /** Budgets over what is evicted, with their spec in words; `null`: they were not known. */
  budgets: z.array(Named.extend({ spec: z.string() })).nullable(),
  consents: z.object({
    deleteEmptyDir: z.boolean(),
    unmanaged: z.boolean(),
    ignoreBudgets: z.boolean(),
    skipEndingMs: z.number().int().positive().exactOptional(),
  }),
});
export type DrainFacts = z.infer<typeof DrainFacts>;

/** A pod that an approval speaks of: it serves, and a drain would end it. */
export interface Leaving {
  readonly pod: DrainPod;
  readonly of: Exclude<PodClass, { readonly kind: 'skip' }>;
}

/** Pods of a node that a drain would end, and those that refuse. Not those that have ended or go already. */
export function leavingOf(view: DrainView, node: string, consents: DrainConsents, nowMs: number): readonly Leaving[] {
  return podsOn(view, node).flatMap((pod) => {
    if (pod.deletedAt !== null || isFinishedPhase(pod.phase)) return [];
    const of = classify(pod, { view, consents, nowMs });
    return of.kind === 'skip' ? [] : [{ pod, of }];
  });
}

/** What the pods of an owner, or a pod without one, lose. */
export function howOf({ of }: Leaving): 'evict' | 'evict-with-data' {
  return of.kind === 'evict' && of.losing.includes('local-storage') ? 'evict-with-data' : 'evict';
}

/** A budget's spec in words that change when it does. */
export function specWords(budget: Budget): string {
  const { selector, unhealthyPolicy } = budget;
  return `${wantsInWords(budget)} of ${selector === null ? 'nothing' : selectorWords(selector)}, ${unhealthyPolicy}`;
}

/** What an approval relies on. Sorted, so that the same facts read the same. */
export function factsOf(
  view: DrainView,
  nodes: readonly { readonly name: string; readonly uid: string }[],
  how: { readonly consents: DrainConsents; readonly chosen: readonly Choice[] },
  nowMs: number,
): DrainFacts {
  const leaving = nodes.flatMap(({ name }) => leavingOf(view, name, how.consents, nowMs));
  const owners = leaving.flatMap((each) => {
    const root = rootOwner(view, each.pod);
    const { namespace } = each.pod;
    return root === null ? [] : [{ kind: root.kind, namespace, name: root.name, uid: root.uid, how: howOf(each) }];
  });
  const alone = leaving.filter(({ pod }) => pod.owner === null);
  const budgets = leaving.filter(({ pod }) => !asksNoBudget(pod)).flatMap(({ pod }) => budgetsOver(view, pod));
  return {
    nodes: byName(nodes.map(({ name, uid }) => ({ namespace: '', name, uid }))).map(({ name, uid }) => ({ name, uid })),
    chosen: [...how.chosen],
    owners: byName(oncePerUid(owners)),
    pods: byName(alone.map(podFact)),
    budgets: view.budgets === null ? null : byName(oncePerUid(budgets)).map(budgetFact),
    consents: { ...how.consents },
  };
}

function podFact(leaving: Leaving): DrainFacts['pods'][number] {
  const { namespace, name, uid } = leaving.pod;
  return { namespace, name, uid, how: howOf(leaving) };
}

function budgetFact(budget: Budget): NonNullable<DrainFacts['budgets']>[number] {
  const { namespace, name, uid } = budget;
  return { namespace, name, uid, spec: specWords(budget) };
}

/** One of each uid; the one that loses data stands for the others. */
function oncePerUid<T extends { readonly uid: string; readonly how?: string }>(all: readonly T[]): readonly T[] {
  const kept = new Map<string, T>();
  for (const each of all) if (!kept.has(each.uid) || each.how === 'evict-with-data') kept.set(each.uid, each);
  return [...kept.values()];
}

function byName<T extends { readonly namespace: string; readonly name: string; readonly uid: string }>(
  all: readonly T[],
): T[] {
  const keyOf = ({ namespace, name, uid }: T): string => `${namespace}/${name}/${uid}`;
  return all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
