import { isFinishedPhase } from './read-objects.ts';
import type { Budget, DrainPod } from './view.ts';

/** More disrupted pods that the disruption controller has not seen: the API server trusts the budget no more. */
const MOST_DISRUPTED = 2_000;

/**
 * What an eviction costs under a budget. `none`: no budget is asked, the pod serves nobody. `free`: it is not ready, so it may go and
 * is not counted. `one`: one of the disruptions that are allowed.
 *
 * Source: kube-apiserver pkg/registry/core/pod/storage/eviction.go, `canIgnorePDB` and the rules for pods that are not ready.
 */
export function costOf(pod: DrainPod, budget: Budget): 'none' | 'free' | 'one' {
  if (asksNoBudget(pod)) return 'none';
  if (pod.ready) return 'one';
  if (budget.unhealthyPolicy === 'AlwaysAllow') return 'free';
  return budget.desiredHealthy > 0 && budget.currentHealthy >= budget.desiredHealthy ? 'free' : 'one';
}

/** Whether an eviction of the pod is checked against no budget at all: it waits for its start, has ended, or goes already. */
export function asksNoBudget({ phase, deletedAt }: DrainPod): boolean {
  return deletedAt !== null || phase === 'Pending' || isFinishedPhase(phase);
}

/** Where a budget stands, for pods that cost one. */
export type Standing =
  | { readonly kind: 'open'; readonly allowed: number }
  /** It was changed, and nobody has counted since. Passes within seconds. */
  | { readonly kind: 'uncounted' }
  /** Nothing is allowed at the moment: too few of its pods are healthy, or just enough. */
  | { readonly kind: 'spent' }
  /** It allows nothing even when all of its pods are healthy. */
  | { readonly kind: 'never'; readonly why: Never }
  /** Its figures are out of order: nothing is let go until the disruption controller puts them right. */
  | { readonly kind: 'broken'; readonly why: string };

/** Why a budget never allows anything. `all-needed`: as many healthy pods are needed as there are to be. */
export type Never = 'none-unavailable' | 'all-needed' | 'uncountable';

/**
 * Where a budget stands.
 *
 * Source: kube-apiserver `checkAndDecrement`, and kube-controller-manager pkg/controller/disruption `getExpectedPodCount`: the replicas of
 * pods without a controller cannot be counted, so `maxUnavailable` and shares allow nothing over them.
 */
export function standingOf(budget: Budget): Standing {
  const { disruptionsAllowed, syncFailed } = budget;
  if (budget.observedGeneration < budget.generation) return { kind: 'uncounted' };
  if (disruptionsAllowed < 0) return { kind: 'broken', why: 'it allows less than nothing' };
  if (budget.disruptedPods.length > MOST_DISRUPTED)
    return { kind: 'broken', why: 'too many evictions are not counted' };
  if (disruptionsAllowed > 0) return { kind: 'open', allowed: disruptionsAllowed };
  if (syncFailed !== null)
    return { kind: 'broken', why: syncFailed === '' ? 'its pods cannot be counted' : syncFailed };
  const why = neverOf(budget);
  return why === null ? { kind: 'spent' } : { kind: 'never', why };
}

function neverOf({ minAvailable, maxUnavailable, expectedPods, desiredHealthy, currentHealthy }: Budget): Never | null {
  if (maxUnavailable === 0 || maxUnavailable === '0%') return 'none-unavailable';
  if (minAvailable === '100%') return 'all-needed';
  const counted = maxUnavailable !== null || typeof minAvailable === 'string';
  if (expectedPods === 0 && counted) return currentHealthy > 0 ? 'uncountable' : null;
  return expectedPods > 0 && desiredHealthy >= expectedPods ? 'all-needed' : null;
}

/** What a budget wants, in words: `minAvailable 8`, `maxUnavailable 10%`. */
export function wantsInWords({ minAvailable, maxUnavailable }: Budget): string {
  if (maxUnavailable !== null) return `maxUnavailable ${maxUnavailable}`;
  return minAvailable === null ? 'nothing' : `minAvailable ${minAvailable}`;
}
