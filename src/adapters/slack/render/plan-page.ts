import type { GateSpec } from '../../../core/plan.ts';
import type { RunOutcome } from '../../../core/reasons.ts';
import type { RunState } from '../../../core/run-state.ts';
import { spanAsSet } from '../../../core/time.ts';
import { actions, type Block, context, plain, section } from './blocks.ts';
import { endLines, nextLines } from './card-end.ts';
import { ONLY_IF, whyAsked } from './card-gate.ts';
import { checkLines, lockNames, noteLines } from './card-plan.ts';
import { stepLines } from './card-steps.ts';
import { channel, code, inline, link, person } from './escape.ts';
import { preview, shorten, split } from './fit.ts';
import { demandedOf, type PeopleOf, roleNames } from './gate-people.ts';
import { PIECE_BYTES } from './marks.ts';
import type { Modal } from './modal.ts';

/** Name of the page that shows a plan; its submission asks for the run. */
export const PLAN_PAGE = 'command.plan';
/** Name of pages on which nothing is handed in. */
export const TOLD_PAGE = 'command.told';
/** Action of the button that looks at the dry run once more. */
export const LOOK_AGAIN = 'form.look-again';
/** Action of the button that leads back to the arguments. */
export const CHANGE = 'form.change';

/** Longest section, bytes. */
const PIECE = 2900;
/** Bytes of each part; together they stay below the limit of a message. */
const BUDGET = { head: 2400, checks: 2400, steps: 4600, notes: 700, gates: 1600, foot: 900 } as const;

/** What a page says while a dry run is under way. */
export interface PlanningView {
  /** The command as it would be typed. */
  readonly said: string;
  /** Channel in which the command was given; `null`: none that the bot could post in. */
  readonly place: string | null;
  /** Channel for cards of that cluster; `null`: not known, or not for this person. */
  readonly ops: string | null;
  /** How long a dry run that has not ended is under way, ms; `null`: it was only just asked for. */
  readonly sinceMs: number | null;
}

/** The page while a dry run is under way. `note` comes back with its button. */
export function renderPlanningPage(view: PlanningView, note: string): Modal {
  const head =
    view.sinceMs === null
      ? '*Planning: changing nothing.* The plan appears here, mostly within seconds.'
      : `*Still planning after ${spanAsSet(view.sinceMs)}.* Nothing was changed. *Look again* shows the plan once it is there.`;
  const blocks = [
    section('said', [code(shorten(view.said, PIECE_BYTES))]),
    section('planning', [head, ...placeLine('It will also be on the card of this dry run', view), CLOSING]),
    ...(view.sinceMs === null ? [context('patience', ['Still the same after a minute: press Look again.'])] : []),
    buttons(LOOK_AGAIN, 'Look again'),
  ];
  return page(TOLD_PAGE, 'Planning', note, blocks);
}

const CLOSING = 'Closing this page starts nothing.';

/** Where a card goes, as far as it can be told before the bot has looked. */
function placeLine(what: string, { place, ops }: Pick<PlanningView, 'place' | 'ops'>): readonly string[] {
  if (ops === null) return [];
  if (place === null || place === ops) return [`${what} in ${channel(ops)}.`];
  return [`${what} in ${channel(place)}, or in ${channel(ops)} where Drydock is not a member.`];
}

/** What was asked for without a plan before it: a run that changes something, one that only reads, or a word. */
export type Asked = 'change' | 'read' | 'word';

/** The page after its button was pressed, until there is an answer. True also when no answer comes any more. */
export function renderWaitingPage(view: Omit<PlanningView, 'sinceMs'>, asked: Asked): Modal {
  const lines = {
    change: ['*Requesting the run.*', ...placeLine('Its card will be', view), NO_CARD],
    read: ['*Asking the cluster, changing nothing.*', ...placeLine('The answer will be a card', view), NO_CARD],
    word: ['*Under way.* The answer appears here.', 'None after a minute: give the command again.'],
  } as const satisfies Readonly<Record<Asked, readonly string[]>>;
  const blocks = [section('said', [code(shorten(view.said, PIECE_BYTES))]), section('asking', lines[asked])];
  return page(TOLD_PAGE, asked === 'change' ? 'Requesting' : 'Asking', '', blocks);
}

const NO_CARD = 'No card after a minute: `/kube runs` tells whether it was recorded.';

/** What the plan page shows beside the dry run. */
export interface PlanView {
  readonly said: string;
  readonly peopleOf: PeopleOf;
  /** Channel of the dry run's card. */
  readonly channel: string;
  /** Address of that card; `null`: not posted yet. */
  readonly link: string | null;
}

const TITLES: Readonly<Partial<Record<RunOutcome, string>>> = {
  planned: 'Plan',
  blocked: 'Blocked',
  'nothing-to-do': 'Nothing to do',
  cancelled: 'Dry run cancelled',
};

const AGAIN = 'The run is planned again when you ask for it. What counts is the plan on its card.';

/** The page of a dry run that has ended: the plan with a button that asks for the run, or why there is none. */
export function renderPlanPage(state: RunState, view: PlanView, note: string): Modal {
  const outcome = state.ended?.outcome ?? 'failed';
  const planned = outcome === 'planned';
  const gates = state.plan?.gates ?? [];
  const blocks = [
    section('said', [code(shorten(view.said, PIECE_BYTES))]),
    ...part('head', headLines(state), BUDGET.head),
    ...part('checks', checkLines(state), BUDGET.checks),
    ...(planned ? part('steps', ['*Steps*', ...stepLines(state)], BUDGET.steps) : []),
    ...part('notes', noteLines(state), BUDGET.notes),
    ...(planned ? part('gates', [...approvalLines(state, view.peopleOf), ...lockLines(state)], BUDGET.gates) : []),
    context('foot', [...(planned ? [AGAIN] : []), shorten(footLine(state, view), BUDGET.foot)]),
    buttons(CHANGE, 'Change the arguments'),
  ];
  const title = TITLES[outcome] ?? 'Planning failed';
  const told = page(planned ? PLAN_PAGE : TOLD_PAGE, title, note, blocks);
  return planned ? { ...told, submit: plain(gates.length > 0 ? 'Request this run' : 'Start this run') } : told;
}

function headLines(state: RunState): readonly string[] {
  if (state.ended?.outcome === 'cancelled') {
    const who = state.cancel === null ? '' : ` by ${person(state.cancel.actor.user)}`;
    return [`*This dry run was cancelled${who}.* Nothing was changed.`];
  }
  if (state.ended?.outcome !== 'planned') return [...endLines(state), ...nextLines(state)];
  const cluster = inline(state.request?.cluster ?? '');
  const count = state.plan?.steps.length ?? 0;
  return [`*${cluster}: ${count} ${count === 1 ? 'step' : 'steps'}, nothing changed so far.* ${CLOSING}`];
}

/** Who must agree before it runs, and that it runs at once where nobody must. */
function approvalLines(state: RunState, peopleOf: PeopleOf): readonly string[] {
  const gates = state.plan?.gates ?? [];
  if (gates.length === 0) return ['*No approval is needed:* the run starts at once.'];
  return gates.map((gate, index) => gateLine(state, gate, index === 0, peopleOf));
}

function gateLine(state: RunState, gate: GateSpec, first: boolean, peopleOf: PeopleOf): string {
  const { approvals } = gate;
  const requester = approvals.requesterMayApprove ? null : (state.request?.actor.user ?? null);
  const name = gate.kind === 'approve' ? 'Approval' : shorten(inline(gate.title), 200);
  const who = roleNames(approvals, requester, new Set(), peopleOf);
  const line = `*${name}* before step ${gate.beforeStep + 1}${gate.about === undefined ? '' : `, ${ONLY_IF}`}: ${demandedOf(approvals)} ${who}, within ${spanAsSet(approvals.expiresMs)}.`;
  if (!first) return line;
  const own = requester === null ? '' : ' You ask, so you do not count.';
  return `${line}${own} Why: ${whyAsked(state)}.`;
}

function lockLines(state: RunState): readonly string[] {
  const locks = state.plan?.locks ?? [];
  if (locks.length === 0) return [];
  const names = shorten(lockNames(locks), PIECE_BYTES);
  const when = (state.plan?.gates ?? []).length > 0 ? 'from the approval to the end' : 'while it runs';
  return [`*Locks* ${when}: ${names}`];
}

function footLine(state: RunState, view: PlanView): string {
  const name = view.link === null ? code(state.id) : link(view.link, state.id);
  const hash = state.planHash === null ? '' : ` · plan ${code(state.planHash.slice(0, 12))}`;
  return `Dry run ${name}, its card is in ${channel(view.channel)}${hash}`;
}

/** Lines within a budget, over as many sections as they need; nothing for no lines. */
function part(id: string, lines: readonly string[], budget: number): readonly Block[] {
  const shown = preview(
    lines,
    budget,
    (hidden) => `… and ${hidden} more ${hidden === 1 ? 'line' : 'lines'}, whole in the thread of its card.`,
  );
  return split(shown, PIECE).map((text, index) => section(index === 0 ? id : `${id}.${index}`, [text]));
}

function buttons(action: string, text: string): Block {
  return actions('buttons', [{ type: 'button', action_id: action, text: plain(text), value: action }]);
}

/** A page without a submit button. */
export function page(callback: string, title: string, note: string, blocks: Modal['blocks']): Modal {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: note,
    title: plain(title),
    close: plain('Close'),
    blocks,
  };
}
