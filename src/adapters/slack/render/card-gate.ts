import type { Actor } from '../../../core/actor.ts';
import { hasCommitted } from '../../../core/admission.ts';
import { askedAbout } from '../../../core/asked-about.ts';
import { STOPS_MIDWAY } from '../../../core/left-midway.ts';
import { needsApproval } from '../../../core/plan.ts';
import type { GateState, RunState } from '../../../core/run-state.ts';
import { openGate } from '../../../core/run-state.ts';
import type { InAdvance, NotInAdvance, StandingQuestion } from '../../../core/standing-use.ts';
import { actions, type Block, type Button, plain, section } from './blocks.ts';
import { buttonValue } from './button-value.ts';
import { code, inline, moment, person, plainLine, withPeople } from './escape.ts';
import { preview, shorten } from './fit.ts';
import { awaited, type PeopleOf, progressWords } from './gate-people.ts';

/** What a gate asks, of whom, why, until when, and what was answered so far. */
export function gateLines(state: RunState, gate: GateState, peopleOf: PeopleOf): readonly string[] {
  const approved = gate.votes.filter((vote) => vote.verdict === 'approve').map((vote) => person(vote.actor.user));
  const by = approved.length === 0 ? '' : ` (${shorten(approved.join(', '), 400)})`;
  const lines = [
    `*${shorten(inline(gate.spec.title), 300)}*: ${progressWords(gate, peopleOf)}${by}, waiting for ${awaited(state, gate, peopleOf)}`,
  ];
  lines.push(...aboutLines(state, gate, 'card'));
  if (gate.spec.expect !== null) lines.push(`The answer must be exactly ${code(gate.spec.expect)}.`);
  if (gate.spec.instructions !== undefined) lines.push('What is to be done stands in the thread, command by command.');
  if (gate.spec.watch !== undefined) lines.push('It is looked for, too: the run goes on by itself when it is seen.');
  if (gate.spec.choices.length > 0)
    lines.push(`One of these is to be chosen: ${gate.spec.choices.map(code).join(', ')}.`);
  if (gate.notInAdvance !== undefined) lines.push(notCountedLine(gate.notInAdvance));
  if (state.request?.standingQuestion !== undefined)
    lines.push(...questionLines(state.request.standingQuestion.schedule));
  if (gate.escalatedAt !== null) {
    const to = shorten((gate.spec.approvals.escalate?.to ?? []).map(inline).join(' or '), 200);
    lines.push(`Escalated ${moment(gate.escalatedAt)}: ${to} may decide too.`);
  }
  lines.push(`Open until ${moment(gate.expiresAt)}. No answer means no.`, decidingLine(state, gate));
  return lines;
}

/** When a gate is asked that asks about what comes up at run time. */
export const ONLY_IF = 'only if the step before leaves something to ask about';

/** Bytes for what a gate asks about, and for one entry of it. */
const ABOUT = {
  card: { all: 900, each: 350 },
  modal: { all: 2600, each: 500 },
  thread: { all: Infinity, each: Infinity },
} as const;

/** What a gate asks about where that came up at run time, an entry each; only the thread has them whole. Empty: it stands in its title. */
export function aboutLines(
  state: RunState,
  { spec }: Pick<GateState, 'spec'>,
  where: keyof typeof ABOUT,
): readonly string[] {
  const about = askedAbout(state, spec);
  if (about.length === 0) return [];
  const seenAt = state.steps[spec.beforeStep - 1]?.doneAt ?? null;
  const { all, each } = ABOUT[where];
  const entries = about.map((words) => `• ${shorten(inline(words), each)}`);
  const shown = preview(entries, all, (hidden) => `… and ${hidden} more, whole in the thread.`);
  return [seenAt === null ? 'It asks about:' : `As seen ${moment(seenAt)}:`, ...shown];
}

/** Why people are asked although the schedule has a standing approval. Cut before people are mentions: half of one would be none. */
export function notCountedLine({ schedule, why }: NotInAdvance): string {
  return `The standing approval of ${shorten(inline(schedule), 100)} does not count, because ${withPeople(shorten(inline(why), 480))}.`;
}

/** By whom and until when a run was approved in advance: what follows "approved in advance". */
export function inAdvanceWords(by: readonly Actor[], { schedule, at, until }: InAdvance): string {
  const who = by.map((actor) => person(actor.user)).join(' and ');
  return `by ${who} ${moment(at)}, until ${moment(until)}, for schedule ${inline(schedule)}`;
}

/** What approving in advance means. */
function questionLines(schedule: string): readonly string[] {
  return [
    `Nothing is executed now. Later runs of ${inline(schedule)} with the same command, steps and risks begin without asking, whichever members or nodes the steps name.`,
    `A plan that warns of more, or of which the policy asks more by then, is asked about as usual. ${code(`/kube standing ${schedule} --revoke`)} ends the approval.`,
  ];
}

/** Why people are asked at all, and under which rule the run was asked for. */
function decidingLine(state: RunState, gate: GateState): string {
  const { request } = state;
  if (request === null) return '';
  const requester = gate.spec.approvals.requesterMayApprove
    ? ''
    : ` ${person(request.actor.user)} asked and does not count.`;
  return `Why: ${whyAsked(state)}; asked under ${shorten(inline(request.rule), 200)}.${requester}`;
}

/** Why a plan needs people at all, in a few words. */
export function whyAsked(state: RunState): string {
  if (state.request?.approvals !== null || (state.request.requires ?? null) !== null) return 'the policy asks for it';
  const worst = (state.plan?.steps ?? []).find((step) => step.risk === 'irreversible' || step.risk === 'disruptive');
  if (worst === undefined) return 'the plan asks for it';
  return `a step ${worst.risk === 'irreversible' ? 'cannot be taken back' : 'is disruptive'}`;
}

/** What was decided at each settled gate, and by whom. */
export function decisionLines(state: RunState): readonly string[] {
  return state.gates.flatMap((gate) => {
    if (gate.settled === null) return [];
    const { verdict, by, note, at, inAdvance, observed } = gate.settled;
    if (observed !== undefined)
      return [`${shorten(inline(gate.spec.title), 300)}: seen ${moment(at)}: ${shorten(inline(observed), 300)}.`];
    if (verdict === 'expired') return [`${inline(gate.spec.title)}: nobody decided until ${moment(gate.expiresAt)}.`];
    const who = by.map((actor) => person(actor.user)).join(', ');
    if (inAdvance !== undefined)
      return [`Approved in advance ${inAdvanceWords(by, inAdvance)} (granted in ${code(inAdvance.question)})`];
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
    ...(gate.spec.kind === 'continue' ? askedToGoOn(state) : emphasis(state, asks)),
  };
  return [approve, { type: 'button', action_id: 'gate.reject', text: plain('Reject …'), value }];
}

function emphasis(state: RunState, asks: boolean): Pick<Button, 'style' | 'confirm'> {
  const steps = state.plan?.steps ?? [];
  if (!needsApproval(steps)) return { style: 'primary' };
  // A gate that asks for a text opens a modal, which is its own second thought.
  if (asks) return { style: 'danger' };
  const cluster = state.request?.cluster ?? 'the cluster';
  if (state.request?.standingQuestion !== undefined) return askedInAdvance(cluster, state.request.standingQuestion);
  return {
    style: 'danger',
    confirm: {
      title: plain(shorten(`Run this plan on ${cluster}?`, 90)),
      text: plain(shorten(consequence(state), 290)),
      confirm: plain('Approve'),
      deny: plain('Back'),
      style: 'danger',
    },
  };
}

/** Nothing is approved by it: it says that work outside is done. */
function askedToGoOn(state: RunState): Pick<Button, 'style' | 'confirm'> {
  return {
    style: 'primary',
    confirm: {
      title: plain('Is it done?'),
      text: plain(shorten(`The next step on ${plainLine(state.request?.cluster ?? 'the cluster')} relies on it.`, 290)),
      confirm: plain('It is done'),
      deny: plain('Back'),
    },
  };
}

function askedInAdvance(cluster: string, { schedule, words }: StandingQuestion): Pick<Button, 'style' | 'confirm'> {
  const text = `Runs of ${schedule} with a plan like this then begin without asking, until ${words}. Nothing is executed now.`;
  return {
    style: 'danger',
    confirm: {
      title: plain(shorten(`Approve in advance on ${cluster}?`, 90)),
      text: plain(shorten(plainLine(text), 290)),
      confirm: plain('Approve'),
      deny: plain('Back'),
      style: 'danger',
    },
  };
}

/** What the approver is about to cause: the worst step, in the words of the plan. */
function consequence(state: RunState): string {
  const steps = state.plan?.steps ?? [];
  const final = steps.findIndex((step) => step.risk === 'irreversible');
  const index = final >= 0 ? final : steps.findIndex((step) => step.risk === 'disruptive');
  const count = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'} as shown on the card.`;
  const end = final >= 0 ? 'It cannot be taken back.' : 'It disturbs the cluster while it runs.';
  const felt = plainLine(state.plan?.forecast[index] ?? '');
  return `${count} ${felt === '' ? end : `${final >= 0 ? `${end} ` : ''}${felt}`}`;
}

function cancelButton(state: RunState): Button {
  return {
    type: 'button',
    action_id: 'run.cancel',
    text: plain('Cancel'),
    value: buttonValue(state.id, null, state.planHash),
    confirm: {
      title: plain('Cancel this run?'),
      text: plain(cancelWords(state)),
      confirm: plain('Cancel the run'),
      deny: plain('Back'),
    },
  };
}

function cancelWords(state: RunState): string {
  if (hasCommitted(state)) return STOPS_MIDWAY;
  return state.request?.standingQuestion === undefined
    ? 'It stops at the next safe point. A call under way at a member is not interrupted.'
    : 'It only asks: nothing of it is executed. Its schedule stands.';
}

const AGAIN: ReadonlySet<string> = new Set(['drifted', 'expired', 'blocked']);

function planAgain(state: RunState, revision: string): readonly Block[] {
  if (state.ended === null || !AGAIN.has(state.ended.outcome)) return [];
  // A question is put again by its schedule's command: planned again, it would ask nobody.
  if (state.request?.standingQuestion !== undefined) return [];
  const value = buttonValue(state.id, null, state.planHash);
  return [
    actions(`buttons.${revision}.again`, [
      { type: 'button', action_id: 'run.plan-again', text: plain('Plan again'), value },
    ]),
  ];
}

/** The gate's own section; nothing when no gate is open. */
export function gateBlocks(state: RunState, revision: string, peopleOf: PeopleOf): readonly Block[] {
  const gate = openGate(state);
  return gate === null ? [] : [section(`gate.${revision}.${gate.spec.id}`, gateLines(state, gate, peopleOf))];
}
