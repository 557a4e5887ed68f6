import { type Freeze, freezeInWords } from './freeze.ts';
import type { Next } from './next.ts';
import { openAct, type RunState } from './run-state.ts';
import type { WindowState } from './window.ts';

/** What stands against changing a cluster at a moment. */
export interface Admission {
  /** The freeze that holds; `null`: none. */
  readonly freeze: Freeze | null;
  /** `null`: the cluster has no windows and is always open. */
  readonly window: WindowState | null;
}

/** Nothing stands against it. */
export const ADMITTED = { freeze: null, window: null } as const satisfies Admission;

/**
 * Whether admission has a word in what comes next: before locks are taken and before each step that is not `read`. What only
 * reads, and what is under way, is never held.
 */
export function needsAdmission(state: RunState, next: Next): boolean {
  if (next.do === 'take-locks') return state.plan?.steps.some((step) => step.risk !== 'read') === true;
  if (next.do !== 'step' || next.settleOnly || openAct(state) !== null) return false;
  return state.steps[next.index]?.status === 'pending' && state.plan?.steps[next.index]?.risk !== 'read';
}

/**
 * What comes next under an admission: the same, or waiting, or the end. A freeze ends the run. A closed window lets a run wait that
 * holds no locks and changed nothing yet; a run that has begun ends between two steps, because it would hold its locks until
 * the next opening. A run that has committed itself goes on, and says so. Pure.
 */
export function admit(state: RunState, next: Next, admission: Admission): Next {
  if (!needsAdmission(state, next)) return next;
  const { freeze, window } = admission;
  if (hasCommitted(state)) return despite(state, next, admission);
  if (freeze !== null) return { do: 'begin-ending', reason: 'cluster-frozen', note: `${freezeInWords(freeze)}.` };
  if (window === null || window.open || state.request?.outsideWindow === true) return next;
  if (window.opensMs === null)
    return { do: 'begin-ending', reason: 'window-closed', note: 'None of the windows of this cluster opens again.' };
  if (hasBegun(state)) return { do: 'begin-ending', reason: 'window-closed', note: '' };
  return { do: 'hold', opensMs: window.opensMs, tz: window.tz };
}

function hasBegun(state: RunState): boolean {
  return state.locks !== null || hasBegunToChange(state);
}

/** Whether a step that changes something was begun. */
export function hasBegunToChange(state: RunState): boolean {
  return state.steps.some((step, index) => step.status !== 'pending' && state.plan?.steps[index]?.risk !== 'read');
}

/**
 * Whether a call was announced after which stopping leaves the cluster worse off than going on (a ring without one of its members), and
 * that was not seen to have had no effect. A freeze and a closed window do not end such a run; people still can.
 */
export function hasCommitted(state: RunState): boolean {
  return state.acts.some(
    ({ index, observed }) => state.plan?.steps[index]?.commits === true && observed?.result !== 'not-done',
  );
}

/** The same, with what stands against it. */
function despite(state: RunState, next: Next, { freeze, window }: Admission): Next {
  if (next.do !== 'step') return next;
  const closed = window !== null && !window.open && state.request?.outsideWindow !== true;
  const against = [
    ...(freeze === null ? [] : [freezeInWords(freeze)]),
    ...(closed ? ['the maintenance window is closed'] : []),
  ];
  if (against.length === 0) return next;
  return { ...next, despite: `${against.join(', and ')}; ${GOES_ON}` };
}

const GOES_ON = 'stopping here would leave the cluster worse off than going on';
