import { reportOf } from '../../../core/run-report.ts';
import { openGate, phaseOf, type RunState } from '../../../core/run-state.ts';
import type { ReportTable, StateReport } from '../../../core/state-report.ts';
import { type Block, context, header, type Message, section } from './blocks.ts';
import { endLines, nextLines } from './card-end.ts';
import { buttonBlocks, decisionLines, gateBlocks, gateLines } from './card-gate.ts';
import { askedLine, headLines, standLines, titleOf } from './card-head.ts';
import { checkLines, lockLines, noteLines } from './card-plan.ts';
import { stepLines, stepPreview } from './card-steps.ts';
import { treeLines, treeOf } from './card-tree.ts';
import { code, inline, moment, plainLine } from './escape.ts';
import { preview, shorten } from './fit.ts';
import type { PeopleOf } from './gate-people.ts';
import { LIMITS } from './limits.ts';
import { tableBlock, tableLines } from './table.ts';
import { asCode } from './whole-text.ts';

/** What the card shows beside the run. */
export interface CardView {
  /** Title of the runbook. */
  readonly title: string;
  /** Link to the card that this one replaces; `null`: none. */
  readonly replaces: string | null;
  /** Channel in which the card should be and cannot; `null`: it is where it should be. */
  readonly displacedFrom: string | null;
  readonly peopleOf: PeopleOf;
}

/** Machine-readable part of a card: ids, hashes and states, never secrets. */
export interface CardMetadata {
  readonly event_type: 'drydock_run';
  readonly event_payload: Readonly<Record<string, string | number>>;
}

/** The card of a run. */
export interface Card extends Message {
  readonly metadata: CardMetadata;
}

/** Bytes of each part. Together, with head and buttons, they stay below the limit of a message. */
const BUDGET = {
  head: 2600,
  who: 1500,
  checks: 1800,
  steps: 2800,
  tree: 2000,
  notes: 900,
  locks: 500,
  report: 900,
  next: 600,
  table: 1500,
} as const;

const TITLE_BYTES = 200;

/** Renders the card of a run. Pure: the same run gives the same card. */
export function renderCard(state: RunState, view: CardView): Card {
  const revision = `${shorten(state.id, 100)}.${state.planHash?.slice(0, 12) ?? 'unplanned'}`;
  const blocks = [
    header(`head.${revision}`, shorten(plainLine(titleOf(state, view)), 140)),
    ...part(
      `state.${revision}`,
      [...headLines(state, view), ...endLines(state).slice(1), ...nextFirst(state)],
      BUDGET.head,
    ),
    ...part(`who.${revision}`, [askedLine(state), ...decisionLines(state)], BUDGET.who),
    ...(isUnderWay(state) ? [] : reportBlocks(state, revision)),
    ...part(`checks.${revision}`, checkLines(state), BUDGET.checks),
    ...stepBlocks(state, revision),
    ...part(`notes.${revision}`, noteLines(state), BUDGET.notes),
    ...(openGate(state) === null || reportOf(state) !== null
      ? []
      : tableBlocks(`before.${revision}`, state.plan?.before[0])),
    ...part(`locks.${revision}`, lockLines(state), BUDGET.locks),
    ...gateBlocks(state, revision, view.peopleOf),
    ...part(`next.${revision}`, nextLast(state), BUDGET.next),
    ...buttonBlocks(state, revision),
    context(`foot.${revision}`, footLines(state)),
  ];
  return { text: plainTwin(state, view), blocks, metadata: metadataOf(state) };
}

/** Whether it goes on by itself. At a gate in the middle, what the steps left is what counts, not how it began. */
function isUnderWay(state: RunState): boolean {
  return state.ended === null && openGate(state) === null;
}

/** With a report, what to do next comes after before and after; without one, right after the outcome. */
function nextFirst(state: RunState): readonly string[] {
  return reportOf(state) === null ? nextLines(state) : [];
}

function nextLast(state: RunState): readonly string[] {
  return reportOf(state) === null ? [] : nextLines(state);
}

/** A plan of which nothing was begun is not told again at the end; the thread has it. */
function showsSteps(state: RunState): boolean {
  const begun = state.steps.some((step) => step.status !== 'pending');
  return state.steps.length > 0 && (state.ended === null || begun || state.ended.outcome === 'planned');
}

/** The steps, and below the one that runs now what is under way in it. */
function stepBlocks(state: RunState, revision: string): readonly Block[] {
  if (!showsSteps(state)) return [];
  const { upToNow, after } = stepPreview(state, BUDGET.steps);
  const tree = treeLines(state, BUDGET.tree);
  if (tree.length === 0) return partOf(`steps.${revision}`, withTitle('*Steps*', [...upToNow, ...after]));
  return [
    ...partOf(`steps.${revision}`, withTitle('*Steps*', upToNow)),
    ...partOf(`tree.${revision}`, tree),
    ...partOf(`steps.after.${revision}`, after),
  ];
}

/** A section for lines within a budget; nothing for no lines. */
function part(id: string, lines: readonly string[], budget: number): readonly Block[] {
  return partOf(
    id,
    preview(lines, budget, (hidden) => `… and ${hidden} more ${hidden === 1 ? 'line' : 'lines'}, whole in the thread.`),
  );
}

function partOf(id: string, lines: readonly string[]): readonly Block[] {
  return lines.length === 0 ? [] : [section(id, lines)];
}

function withTitle(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function footLines(state: RunState): readonly string[] {
  const plan = state.planHash === null ? [] : [`Plan ${code(state.planHash.slice(0, 12))}`];
  const when = state.ended === null ? `Asked ${moment(state.requestedAt)}` : `Ended ${moment(state.ended.at)}`;
  return [[...plan, when].join(' · ')];
}

/** The newest verified state; at the end with before and after. */
function reportBlocks(state: RunState, revision: string): readonly Block[] {
  const report = reportOf(state);
  if (report === null) return [];
  const [first, ...others] = report.tables;
  const titles = others.map((table) => inline(table.title)).join(', ');
  const lines = [
    `*${report.of === 'backups' ? 'Backups' : 'State'} of ${inline(state.request?.cluster ?? '')}* ${moment(report.at)}: ${inline(report.summary)}`,
    ...report.notes.map((note) => `• ${shorten(inline(note), 400)}`),
    ...(titles === '' ? [] : [`${titles}: in the thread.`]),
  ];
  return [...part(`report.${revision}`, lines, BUDGET.report), ...tableBlocks(`table.${revision}`, first)];
}

function tableBlocks(id: string, table: ReportTable | undefined): readonly Block[] {
  if (table === undefined) return [];
  const { block, hidden } = tableBlock(id, table, BUDGET.table);
  return hidden === 0 ? [block] : [block, context(`${id}.more`, [`${hidden} more rows, whole in the thread.`])];
}

/** The card as plain lines: for notifications, screen readers and clients without tables. */
function plainTwin(state: RunState, view: CardView): string {
  const gate = openGate(state);
  const report = isUnderWay(state) ? null : reportOf(state);
  const [stand = '', ...more] = standLines(state, view);
  const lines = [
    `${shorten(inline(titleOf(state, view)), TITLE_BYTES)}: ${stand}`,
    ...more,
    ...endLines(state).slice(1),
    ...nextLines(state),
    ...decisionLines(state),
    ...(gate === null ? [] : gateLines(state, gate, view.peopleOf)),
    ...(report === null ? [] : reportTwin(report)),
    ...checkLines(state),
    ...(showsSteps(state) ? stepLines(state) : []),
    ...treeOf(state).map(asCode),
  ];
  return preview(lines, LIMITS.textBytes - 100, (hidden) => `… and ${hidden} more lines, whole in the thread.`).join(
    '\n',
  );
}

function reportTwin(report: StateReport): readonly string[] {
  return [inline(report.summary), ...report.tables.flatMap(titledLines)];
}

function titledLines(table: ReportTable): readonly string[] {
  return [inline(table.title)].concat(tableLines(table));
}

function metadataOf(state: RunState): CardMetadata {
  const phase = phaseOf(state);
  const gate = openGate(state);
  return {
    event_type: 'drydock_run',
    event_payload: {
      run: state.id,
      version: state.version,
      state: phase === 'waiting-for-newer-worker' ? (state.plan === null ? 'planning' : 'running') : phase,
      ...(state.ended === null ? {} : { outcome: state.ended.outcome }),
      ...(gate === null ? {} : { gate: gate.spec.id }),
      ...(state.planHash === null ? {} : { plan_hash: state.planHash }),
    },
  };
}
