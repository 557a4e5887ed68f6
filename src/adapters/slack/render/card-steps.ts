import { endOf } from '../../../core/left-midway.ts';
import type { PlannedStep } from '../../../core/plan.ts';
import { reportOf } from '../../../core/run-report.ts';
import type { ActState, RunState, StepState } from '../../../core/run-state.ts';
import { formatSpan, parseTime } from '../../../core/time.ts';
import { mayHaveLost, wholeOf } from '../../../core/what-was-done.ts';
import { isJudged } from './card-plan.ts';
import { inline, moment, withPeople } from './escape.ts';
import { fitLines, shorten } from './fit.ts';
import { MARKS, PIECE_BYTES } from './marks.ts';

const RISK_WORDS = {
  read: 'reads only',
  reversible: 'can be taken back',
  disruptive: 'disruptive',
  irreversible: 'cannot be taken back',
} as const;

/** Steps kept in view before the one that runs now. */
const BEHIND = 2;

/** Every step of the plan with mark, words and duration; under each what it covers, with what was seen. */
export function stepLines(state: RunState): readonly string[] {
  return stepGroups(state).flat();
}

/** {@link stepLines} in two parts. */
export interface StepPreview {
  /** Up to the step that runs now, with what it covers. */
  readonly upToNow: readonly string[];
  readonly after: readonly string[];
}

/** {@link stepLines} within a budget for both parts: the window around the step that runs now; what is outside is counted. */
export function stepPreview(state: RunState, budget: number): StepPreview {
  const groups = stepGroups(state);
  const found = state.steps.findIndex((step) => step.status !== 'done');
  const current = found < 0 ? groups.length : found;
  const start = groupsFit(groups, budget) ? 0 : Math.max(0, current - BEHIND);
  const before = start === 0 ? [] : [`${MARKS.done} 1–${start}: done (each with its duration in the thread)`];
  const shown = fitLines(groups.slice(start).flat(), budget - 200);
  const now = groups.slice(start, current + 1).flat().length;
  const more =
    shown.hidden === 0
      ? []
      : [
          `… and ${shown.hidden} more ${shown.hidden === 1 ? 'line' : 'lines'} of the ${groups.length}-step plan: whole in the thread.`,
        ];
  return {
    upToNow: [...before, ...shown.lines.slice(0, now)],
    after: [...shown.lines.slice(now), ...more],
  };
}

function groupsFit(groups: readonly (readonly string[])[], budget: number): boolean {
  return fitLines(groups.flat(), budget).hidden === 0;
}

function stepGroups(state: RunState): readonly (readonly string[])[] {
  return (state.plan?.steps ?? []).map((planned, index) => stepGroup(state, planned, index));
}

function stepGroup(state: RunState, planned: PlannedStep, index: number): readonly string[] {
  const step = state.steps[index];
  const { mark, words } = stepWords(state, planned, step);
  const line = `${mark} ${index + 1}. ${shorten(inline(planned.summary), PIECE_BYTES)} — ${words}`;
  // What happens now stands at the head of the card; a success is told by its report.
  const below = isWhole(state) ? [] : [...feltLines(state, planned, index), ...itemLines(state, planned, index)];
  const note = step?.status === 'done' ? step.note : '';
  const noteLines =
    note === '' || note === reportOf(state)?.summary ? [] : [`      ${shorten(inline(note), PIECE_BYTES)}`];
  return [line, ...despiteLines(state, step), ...noteLines, ...below];
}

/** That it goes on although people said stop, as long as it does. */
function despiteLines(state: RunState, step: StepState | undefined): readonly string[] {
  if (step?.despite === undefined || step.status !== 'running' || endOf(state) !== null) return [];
  return [`      Begun although ${withPeople(shorten(inline(step.despite), PIECE_BYTES))}.`];
}

/** Everything went as planned: what each item took is in the thread. */
function isWhole(state: RunState): boolean {
  return endOf(state)?.outcome === 'succeeded';
}

/** What people will feel of a step, as long as somebody has to judge it. */
function feltLines(state: RunState, planned: PlannedStep, index: number): readonly string[] {
  const felt = state.plan?.forecast[index] ?? '';
  if (felt === '' || planned.risk === 'read' || !isJudged(state)) return [];
  return [`      ${shorten(inline(felt), PIECE_BYTES)}`];
}

function stepWords(
  state: RunState,
  planned: PlannedStep,
  step: StepState | undefined,
): { readonly mark: string; readonly words: string } {
  if (step?.status === 'done') return { mark: MARKS.done, words: `done${took(step)}` };
  if (step?.status === 'running') {
    return endOf(state) === null
      ? { mark: MARKS.running, words: `running${step.startedAt === null ? '' : ` since ${moment(step.startedAt)}`}` }
      : { mark: MARKS.failed, words: 'begun, not finished' };
  }
  // A dry run is there to be judged.
  const end = endOf(state);
  const open = end === null || end.outcome === 'planned';
  return { mark: MARKS.pending, words: open ? inline(planned.effect ?? RISK_WORDS[planned.risk]) : 'not begun' };
}

function took(step: StepState): string {
  if (step.startedAt === null || step.doneAt === null) return '';
  return ` in ${formatSpan(parseTime(step.doneAt) - parseTime(step.startedAt))}`;
}

/** Items are shown once a call to one of them was announced; before, the summary names them. */
function itemLines(state: RunState, planned: PlannedStep, index: number): readonly string[] {
  const acts = state.acts.filter((act, place) => act.index === index && !isTriedAgain(state, act, place));
  if (acts.length === 0) return [];
  const left = planned.items.filter((item) => !acts.some((act) => wholeOf(act) === item));
  const untouched = mayHaveLost(state) ? 'not touched, as far as known' : 'left as it was';
  const word = endOf(state) === null ? 'waiting' : untouched;
  const { status = 'pending', note = '' } = state.steps[index] ?? {};
  const told = status === 'done' ? note : '';
  return [
    ...lastOfEach(acts).map((act) => actLine(act, told)),
    ...left.map((item) => `      ${MARKS.pending} ${inline(item)}: ${word}`),
  ];
}

/** Of several calls for parts of one item only the last; the thread has all. */
function lastOfEach(acts: readonly ActState[]): readonly ActState[] {
  return acts.filter((act, place) => {
    const whole = wholeOf(act);
    return (
      whole === act.item || !acts.slice(place + 1).some((each) => wholeOf(each) === whole && each.action === act.action)
    );
  });
}

/** A call that was never made is not shown beside the next announcement of it. */
function isTriedAgain({ acts }: RunState, { observed, index, item, action }: ActState, place: number): boolean {
  if (observed?.withheld === undefined) return false;
  return acts.slice(place + 1).some((act) => act.index === index && act.item === item && act.action === action);
}

/** `told`: what the step says of itself already. */
function actLine(act: ActState, told: string): string {
  const what = `${inline(act.item)}: ${inline(act.action)}`;
  if (act.observed === null) return `      ${MARKS.running} ${what} under way since ${moment(act.at)}`;
  const span = formatSpan(parseTime(act.observed.at) - parseTime(act.at));
  const isTold = told.toLowerCase().includes(act.observed.note.toLowerCase());
  const note = isTold ? '' : `: ${shorten(inline(act.observed.note), PIECE_BYTES)}`;
  switch (act.observed.result) {
    case 'done':
      return `      ${MARKS.done} ${what} done, ${span}${note}`;
    case 'not-done':
      return `      ${MARKS.failed} ${what} not done${note}`;
    case 'unknown':
      return `      ${MARKS.failed} ${what}, outcome unknown${note}`;
  }
}
