import { hasCommitted } from './admission.ts';
import { type EndReason, outcomeOf, REASONS } from './reasons.ts';
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

/**
 * The end of a run that has committed itself: whatever stopped it, somebody must come, and words like "no further member was touched" do not say
 * what stands. Why it stopped goes into the note. What people decided (cancelled, rejected) stays theirs. Pure.
 */
export function endWords(state: RunState, ending: EndWords): EndWords {
  const { reason, note } = ending;
  if (!CALLS_NOBODY.has(outcomeOf(reason)) || OWN_WORDS.has(reason) || !hasCommitted(state)) return ending;
  return { reason: 'left-midway', note: `It stopped with "${reason}": ${note === '' ? REASONS[reason].text : note}` };
}
