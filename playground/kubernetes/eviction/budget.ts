import { apiTime, at, fieldsOf, listAt, numberAt, textAt } from '../api/reading.ts';
import { qualified } from '../api/refusals.ts';
import type { ApiObject, Fields, Refusal } from '../contracts.ts';
import { isEmptySelector, selects } from './label-selecting.ts';

/** More disrupted pods than this that the controller has not seen yet: no budget is trusted any more. */
const MOST_DISRUPTED = 2_000;

/** Whether a pod goes without a look at budgets: it does not serve, or goes already. */
export function needsNoBudget(pod: ApiObject): boolean {
  return isPending(pod) || hasEnded(pod);
}

/** Whether it cannot begin to serve any more. */
export function hasEnded(pod: ApiObject): boolean {
  return (
    ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')) ||
    textAt(pod, 'metadata', 'deletionTimestamp') !== ''
  );
}

function isPending(pod: ApiObject): boolean {
  return textAt(pod, 'status', 'phase') === 'Pending';
}

/** Whether its condition Ready is True: what a budget counts as healthy. */
export function isReady(pod: unknown): boolean {
  return conditionOf(pod, 'Ready') === 'True';
}

/** The status of a condition; empty: it has none. */
export function conditionOf(object: unknown, type: string): string {
  const found = listAt(object, 'status', 'conditions').find((each) => textAt(each, 'type') === type);
  return textAt(found, 'status');
}

/** The budgets whose selector fits a pod. One that selects everything protects nothing from eviction. */
export function budgetsFor(pod: ApiObject, budgets: readonly ApiObject[]): readonly ApiObject[] {
  const labels = at(pod, 'metadata', 'labels');
  return budgets.filter((budget) => {
    const selector = at(budget, 'spec', 'selector');
    return !isEmptySelector(selector) && selects(selector, labels);
  });
}

/** Whether a pod that is not ready may go whatever the budget still allows: it counts for nothing. */
export function countsForNothing(pod: ApiObject, budget: ApiObject): boolean {
  if (isReady(pod)) return false;
  if (textAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const { healthy, desired } = countsOf(budget);
  return healthy >= desired && desired > 0;
}

/** The budget after one pod more was disrupted, or why none may be. */
export type Spent =
  | { readonly ok: true; readonly budget: ApiObject }
  | { readonly ok: false; readonly refusal: Refusal };

/** Takes one disruption from a budget, and notes the pod in it. `now`: milliseconds since 1970. */
export function spent(budget: ApiObject, podName: string, now: number): Spent {
  const status = fieldsOf(budget['status']);
  const { allowed } = countsOf(budget);
  const disrupted = fieldsOf(status['disruptedPods']);
  if ((numberAt(status, 'observedGeneration') ?? 0) < (numberAt(budget, 'metadata', 'generation') ?? 0))
    return { ok: false, refusal: stillProcessed(nameOf(budget)) };
  if (allowed < 0) return { ok: false, refusal: outOfOrder(budget, 'pdb disruptions allowed is negative') };
  if (Object.keys(disrupted).length > MOST_DISRUPTED) return { ok: false, refusal: outOfOrder(budget, TOO_MANY) };
  if (allowed === 0) return { ok: false, refusal: exhausted(budget) };
  const next = {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...disrupted, [podName]: apiTime(new Date(now)) },
    ...(allowed === 1 ? { conditions: withDisruptionAllowed(budget, 0, now) } : {}),
  };
  return { ok: true, budget: { ...budget, status: next } };
}

const TOO_MANY = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';

/** The conditions of a budget that allows so many disruptions. */
export function withDisruptionAllowed(budget: ApiObject, allowed: number, now: number): readonly Fields[] {
  return withCondition(budget, {
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    now,
  });
}

/** The conditions of a budget, with this one for `DisruptionAllowed`. */
export function withCondition(
  budget: ApiObject,
  said: { readonly status: string; readonly reason: string; readonly message: string; readonly now: number },
): readonly Fields[] {
  const type = 'DisruptionAllowed';
  const present = listAt(budget, 'status', 'conditions').map(fieldsOf);
  const before = present.find((each) => each['type'] === type);
  const { status, reason, message, now } = said;
  const observedGeneration = numberAt(budget, 'status', 'observedGeneration') ?? 0;
  const lastTransitionTime = before?.['status'] === status ? before['lastTransitionTime'] : apiTime(new Date(now));
  const next = {
    type,
    status,
    ...(observedGeneration === 0 ? {} : { observedGeneration }),
    lastTransitionTime,
    reason,
    message,
  };
  return before === undefined ? [...present, next] : present.map((each) => (each === before ? next : each));
}

function countsOf(budget: ApiObject): { readonly healthy: number; readonly desired: number; readonly allowed: number } {
  return {
    healthy: numberAt(budget, 'status', 'currentHealthy') ?? 0,
    desired: numberAt(budget, 'status', 'desiredHealthy') ?? 0,
    allowed: numberAt(budget, 'status', 'disruptionsAllowed') ?? 0,
  };
}

function nameOf(budget: ApiObject): string {
  return textAt(budget, 'metadata', 'name');
}

const VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget.";

/** 429 while the controller has not looked at the budget, or the pod changed under the decision. */
export function stillProcessed(name: string): Refusal {
  return {
    ...tooMany(`The disruption budget ${name} is still being processed by the server.`),
    retryAfterSeconds: 10,
  };
}

function exhausted(budget: ApiObject): Refusal {
  const name = nameOf(budget);
  const condition = listAt(budget, 'status', 'conditions').find((each) => textAt(each, 'type') === 'DisruptionAllowed');
  const { healthy, desired } = countsOf(budget);
  if (textAt(condition, 'status') === 'False' && textAt(condition, 'reason') === 'SyncFailed') {
    const why = `because it failed sync: ${textAt(condition, 'message')}`;
    return tooMany(`The disruption budget ${name} does not allow evicting pods currently ${why}`);
  }
  if (healthy <= desired)
    return tooMany(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`);
  return tooMany(`The disruption budget ${name} does not allow evicting pods currently`);
}

function tooMany(message: string): Refusal {
  const causes = [{ reason: 'DisruptionBudget', message, field: '' }];
  return { status: 429, reason: 'TooManyRequests', message: VIOLATES, causes };
}

function outOfOrder(budget: ApiObject, why: string): Refusal {
  const name = nameOf(budget);
  const message = `${qualified('poddisruptionbudget', 'policy')} "${name}" is forbidden: ${why}`;
  return { status: 403, reason: 'Forbidden', message, details: { name, group: 'policy', kind: 'poddisruptionbudget' } };
}
