import { hasCommitted } from '../../../core/admission.ts';
import { refusedAnswer } from '../../../core/answer.ts';
import type { RunWord } from '../../../core/command.ts';
import type { AskResult } from '../../../core/desk.ts';
import { castBallot } from '../../../core/gate.ts';
import type { Reason } from '../../../core/reasons.ts';
import type { RunState } from '../../../core/run-state.ts';
import type { Click, ReplyTo, Submission } from '../payloads.ts';
import { type ButtonValue, parseButtonValue } from '../render/button-value.ts';
import { aboutLines } from '../render/card-gate.ts';
import { renderAnswerModal, renderRejectModal } from '../render/modal.ts';
import { resultWords, wasOpenedBefore } from '../result.ts';
import { sendAnswer } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';
import { readRun } from './run-desk.ts';

/** A trigger lives 3 s: a modal is opened after this time even if the run could not be looked at yet, ms. */
const LOOK_MS = 1000;

interface GateValue extends ButtonValue {
  readonly gate: string;
  readonly hash: string;
}

/** Carries out a click. Throws only when the store cannot be reached. */
export async function dispatchClick(deps: DispatchDeps, click: Click): Promise<void> {
  const value = parseButtonValue(click.value);
  if (value === null) return await refuseClick(deps, click, 'broken-button', 'Its content was not made by Drydock.');
  if (click.action === 'gate.reject' || click.action === 'gate.answer') return await askInModal(deps, click, value);
  const refusal = await misplaced(deps, click, value.run);
  if (refusal !== null) return await refuseClick(deps, click, refusal.reason, refusal.why);
  await act(deps, click, value);
}

async function act(deps: DispatchDeps, click: Click, value: ButtonValue): Promise<void> {
  const { actor, idempotencyKey } = click;
  const said = { runId: value.run, actor, idempotencyKey, channel: click.replyTo.channel };
  switch (click.action) {
    case 'gate.approve':
      if (!isGateValue(value)) return await refuseClick(deps, click, 'broken-button', 'It names no gate.');
      return await tellWord(
        deps,
        click.replyTo,
        await deps.desk.vote({ ...said, gate: value.gate, hash: value.hash, verdict: 'approve', note: null }),
      );
    case 'run.cancel':
      return await tellWord(deps, click.replyTo, await deps.desk.cancel(said));
    case 'run.plan-again':
      return await tellAsk(
        deps,
        click.replyTo,
        await deps.desk.planAgain({
          runId: value.run,
          actor,
          idempotencyKey,
          origin: { channel: click.replyTo.channel, threadTs: click.replyTo.threadTs },
        }),
      );
    default:
      return await refuseClick(deps, click, 'broken-button', 'Drydock has no such button.');
  }
}

/** The trigger dies after 3 s, so the look at the run must not hold up the modal; the submission is judged in any case. */
async function askInModal(deps: DispatchDeps, click: Click, value: ButtonValue): Promise<void> {
  if (!isGateValue(value)) return await refuseClick(deps, click, 'broken-button', 'It names no gate.');
  const nothing: Look = { refused: null, state: null };
  const { refused, state } = await Promise.race([
    judge(deps, click, value).catch(() => nothing),
    deps.clock.sleep(LOOK_MS).then(() => nothing),
  ]);
  if (refused !== null) return await refuseClick(deps, click, refused.reason, refused.why);
  const gate = state?.gates.find(({ spec }) => spec.id === value.gate) ?? null;
  const about = state === null || gate === null ? [] : aboutLines(state, gate, 'modal');
  const modal =
    click.action === 'gate.reject'
      ? renderRejectModal(click.value, state !== null && hasCommitted(state))
      : renderAnswerModal(click.value, gate?.spec ?? null, about);
  const result = await deps.slack.openModal(click.triggerId, modal);
  if (result.kind !== 'ok' && !wasOpenedBefore(result)) {
    deps.log.warn('a modal could not be opened', { run: value.run, result: resultWords(result) });
    const word = click.action === 'gate.reject' ? `reject ${value.run} <reason>` : `approve ${value.run} <answer>`;
    const answer = refusedAnswer('slack-refused', '');
    await sendAnswer(deps, click.replyTo, {
      ...answer,
      lines: [...answer.lines, ['The command: ', { code: `/kube ${word}` }]],
    });
  }
}

interface Refused {
  readonly reason: Reason;
  readonly why: string;
}

interface Look {
  /** Why a form would be filled in for nothing; `null`: it makes sense. */
  readonly refused: Refused | null;
  readonly state: RunState | null;
}

async function judge(deps: DispatchDeps, click: Click, value: GateValue): Promise<Look> {
  const refusal = await misplaced(deps, click, value.run);
  if (refusal !== null) return { refused: refusal, state: null };
  const state = await readRun(deps, value.run);
  if (state === null || click.action !== 'gate.reject') return { refused: null, state };
  const { gate, hash } = value;
  const { channel } = click.replyTo;
  const ballot = { gate, hash, actor: click.actor, verdict: 'reject', note: null, channel } as const;
  const result = castBallot(state, deps.policy(), ballot, deps.clock.nowMs(), deps.clock.nowIso());
  return { refused: result.ok ? null : result, state };
}

/** A click counts only on the run's own card, by people of this workspace. */
async function misplaced(deps: DispatchDeps, click: Click, run: string): Promise<Refused | null> {
  const home = deps.policy().homeTeam;
  if (home === null || click.actor.team !== home)
    return { reason: 'foreign-team', why: 'You are not of the workspace that this Drydock serves.' };
  const card = await deps.cards.card(run);
  if (card === null) return { reason: 'unknown-run', why: '' };
  const elsewhere = card.channel !== click.replyTo.channel || (card.ts !== null && card.ts !== click.messageTs);
  return elsewhere ? { reason: 'broken-button', why: `It is not on the card of ${run}.` } : null;
}

/** Carries out a submitted modal. Throws only when the store cannot be reached. */
export async function dispatchSubmission(deps: DispatchDeps, submission: Submission): Promise<void> {
  const value = parseButtonValue(submission.value);
  const state = value === null ? null : await readRun(deps, value.run);
  const replyTo = await replyPlace(deps, submission, state);
  const known = submission.callback === 'gate.reject' || submission.callback === 'gate.answer';
  if (value === null || !isGateValue(value) || !known) {
    await auditClick(deps, submission.actor, submission.callback, null, {
      reason: 'broken-button',
      why: 'A form without a valid request.',
    });
    return await sendAnswer(deps, replyTo, refusedAnswer('broken-button', ''));
  }
  const { actor, idempotencyKey, text } = submission;
  const verdict = submission.callback === 'gate.reject' ? 'reject' : 'approve';
  const word = await deps.desk.vote({
    runId: value.run,
    gate: value.gate,
    hash: value.hash,
    actor,
    verdict,
    note: text,
    idempotencyKey,
    channel: replyTo.channel,
  });
  await tellWord(deps, replyTo, word);
}

async function replyPlace(deps: DispatchDeps, submission: Submission, state: RunState | null): Promise<ReplyTo> {
  const card = state === null ? null : await deps.cards.card(state.id);
  const channel = card?.channel ?? state?.request?.origin.channel ?? submission.actor.user;
  return { user: submission.actor.user, channel, threadTs: card?.threadTs ?? null, responseUrl: null };
}

function isGateValue(value: ButtonValue): value is GateValue {
  return value.gate !== null && value.hash !== null;
}

/** What was carried out is seen on the card; what was refused is told to the person. */
async function tellWord(deps: DispatchDeps, to: ReplyTo, word: RunWord): Promise<void> {
  if (!word.ok) await sendAnswer(deps, to, refusedAnswer(word.reason, word.why));
}

async function tellAsk(deps: DispatchDeps, to: ReplyTo, result: AskResult): Promise<void> {
  if (result.kind === 'refused') await sendAnswer(deps, to, refusedAnswer(result.reason, result.why));
}

async function refuseClick(deps: DispatchDeps, click: Click, reason: Reason, why: string): Promise<void> {
  const run = parseButtonValue(click.value)?.run ?? null;
  await auditClick(deps, click.actor, click.action, run, { reason, why });
  await sendAnswer(deps, click.replyTo, refusedAnswer(reason, why));
}

async function auditClick(
  deps: DispatchDeps,
  actor: Click['actor'],
  action: string,
  run: string | null,
  refused: Refused,
): Promise<void> {
  const text = `button ${action.slice(0, 80)}${run === null ? '' : ` of ${run}`}`;
  await deps.desk.refused({ actor, cluster: null, text, ...refused });
}
