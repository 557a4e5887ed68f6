import { costOf, standingOf } from './budget-standing.ts';
import { budgetsOver, podOf } from './coverage.ts';
import type { Asked, Cursor } from './cursor.ts';
import type { Budget, DrainPod, DrainView } from './view.ts';

/** What the budgets of one look still let go, while evictions of that look are chosen. */
export interface Allowances {
  /**
   * Whether the pod may be asked to go now, and takes what it costs. `budget`: which one it counted against. `blocked`: by this one; by
   * `null`: by several at once, which never passes.
   */
  take(
    pod: DrainPod,
  ):
    | { readonly kind: 'free'; readonly budget: Budget | null }
    | { readonly kind: 'blocked'; readonly by: Budget | null };
}

/**
 * Counts as the API server does, less what was sent and not counted yet: evictions whose pod neither goes nor stands among the disrupted
 * pods of its budget.
 */
export function allowancesOf(view: DrainView, cursor: Cursor, nowMs: number): Allowances {
  const spent = new Map<string, number>();
  const use = (budget: Budget): void => {
    spent.set(budget.uid, (spent.get(budget.uid) ?? 0) + 1);
  };
  for (const asked of cursor.asked) {
    const pod = isUnderWay(asked, nowMs) ? podOf(view, asked.uid) : null;
    const [budget] = pod === null ? [] : budgetsOver(view, pod);
    if (pod === null || budget === undefined || costOf(pod, budget) !== 'one') continue;
    if (!budget.disruptedPods.includes(pod.name)) use(budget);
  }
  return {
    take: (pod) => {
      const over = budgetsOver(view, pod);
      const [budget] = over;
      if (budget === undefined || costOf(pod, budget) === 'none') return { kind: 'free', budget: null };
      if (over.length > 1) return { kind: 'blocked', by: null };
      if (costOf(pod, budget) === 'free') return { kind: 'free', budget };
      const standing = standingOf(budget);
      if (standing.kind !== 'open' || standing.allowed <= (spent.get(budget.uid) ?? 0)) {
        return { kind: 'blocked', by: budget };
      }
      use(budget);
      return { kind: 'free', budget };
    },
  };
}

/** Whether an eviction was sent that may still take effect. */
export function isUnderWay({ answer, againMs }: Asked, nowMs: number): boolean {
  return answer !== 'refused' && againMs > nowMs;
}
