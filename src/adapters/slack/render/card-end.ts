import { NOTHING_NEXT, nextAfter, REASONS } from '../../../core/reasons.ts';
import { reportOf } from '../../../core/run-report.ts';
import type { RunState } from '../../../core/run-state.ts';
import { formatSpan, parseTime } from '../../../core/time.ts';
import { whatWasDone } from '../../../core/what-was-done.ts';
import { cleanupInWords, outcomeInWords } from '../../../core/wording.ts';
import { inline, person, withPeople } from './escape.ts';
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

/** The end in words: outcome first, then why, what was done and left, what was put back. The rest: {@link nextLines}. */
export function endLines(state: RunState): readonly string[] {
  if (state.ended === null) return [];
  const { outcome, reason, note, at } = state.ended;
  const span = formatSpan(Math.max(0, parseTime(at) - parseTime(state.requestedAt)));
  const sick = unhealthy(state);
  const outcomeLine = `*${outcomeInWords(state.ended)}* after ${span}. ${inline(REASONS[reason].text)}`;
  // The state of the cluster matters more than the run's own success.
  const lines =
    sick === null
      ? [outcomeLine]
      : [
          `${MARKS.warning} *${reportOf(state)?.of === 'backups' ? 'Not in order' : 'Not healthy'}:* ${shorten(inline(sick), PIECE_BYTES)}`,
          outcomeLine,
        ];
  // Why it was rejected stands beside who rejected it; what blocks stands among the checks.
  if (note !== '' && outcome !== 'rejected' && reason !== 'check-blocked')
    lines.push(noteLine(reason, shorten(inline(note), PIECE_BYTES * 2)));
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
  if (partial && state.locks !== null) lines.push('Its locks are free again.');
  return lines;
}

function begun(state: RunState): boolean {
  return state.steps.some((step) => step.status !== 'pending');
}

/** Cut before people are mentions again: half a mention would be none. */
function noteLine(reason: string, note: string): string {
  return NAMES_PEOPLE.has(reason) ? withPeople(note) : note;
}

/** What to do after the end; nothing when nothing is to be done. */
export function nextLines(state: RunState): readonly string[] {
  if (state.ended === null) return [];
  const next = nextAfter(state.ended.reason, state.request?.cluster ?? '');
  if (next !== NOTHING_NEXT) return [`*Next:* ${next.replaceAll('*', '')}`];
  return unhealthy(state) === null ? [] : ['*Next:* Look at the state below: it says what is wrong.'];
}

/** What the run's own report says of a cluster that is not as it should be; `null`: it is, or nothing was reported. */
function unhealthy(state: RunState): string | null {
  const report = reportOf(state);
  return report === null || report.healthy ? null : report.summary;
}

function cleanupLines(state: RunState): readonly string[] {
  return state.cleanups.map((cleanup) => {
    const { became, what } = cleanupInWords(cleanup, cleanup.status);
    const named = shorten(inline(what), PIECE_BYTES);
    if (cleanup.status === 'failed') return `*${became}:* ${named}. ${shorten(inline(cleanup.note), PIECE_BYTES)}`;
    return `${became}: ${named}.`;
  });
}
