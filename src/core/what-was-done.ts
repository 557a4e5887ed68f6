import { type RunState, stepsDone } from './run-state.ts';

/** Items named one by one; more are counted. */
const NAMED = 12;

/** How much of a run was done and what it left as it was, in plain sentences. Items are named as in the plan. */
export function whatWasDone(state: RunState): readonly string[] {
  const total = state.steps.length;
  if (total === 0) return ['Nothing was changed.'];
  const begun = state.acts.length > 0 || state.steps.some((step) => step.status !== 'pending');
  if (!begun) return [`Done: 0 of ${total} steps. Nothing was changed.`];
  const finished = state.acts.filter(
    (act) => act.observed?.result === 'done' && state.steps[act.index]?.status !== 'done',
  );
  const where =
    finished.length === 0
      ? ''
      : ` In the unfinished one: ${names([...new Set(finished.map((act) => act.item))])} done.`;
  const lines = [`Done: ${stepsDone(state)} of ${total} steps.${where}`];
  const touched = new Set(state.acts.map((act) => act.item));
  const left = (state.plan?.steps ?? [])
    .flatMap((step, index) => (state.steps[index]?.status === 'done' ? [] : step.items))
    .filter((item) => !touched.has(item));
  if (left.length > 0) lines.push(`Left as it was: ${names([...new Set(left)])}.`);
  return lines;
}

function names(items: readonly string[]): string {
  const shown = items.slice(0, NAMED).join(', ');
  return items.length > NAMED ? `${shown} and ${items.length - NAMED} more` : shown;
}
