import { REASONS } from '../../../core/reasons.ts';
import { type RunState, stepsDone } from '../../../core/run-state.ts';
import { formatSpan, parseTime } from '../../../core/time.ts';
import { OUTCOME_WORDS } from '../../../core/wording.ts';
import { inline, person } from './escape.ts';
import { shorten } from './fit.ts';
import { PIECE_BYTES } from './marks.ts';

/** Endings in which it matters how much was done and what was left. */
const PARTIAL: ReadonlySet<string> = new Set([
  'cancelled',
  'drifted',
  'failed',
  'needs-a-person',
  'rejected',
  'expired',
]);
const NAMED = 12;

/** The end in words: outcome first, then why, what was done and left, what was put back, what is safe next. */
export function endLines(state: RunState): readonly string[] {
  if (state.ended === null) return [];
  const { outcome, reason, note, at } = state.ended;
  const span = formatSpan(Math.max(0, parseTime(at) - parseTime(state.requestedAt)));
  const lines = [`*${OUTCOME_WORDS[outcome]}* after ${span}. ${inline(REASONS[reason].text)}`];
  if (note !== '') lines.push(shorten(inline(note), PIECE_BYTES * 2));
  if (state.cancel !== null && outcome === 'cancelled') lines.push(`Cancelled by ${person(state.cancel.actor.user)}.`);
  if (PARTIAL.has(outcome)) lines.push(...doneAndLeft(state));
  lines.push(...cleanupLines(state));
  lines.push(`*Next:* ${REASONS[reason].next.replaceAll('*', '')}`);
  return lines;
}

function doneAndLeft(state: RunState): readonly string[] {
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
  const shown = items.slice(0, NAMED).map(inline).join(', ');
  return items.length > NAMED ? `${shown} and ${items.length - NAMED} more` : shown;
}

function cleanupLines(state: RunState): readonly string[] {
  return state.cleanups.map((cleanup) => {
    const what = shorten(inline(cleanup.summary), PIECE_BYTES);
    if (cleanup.status === 'done') return `Put back: ${what}.`;
    if (cleanup.status === 'failed') return `*Not put back:* ${what}. ${shorten(inline(cleanup.note), PIECE_BYTES)}`;
    return `Still to be put back: ${what}.`;
  });
}
