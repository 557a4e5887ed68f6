import { openGate, phaseOf, type RunState } from '../../../core/run-state.ts';
import { formatSpan, parseTime, spanAsSet } from '../../../core/time.ts';
import { stateInWords } from '../../../core/wording.ts';
import type { CardView } from './card.ts';
import { endLines } from './card-end.ts';
import { channel, code, inline, link, moment, person } from './escape.ts';
import { shorten } from './fit.ts';
import { awaited } from './gate-people.ts';
import { PIECE_BYTES } from './marks.ts';

/** What, where: the line that stands over everything else. */
export function titleOf(state: RunState, view: CardView): string {
  const cluster = state.request?.cluster ?? '?';
  if (state.request?.standingQuestion !== undefined) return `${view.title} · ${cluster} · approval in advance`;
  return `${view.title} · ${cluster}${state.request?.dryRun === true ? ' · dry run' : ''}`;
}

/** State, what happened last, what is next and what it needs from whom. */
export function headLines(state: RunState, view: CardView): readonly string[] {
  const lines = [...standLines(state, view)];
  if (view.replaces !== null)
    lines.push(`This card goes on from ${link(view.replaces, 'an older one')} that could not be updated.`);
  if (view.displacedFrom !== null) {
    lines.push(`It is here because Drydock cannot write to ${channel(view.displacedFrom)}. Invite the bot there.`);
  }
  return lines;
}

/** Where the run stands: the first line alone tells it, also in a notification. */
export function standLines(state: RunState, view: CardView): readonly string[] {
  const [outcome] = endLines(state);
  if (outcome !== undefined) return [outcome];
  const words = `*${shorten(inline(stateInWords(state)), PIECE_BYTES)}*`;
  const gate = openGate(state);
  if (gate !== null) return [`${words}, from ${awaited(state, gate, view.peopleOf)}`];
  if (state.unknown === null && phaseOf(state) === 'waiting-for-window') return [words, ...windowWords(state)];
  if (state.unknown !== null || phaseOf(state) !== 'running') return [words, ...handLines(state)];
  const last = lastWord(state);
  return [`${words}${timeWords(state)}`, ...(last === '' ? [] : [last]), ...nextWords(state)];
}

/** Who locked by hand what the run waits for. */
function handLines(state: RunState): readonly string[] {
  const byHand = phaseOf(state) === 'waiting-for-lock' ? state.lockWait?.byHand : undefined;
  if (byHand === undefined) return [];
  return [`Locked by ${person(byHand.user)} ${moment(byHand.since)}. The run goes on by itself when it is unlocked.`];
}

/** When the awaited window opens on the reader's own clock, and until when the approval stands. */
function windowWords(state: RunState): readonly string[] {
  if (state.windowWait === null || state.cancel !== null) return [];
  const { opensAt, firstOpensAt } = state.windowWait;
  const approved = state.gates.filter((gate) => gate.settled?.verdict === 'approved');
  const standsMs = Math.min(...approved.map((gate) => gate.spec.approvals.expiresMs));
  const stands =
    approved.length === 0 ? '' : ` The approval stands for ${spanAsSet(standsMs)} from ${moment(firstOpensAt)}.`;
  return [`That is ${moment(opensAt)} where you are. Nothing was changed yet, and no lock is held.${stands}`];
}

/** Who asked for what, and the name of the run. */
export function askedLine(state: RunState): string {
  if (state.request === null) return `Run ${code(state.id)}`;
  const { actor, text } = state.request;
  return `${person(actor.user)} asked: ${code(shorten(text, PIECE_BYTES))} · run ${code(state.id)}`;
}

/** Time since the first step began, as of the last word of the run, beside the plan's estimate. */
function timeWords(state: RunState): string {
  const begun = state.steps.find((step) => step.startedAt !== null)?.startedAt;
  if (begun === null || begun === undefined) return '';
  const lastMs = Math.max(parseTime(state.lastEventAt), parseTime(state.scratch?.at ?? ''));
  const elapsedMs = lastMs - parseTime(begun);
  const soFar = elapsedMs < 1000 ? '' : `, ${formatSpan(elapsedMs)} so far`;
  const estimates = state.plan?.estimatesMs ?? [];
  const known = estimates.length > 0 && estimates.every((each) => each !== null);
  const wholeMs = estimates.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  if (!known) return soFar;
  const estimate = formatSpan(wholeMs);
  return elapsedMs > wholeMs ? `${soFar}, longer than the estimated ${estimate}` : `${soFar}, about ${estimate} in all`;
}

/** The newest thing that happened, in words. */
function lastWord(state: RunState): string {
  const current = state.steps.findIndex((step) => step.status !== 'done');
  const note = state.scratch?.index === current ? state.scratch.note : '';
  if (note !== '') return shorten(inline(note), PIECE_BYTES);
  const act = state.acts.at(-1);
  if (act === undefined) return '';
  const result = act.observed === null ? 'under way' : RESULT_WORDS[act.observed.result];
  return shorten(`${inline(act.item)}: ${inline(act.action.replaceAll('-', ' '))} ${result}.`, PIECE_BYTES);
}

const RESULT_WORDS = { done: 'done', 'not-done': 'not done', unknown: 'with unknown outcome' } as const;

function nextWords(state: RunState): readonly string[] {
  if (state.ending !== null || state.cancel !== null) return [];
  const current = state.steps.findIndex((step) => step.status !== 'done');
  const planned = state.plan?.steps[current];
  if (planned === undefined) return [];
  const touched = new Set(state.acts.filter((act) => act.index === current).map((act) => act.item));
  const left = planned.items.filter((item) => !touched.has(item));
  const items = left.length === 0 || touched.size === 0 ? [] : [shorten(left.map(inline).join(', '), 200)];
  const more = current + 1 < state.steps.length ? [`step ${current + 2}`] : [];
  const next = [...items, ...more].join(', then ');
  // Which of several is next is for the step's rule to say, and it looks at the ring again.
  const word = items.length > 0 && left.length > 1 ? 'Still to do' : 'Next';
  return [`${next === '' ? '' : `${word}: ${next}. `}Nothing is needed from you.`];
}
