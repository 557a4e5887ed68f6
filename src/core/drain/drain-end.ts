import type { Check } from '../plan.ts';

/** A drain by somebody else that does not wait for budgets for ever. */
export interface DrainEnd {
  /** After how long the machine goes with the pods that are left, ms from the beginning of its drain; 0: it is not drained at all. */
  readonly afterMs: number;
  /** Whose machines, after how long, and who set it; without a period. */
  readonly words: string;
}

/** Checks of a drain that say whether budgets let go. */
const BUDGETS: ReadonlySet<string> = new Set(['budgets', 'two-budgets']);
/** Says that they let go in turns, which a machine that is not drained does not wait for. */
const TURNS = 'budget-turns';

/**
 * What it means that a drain ends by itself. Where a budget lets nothing go, waiting is all that keeps its promise, so that an end of the
 * waiting breaks it: that blocks.
 *
 * @param checks of the drain of the same nodes; empty: no node leaves
 */
export function drainEndChecks(ends: readonly DrainEnd[], checks: readonly Check[]): readonly Check[] {
  const [first] = ends;
  if (first === undefined) return [];
  const words = ends.map((end) => end.words).join('; ');
  const isShut = checks.some(({ id, verdict }) => BUDGETS.has(id) && verdict !== 'pass');
  const isShort = ends.some(({ afterMs }) => afterMs === 0) && checks.some(({ id }) => id === TURNS);
  const unread = checks.length > 0 && !checks.some(({ id }) => id === 'budgets');
  return isShut || isShort || unread ? [broken(words)] : [ending(words)];
}

function broken(words: string): Check {
  const evidence = `${words}. ${MEANWHILE} Mend the budget first, or take that setting away: no machine is replaced by it`;
  return {
    id: 'capi-drain-timeout',
    verdict: 'block',
    title: 'Machines go although a budget holds their pods',
    evidence,
  };
}

const MEANWHILE = 'A budget does not let the pods of these nodes go as they are now, and would be broken.';

function ending(words: string): Check {
  const evidence = `${words}. The budgets let pods go now; one that stops doing so holds a machine no longer than that. Take the setting away where budgets have to hold: no machine is replaced by it`;
  return { id: 'capi-drain-timeout', verdict: 'warn', title: 'Budgets hold a drain only for a time', evidence };
}
