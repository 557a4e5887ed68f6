import { accessTrouble } from '../../src/core/etcd/access.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { answerOf, callWords, refusalReason } from './call-error.ts';
import type { DefragAnswer, DefragState } from './defragment-step.ts';
import type { DefragInput } from './input.ts';
import type { Settled, Unsettled } from './settle.ts';
import { remainingOf } from './turns.ts';

/** A turn whose outcome was seen, by this worker or by its successor. */
export interface SeenTurn {
  readonly label: string;
  readonly settled: Settled & { readonly error: EtcdError | null };
  /** From the announcement to the answer, ms; `null`: not measured. */
  readonly tookMs: number | null;
  /** What happened to the others meanwhile; the run stops after this member. `null`: nothing. */
  readonly warning: string | null;
  /** What could not be watched meanwhile; told, and waited for by the gate of the next turn. `null`: nothing. */
  readonly unseen: string | null;
}

/** Stores what was seen of a turn and answers what comes next. Never calls a second time. */
export async function endTurn(
  context: StepContext<'etcd'>,
  input: DefragInput,
  state: DefragState,
  turn: SeenTurn,
): Promise<DefragAnswer> {
  const { settled } = turn;
  const why = callWords(settled.error);
  if (settled.kind === 'silent' && settled.error !== null && answerOf(settled.error.code) === 'refused') {
    const seen =
      settled.why === 'member' ? 'the member did not answer' : 'the member could not be looked at long enough';
    const note = `the call was refused or never sent; ${seen} afterwards`;
    await context.observed({ result: 'not-done', note, evidence: null });
    return { kind: 'stop', reason: refusedUnseen(settled.why, settled.error), note: `${settled.text}.${why}` };
  }
  if (settled.kind === 'silent') {
    await context.observed({ result: 'unknown', note: settled.text, evidence: null });
    const reason = settled.why === 'member' ? 'member-silent' : 'outcome-unknown';
    return { kind: 'stop', reason, note: `${settled.text}.${why}` };
  }
  const evidence = { after: settled.after, tookMs: turn.tookMs };
  await context.observed({ result: settled.kind, note: settled.text, evidence });
  if (settled.kind === 'not-done') return notDone(turn, settled.text, why, settled.wentDown);
  return done(context, input, state, turn, settled.text, settled.wentDown);
}

/** The reason of a call that was refused, when the member could not be looked at afterwards. */
function refusedUnseen(why: Unsettled['why'], error: EtcdError): EndReason {
  if (why === 'access-refused' || accessTrouble(error) !== null) return 'access-refused';
  return why === 'member' ? 'member-unhealthy' : reasonOf(error);
}

function notDone(turn: SeenTurn, text: string, why: string, wentDown: boolean): DefragAnswer {
  const { label } = turn;
  if (wentDown) return { kind: 'stop', reason: 'member-unhealthy', note: `${wentDownWords(label)}: ${text}.${why}` };
  return { kind: 'stop', reason: reasonOf(turn.settled.error), note: `${label}: ${text}.${why}` };
}

function wentDownWords(label: string): string {
  return `${label} went down and came back during its turn (was it killed by a liveness probe?)`;
}

function reasonOf(error: EtcdError | null): EndReason {
  if (error === null) return 'not-verified';
  if (error.code === 'unreachable' && error.apiRefused !== true) return 'member-unhealthy';
  return answerOf(error.code) === 'refused' ? refusalReason(error) : 'call-without-effect';
}

function done(
  context: StepContext<'etcd'>,
  input: DefragInput,
  state: DefragState,
  turn: SeenTurn,
  text: string,
  wentDown: boolean,
): DefragAnswer {
  const { label, tookMs } = turn;
  if (wentDown) return { kind: 'stop', reason: 'member-unhealthy', note: `${wentDownWords(label)}: ${text}.` };
  if (turn.warning !== null) {
    return { kind: 'stop', reason: 'quorum-at-risk', note: `During the turn of ${label} ${turn.warning}.` };
  }
  const more = remainingOf(input, context.acts).filter((each) => each.label !== label).length;
  const took = tookMs === null ? '' : ` in ${formatSpan(tookMs)}`;
  const next = more === 0 ? '' : ` ${more} to go, the next in ${formatSpan(input.pauseMs)}.`;
  return {
    kind: 'again',
    afterMs: more === 0 ? 0 : input.pauseMs,
    state,
    note: `${label} is done${took}: ${text}${turn.unseen === null ? '' : `; ${turn.unseen}`}.${next}`,
  };
}
