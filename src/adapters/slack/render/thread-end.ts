import { callsAtEnding, endOf } from '../../../core/left-midway.ts';
import { openCleanups } from '../../../core/put-back.ts';
import { type EndReason, NOTHING_NEXT, REASONS } from '../../../core/reasons.ts';
import { RunEvent, type RunEventOf } from '../../../core/run-event.ts';
import { cleanupInWords, OUTCOME_WORDS, outcomeInWords, stateInWords } from '../../../core/wording.ts';
import { code, inline, person } from './escape.ts';
import { shorten } from './fit.ts';
import { PIECE_BYTES } from './marks.ts';
import { stateAfter } from './thread-gate.ts';

/** The end of a run in its thread. */
export interface EndTold {
  readonly reason: EndReason;
  readonly first: string;
  /** Empty: none. */
  readonly note: string;
  readonly after: readonly string[];
}

/**
 * The end that calls for somebody, told before all is put back: that may take minutes, and an update of the card reaches nobody's phone.
 *
 * @param until the run's events up to its ending, as stored
 * @returns `null`: the end itself tells it
 */
export function endingTold(until: readonly unknown[]): EndTold | null {
  const state = stateAfter(until);
  const end = endOf(state);
  const open = openCleanups(state);
  if (end === null || open.length === 0 || !callsAtEnding(state)) return null;
  const { reason, note, outcome } = end;
  const to = state.request === null ? '' : `${person(state.request.actor.user)}: `;
  const left = open.map((cleanup) => {
    const { became, what } = cleanupInWords(cleanup, 'registered');
    return `${became}: ${shorten(inline(what), PIECE_BYTES)}.`;
  });
  const first = `${to}*${OUTCOME_WORDS[outcome]}* (${code(reason)}). ${REASONS[reason].text} ${inline(stateInWords(state))}.`;
  return { reason, first, note, after: [...left, ...nextLine(reason)] };
}

/**
 * The end, without what was told when it began.
 *
 * @param until the run's events up to this one, as stored
 */
export function endedTold(event: RunEventOf<'ended'>, until: readonly unknown[]): EndTold {
  const { reason, note } = event;
  const head = `*${outcomeInWords(event)}* (${code(reason)}), ${event.stepsDone} of ${event.stepsPlanned} steps done.`;
  const told = toldBefore(until);
  if (told?.reason !== reason || !note.startsWith(told.note))
    return { reason, first: `${head} ${REASONS[reason].text}`, note, after: nextLine(reason) };
  const first = `${head} Why, and what to do next, stands above, where it began to end.`;
  return { reason, first, note: note.slice(told.note.length).trim(), after: [] };
}

function toldBefore(until: readonly unknown[]): EndTold | null {
  const at = until.findIndex((each) => RunEvent.safeParse(each).data?.type === 'ending');
  return at === -1 ? null : endingTold(until.slice(0, at + 1));
}

function nextLine(reason: EndReason): readonly string[] {
  const { next } = REASONS[reason];
  return next === NOTHING_NEXT ? [] : [`*Next:* ${next.replaceAll('*', '')}`];
}
