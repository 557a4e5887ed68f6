import { hasCommitted } from './admission.ts';
import { type EndReason, outcomeOf, REASONS, type RunOutcome } from './reasons.ts';
import type { RunState } from './run-state.ts';

/** Why a run ended, as its card says it. */
export interface EndWords {
  readonly reason: EndReason;
  readonly note: string;
}

/** These say for themselves what stands behind a call that commits a run. */
const OWN_WORDS: ReadonlySet<EndReason> = new Set([
  'controller-refused',
  'others-differ',
  'removed-by-hand',
  'second-member-sick',
  'target-recovered',
  'plan-tampered',
]);

const CALLS_NOBODY: ReadonlySet<string> = new Set(['failed', 'drifted', 'expired', 'blocked']);

/** What stopping a run behind a call that commits it means: whoever is about to cancel or reject it is told. */
export const STOPS_MIDWAY =
  'It stops before its next call. What it removed is not replaced then, and the cluster is worse off than if it goes on.';

/** What holds when people ended such a run. */
export const ENDED_MIDWAY =
  'It ended while a member was being replaced. Take it that no further member may fail until `/kube members` says otherwise. Ask again for the same member: the new plan goes on from there.';

const BY_PEOPLE: ReadonlySet<string> = new Set(['cancelled', 'rejected']);

/**
 * The end of a run that has committed itself: whatever stopped it, somebody must come, and words like "no further member was touched" do not say
 * what stands. Why it stopped goes into the note. What people decided (cancelled, rejected) stays theirs; the note says what holds then. Pure.
 */
export function endWords(state: RunState, { reason, note }: EndWords): EndWords {
  if (OWN_WORDS.has(reason) || !hasCommitted(state)) return { reason, note };
  const outcome = outcomeOf(reason);
  if (BY_PEOPLE.has(outcome)) return { reason, note: note === '' ? ENDED_MIDWAY : `${ended(note)} ${ENDED_MIDWAY}` };
  if (!CALLS_NOBODY.has(outcome)) return { reason, note };
  return { reason: 'left-midway', note: `It stopped with "${reason}": ${note === '' ? REASONS[reason].text : note}` };
}

function ended(note: string): string {
  return /[.!?…]$/.test(note) ? note : `${note}.`;
}

/** How a run that is ending will be told, unless something cannot be put back; of one that has ended, how it is. `null`: it goes on. */
export function endOf(state: RunState): (EndWords & { readonly outcome: RunOutcome }) | null {
  if (state.ended !== null) return state.ended;
  if (state.ending === null) return null;
  const words = endWords(state, state.ending);
  return { ...words, outcome: outcomeOf(words.reason) };
}

/** Whether the end that a run is about to come to calls for somebody, before all is put back. */
export function callsAtEnding(state: RunState): boolean {
  const end = endOf(state);
  if (end === null || state.ended !== null) return false;
  return end.outcome === 'needs-a-person' || (BY_PEOPLE.has(end.outcome) && hasCommitted(state));
}
