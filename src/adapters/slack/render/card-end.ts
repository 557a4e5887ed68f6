import { hasCommitted } from '../../../core/admission.ts';
import { ENDED_MIDWAY, endOf } from '../../../core/left-midway.ts';
import { openCleanups, patientUntilMs, waitingWords } from '../../../core/put-back.ts';
import { NOTHING_NEXT, nextAfter, REASONS, type RunOutcome } from '../../../core/reasons.ts';
import { reportOf } from '../../../core/run-report.ts';
import type { CleanupState, RunState } from '../../../core/run-state.ts';
import { formatSpan, parseTime } from '../../../core/time.ts';
import { whatWasDone } from '../../../core/what-was-done.ts';
import { cleanupInWords, OUTCOME_WORDS, outcomeInWords, stateInWords } from '../../../core/wording.ts';
import { inline, moment, person, withPeople } from './escape.ts';
import { shorten } from './fit.ts';
import { MARKS, PIECE_BYTES } from './marks.ts';

/** Endings in which it matters how much was done and what was left. */
const PARTIAL: ReadonlySet<string> = new Set([
  'cancelled',
  'drifted',
  'failed',
  'needs-a-person',
  'rejected',
  'expired',
]);

/** Reasons whose note says who froze or locked. */
const NAMES_PEOPLE: ReadonlySet<string> = new Set(['cluster-frozen', 'locked-by-hand']);

/**
 * The end in words: outcome first, then why, what was done and left, what was put back. The rest: {@link nextLines}. While something is
 * still to be put back, the same is said of the end that is to come.
 */
export function endLines(state: RunState): readonly string[] {
  const end = endOf(state);
  if (end === null) return [];
  const { outcome, reason } = end;
  const lines = [...outcomeLines(state, outcome, inline(REASONS[reason].text))];
  const note = noteShown(state, end);
  if (note !== '') lines.push(noteLine(reason, shorten(inline(note), PIECE_BYTES * 2)));
  if (state.cancel !== null && outcome === 'cancelled') lines.push(`Cancelled by ${person(state.cancel.actor.user)}.`);
  // The reason may have said it already.
  const told = REASONS[reason].text;
  const partial = PARTIAL.has(outcome) || (outcome === 'blocked' && begun(state));
  if (partial)
    lines.push(
      ...whatWasDone(state)
        .filter((line) => !told.includes(line))
        .map(inline),
    );
  lines.push(...cleanupLines(state));
  if (partial && state.ended !== null && state.locks !== null) lines.push('Its locks are free again.');
  return lines;
}

/** What it is, and that it calls for somebody, in the first line. */
function outcomeLines(state: RunState, outcome: RunOutcome, why: string): readonly string[] {
  if (state.ended === null) {
    const calls = outcome === 'needs-a-person' ? ` *${OUTCOME_WORDS[outcome]}.*` : '';
    return [`*${shorten(inline(stateInWords(state)), PIECE_BYTES)}.*${calls} ${why}`];
  }
  const span = formatSpan(Math.max(0, parseTime(state.ended.at) - parseTime(state.requestedAt)));
  const outcomeLine = `*${outcomeInWords(state.ended)}* after ${span}. ${why}`;
  const sick = unhealthy(state);
  if (sick === null) return [outcomeLine];
  // The state of the cluster matters more than the run's own success.
  const title = reportOf(state)?.of === 'backups' ? 'Not in order' : 'Not healthy';
  return [`${MARKS.warning} *${title}:* ${shorten(inline(sick), PIECE_BYTES)}`, outcomeLine];
}

/** Why it was rejected stands beside who rejected it; what blocks stands among the checks. */
function noteShown(state: RunState, { outcome, reason, note }: NonNullable<ReturnType<typeof endOf>>): string {
  if (reason === 'check-blocked') return '';
  if (outcome === 'rejected') return hasCommitted(state) ? ENDED_MIDWAY : '';
  return note;
}

function begun(state: RunState): boolean {
  return state.steps.some((step) => step.status !== 'pending');
}

/** Cut before people are mentions again: half a mention would be none. */
function noteLine(reason: string, note: string): string {
  return NAMES_PEOPLE.has(reason) ? withPeople(note) : note;
}

/** What to do after the end, told as soon as it begins to end; nothing when nothing is to be done. */
export function nextLines(state: RunState): readonly string[] {
  const end = endOf(state);
  if (end === null) return [];
  const next = nextAfter(end.reason, state.request?.cluster ?? '');
  if (next !== NOTHING_NEXT) return [`*Next:* ${next.replaceAll('*', '')}`];
  return state.ended === null || unhealthy(state) === null
    ? []
    : ['*Next:* Look at the state below: it says what is wrong.'];
}

/** What the run's own report says of a cluster that is not as it should be; `null`: it is, or nothing was reported. */
function unhealthy(state: RunState): string | null {
  const report = reportOf(state);
  return report === null || report.healthy ? null : report.summary;
}

/** What became of what was changed for the run, and of what waits why, with the command by hand, and until when it is tried. */
function cleanupLines(state: RunState): readonly string[] {
  const waiting = state.ended === null ? waitingWords(state) : new Map<string, string>();
  const lines = state.cleanups.map((cleanup) => {
    const { became, what } = cleanupInWords(cleanup, cleanup.status, cleanup.isBeforeEnd);
    const named = shorten(inline(what), PIECE_BYTES);
    const why = cleanup.status === 'failed' ? cleanup.note : openWords(cleanup, waiting);
    return why === null ? `${became}: ${named}.` : `*${became}:* ${named}. ${withCommand(why)}`;
  });
  const untilMs = patientUntilMs(state);
  const isWaiting = openCleanups(state).some(({ id }) => waiting.has(id));
  if (!isWaiting || untilMs === null) return lines;
  return [...lines, `What is still open is tried until ${moment(new Date(untilMs).toISOString())}.`];
}

function openWords({ id, status }: CleanupState, waiting: ReadonlyMap<string, string>): string | null {
  return status === 'registered' ? (waiting.get(id) ?? null) : null;
}

/** What is to be typed by hand is told whole, however long the reason before it. */
function withCommand(why: string): string {
  const at = why.indexOf('By hand');
  if (at <= 0) return shorten(inline(why), PIECE_BYTES);
  return `${shorten(inline(why.slice(0, at).trimEnd()), PIECE_BYTES)} ${shorten(inline(why.slice(at)), PIECE_BYTES)}`;
}
