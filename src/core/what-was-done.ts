import { type RunState, stepsDone } from './run-state.ts';
import type { ActState } from './run-types.ts';

/** Items named one by one; more are counted. */
const NAMED = 12;

/**
 * How much of a run was done and what it left as it was, in plain sentences: the one place that tells it, so notes of endings do not.
 * Items are named as in the plan.
 */
export function whatWasDone(state: RunState): readonly string[] {
  const total = state.steps.length;
  if (total === 0) return ['Nothing was changed.'];
  const begun = state.acts.length > 0 || state.steps.some((step) => step.status !== 'pending');
  if (!begun) return [`Done: 0 of ${total} steps. Nothing was changed.`];
  const unfinished = lastActs(state.acts.filter((act) => state.steps[act.index]?.status !== 'done'));
  const finished = unfinished.filter((act) => act.observed?.result === 'done');
  const where = finished.length === 0 ? '' : ` In the unfinished one: ${byAction(finished)} done.`;
  const lines = [`Done: ${stepsDone(state)} of ${total} steps.${where}`];
  const unknown = unfinished.filter((act) => act.observed === null || act.observed.result === 'unknown');
  if (unknown.length > 0) lines.push(`Not known to be done: ${byAction(unknown)}.`);
  // A call that was seen to have had no effect left its item as it was.
  const touched = new Set(state.acts.filter((act) => act.observed?.result !== 'not-done').map(wholeOf));
  const left = (state.plan?.steps ?? [])
    .flatMap((step, index) => (state.steps[index]?.status === 'done' ? [] : step.items))
    .filter((item) => !touched.has(item));
  const word = mayHaveLost(state) ? 'Not touched, as far as the record of this run knows' : 'Left as it was';
  if (left.length > 0) lines.push(`${word}: ${names([...new Set(left)])}.`);
  return lines;
}

/** Whether the record of a run proves nothing of what it does not have: the cluster remembers something else. */
export function mayHaveLost({ ended, ending }: RunState): boolean {
  return (ended?.reason ?? ending?.reason) === 'witness-contradiction';
}

/** Of a call that was made again, the last one. */
function lastActs(acts: readonly ActState[]): readonly ActState[] {
  return acts.filter((act, at) => !acts.slice(at + 1).some((later) => isSameCall(later, act)));
}

function isSameCall(a: ActState, b: ActState): boolean {
  return a.index === b.index && a.action === b.action && a.item === b.item;
}

/** `defragment of m-1, m-2; move-leader of m-3`. */
function byAction(acts: readonly ActState[]): string {
  const actions = [...new Set(acts.map((act) => act.action))];
  return actions
    .map((action) => {
      const items = acts.filter((act) => act.action === action).map(wholeOf);
      return `${action} of ${names([...new Set(items)])}`;
    })
    .join('; ');
}

/** The item of the plan that a call was made for: of `worker-2: wave 3` it is `worker-2`. */
export function wholeOf({ item }: Pick<ActState, 'item'>): string {
  return item.split(': ')[0] ?? item;
}

function names(items: readonly string[]): string {
  const shown = items.slice(0, NAMED).join(', ');
  return items.length > NAMED ? `${shown} and ${items.length - NAMED} more` : shown;
}
