import { needsApproval } from '../../../core/plan.ts';
import type { GateState, RunState } from '../../../core/run-state.ts';
import { openGate } from '../../../core/run-state.ts';
import { actions, type Block, type Button, plain, section } from './blocks.ts';
import { buttonValue } from './button-value.ts';
import { code, inline, moment, person } from './escape.ts';
import { shorten } from './fit.ts';

/** What a gate asks, of whom, until when, and what was answered so far. */
export function gateLines(state: RunState, gate: GateState): readonly string[] {
  const { approvals } = gate.spec;
  const approved = gate.votes.filter((vote) => vote.verdict === 'approve').map((vote) => person(vote.actor.user));
  const requester = state.request?.actor.user;
  const lines = [
    `*${shorten(inline(gate.spec.title), 300)}*: ${approved.length} of ${approvals.required} approved${approved.length === 0 ? '' : ` (${approved.join(', ')})`}, waiting for ${inline(approvals.from.join(' or '))}`,
  ];
  if (requester !== undefined && !approvals.requesterMayApprove)
    lines.push(`${person(requester)} asked and does not count.`);
  if (gate.spec.expect !== null) lines.push(`The answer must be exactly ${code(gate.spec.expect)}.`);
  if (gate.spec.choices.length > 0)
    lines.push(`Choices: ${gate.spec.choices.map(code).join(', ')}; the first is the default.`);
  lines.push(`Open until ${moment(gate.expiresAt)}. No answer means no.`);
  return lines;
}

/** What was decided at each settled gate, and by whom. */
export function decisionLines(state: RunState): readonly string[] {
  return state.gates.flatMap((gate) => {
    if (gate.settled === null) return [];
    const { verdict, by, note, at } = gate.settled;
    if (verdict === 'expired') return [`${inline(gate.spec.title)}: nobody decided until ${moment(gate.expiresAt)}.`];
    const who = by.map((actor) => person(actor.user)).join(', ');
    const why = note === null || note === '' ? '' : `: “${shorten(inline(note), 600)}”`;
    return [`${verdict === 'approved' ? 'Approved' : 'Rejected'} by ${who} ${moment(at)}${why}`];
  });
}

/** The buttons that make sense now; none after the end. */
export function buttonBlocks(state: RunState, revision: string): readonly Block[] {
  if (state.ended !== null) return planAgain(state, revision);
  if (state.ending !== null || state.cancel !== null || state.unknown !== null) return [];
  const gate = openGate(state);
  const buttons = [...(gate === null ? [] : gateButtons(state, gate)), cancelButton(state)];
  return [actions(`buttons.${revision}.${gate?.spec.id ?? 'run'}`, buttons)];
}

function gateButtons(state: RunState, gate: GateState): readonly Button[] {
  const value = buttonValue(state.id, gate.spec.id, gate.hash);
  const asks = gate.spec.kind === 'typed' || gate.spec.kind === 'choice';
  const approve: Button = {
    type: 'button',
    action_id: asks ? 'gate.answer' : 'gate.approve',
    text: plain(asks ? 'Approve …' : gate.spec.kind === 'continue' ? 'Continue' : 'Approve'),
    value,
    ...emphasis(state, asks),
  };
  return [approve, { type: 'button', action_id: 'gate.reject', text: plain('Reject …'), value }];
}

function emphasis(state: RunState, asks: boolean): Pick<Button, 'style' | 'confirm'> {
  const steps = state.plan?.steps ?? [];
  if (!needsApproval(steps)) return { style: 'primary' };
  // A gate that asks for a text opens a modal, which is its own second thought.
  if (asks) return { style: 'danger' };
  const cluster = state.request?.cluster ?? 'the cluster';
  const worst = steps.some((step) => step.risk === 'irreversible')
    ? 'It cannot be taken back.'
    : 'It disturbs the cluster while it runs.';
  return {
    style: 'danger',
    confirm: {
      title: plain(shorten(`Run this plan on ${cluster}?`, 90)),
      text: plain(`${steps.length} ${steps.length === 1 ? 'step' : 'steps'} as shown on the card. ${worst}`),
      confirm: plain('Approve'),
      deny: plain('Back'),
      style: 'danger',
    },
  };
}

function cancelButton(state: RunState): Button {
  return {
    type: 'button',
    action_id: 'run.cancel',
    text: plain('Cancel'),
    value: buttonValue(state.id, null, state.planHash),
    confirm: {
      title: plain('Cancel this run?'),
      text: plain('It stops at the next safe point. A call under way at a member is not interrupted.'),
      confirm: plain('Cancel the run'),
      deny: plain('Back'),
    },
  };
}

const AGAIN: ReadonlySet<string> = new Set(['drifted', 'expired', 'blocked']);

function planAgain(state: RunState, revision: string): readonly Block[] {
  if (state.ended === null || !AGAIN.has(state.ended.outcome)) return [];
  const value = buttonValue(state.id, null, state.planHash);
  return [
    actions(`buttons.${revision}.again`, [
      { type: 'button', action_id: 'run.plan-again', text: plain('Plan again'), value },
    ]),
  ];
}

/** The gate's own section; nothing when no gate is open. */
export function gateBlocks(state: RunState, revision: string): readonly Block[] {
  const gate = openGate(state);
  return gate === null ? [] : [section(`gate.${revision}.${gate.spec.id}`, gateLines(state, gate))];
}
