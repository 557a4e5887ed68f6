import { openGate, phaseOf, type RunState } from '../../../core/run-state.ts';
import type { ReportTable, StateReport } from '../../../core/state-report.ts';
import { stateInWords } from '../../../core/wording.ts';
import { type Block, context, header, type Message, section } from './blocks.ts';
import { endLines } from './card-end.ts';
import { buttonBlocks, decisionLines, gateBlocks, gateLines } from './card-gate.ts';
import { checkLines, forecastLines, noteLines } from './card-plan.ts';
import { stepLines, stepPreview } from './card-steps.ts';
import { channel, code, inline, link, moment, person } from './escape.ts';
import { preview, shorten } from './fit.ts';
import { LIMITS } from './limits.ts';
import { reportOf } from './report.ts';
import { tableBlock, tableLines } from './table.ts';

/** What the card shows beside the run. */
export interface CardView {
  /** Title of the runbook. */
  readonly title: string;
  /** Link to the card that this one replaces; `null`: none. */
  readonly replaces: string | null;
  /** Channel in which the card should be and cannot; `null`: it is where it should be. */
  readonly displacedFrom: string | null;
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
  end: 2200,
  decided: 900,
  checks: 1800,
  checksDecided: 600,
  steps: 2600,
  forecast: 1200,
  notes: 900,
  report: 900,
  table: 1500,
} as const;

/** Renders the card of a run. Pure: the same run gives the same card. */
export function renderCard(state: RunState, view: CardView): Card {
  const revision = `${shorten(state.id, 100)}.${state.planHash?.slice(0, 12) ?? 'unplanned'}`;
  const blocks = [
    header(`head.${revision}`, shorten(titleOf(state, view), 140)),
    section(`state.${revision}`, headLines(state, view)),
    ...part(`end.${revision}`, endLines(state).slice(1), BUDGET.end),
    ...part(`decided.${revision}`, decisionLines(state), BUDGET.decided),
    ...part(`checks.${revision}`, checkLines(state), checksMatter(state) ? BUDGET.checks : BUDGET.checksDecided),
    ...partOf(`steps.${revision}`, withTitle('*Steps*', stepPreview(state, BUDGET.steps))),
    ...part(`forecast.${revision}`, forecastLines(state), BUDGET.forecast),
    ...part(`notes.${revision}`, noteLines(state), BUDGET.notes),
    ...reportBlocks(state, revision),
    ...gateBlocks(state, revision),
    ...buttonBlocks(state, revision),
    context(`foot.${revision}`, footLines(state)),
  ];
  return { text: plainTwin(state, view), blocks, metadata: metadataOf(state) };
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

/** Checks need room as long as somebody has to judge them, and when they were what ended the run. */
function checksMatter(state: RunState): boolean {
  if (state.ended !== null) return state.ended.outcome === 'blocked' || state.ended.outcome === 'planned';
  return !state.gates.some((gate) => gate.settled !== null);
}

function titleOf(state: RunState, view: CardView): string {
  const cluster = state.request?.cluster ?? '?';
  return `${view.title} · ${cluster}${state.request?.dryRun === true ? ' · dry run' : ''}`;
}

function headLines(state: RunState, view: CardView): readonly string[] {
  const asked =
    state.request === null
      ? ''
      : `Asked by ${person(state.request.actor.user)} with ${code(shorten(state.request.text, PIECE))}`;
  const lines = [endLines(state)[0] ?? `*${inline(stateInWords(state))}*`, `${asked} · run ${code(state.id)}`];
  if (view.replaces !== null)
    lines.push(`This card goes on from ${link(view.replaces, 'an older one')} that could not be updated.`);
  if (view.displacedFrom !== null) {
    lines.push(`It is here because Drydock cannot write to ${channel(view.displacedFrom)}. Invite the bot there.`);
  }
  return lines;
}

const PIECE = 300;

function footLines(state: RunState): readonly string[] {
  const parts: string[] = [];
  const locks = state.locks ?? (state.ended === null ? state.plan?.locks : null) ?? [];
  if (locks.length > 0) {
    const verb = state.ended !== null ? 'Locks released' : state.locks === null ? 'Locks it will take' : 'Holds';
    parts.push(`${verb}: ${shorten(locks.map(code).join(', '), 300)}`);
  }
  if (state.planHash !== null) parts.push(`Plan ${code(state.planHash.slice(0, 12))}`);
  if (state.request !== null) parts.push(`Permitted by ${shorten(inline(state.request.rule), 200)}`);
  parts.push(state.ended === null ? `Asked ${moment(state.requestedAt)}` : `Ended ${moment(state.ended.at)}`);
  return [parts.join(' · ')];
}

function reportBlocks(state: RunState, revision: string): readonly Block[] {
  const report = reportOf(state);
  if (report !== null && state.ended !== null) {
    const lines = [
      `*State of ${inline(state.request?.cluster ?? '')}* ${moment(report.at)}: ${inline(report.summary)}`,
      ...report.notes.map((note) => `• ${shorten(inline(note), 400)}`),
    ];
    const others =
      report.tables.length > 1
        ? [
            `${report.tables
              .slice(1)
              .map((table) => inline(table.title))
              .join(', ')}: in the thread.`,
          ]
        : [];
    return [
      ...part(`report.${revision}`, [...lines, ...others], BUDGET.report),
      ...tableBlocks(`table.${revision}`, report.tables[0]),
    ];
  }
  return openGate(state) === null ? [] : tableBlocks(`before.${revision}`, state.plan?.before[0]);
}

function tableBlocks(id: string, table: Parameters<typeof tableBlock>[1] | undefined): readonly Block[] {
  if (table === undefined) return [];
  const { block, hidden } = tableBlock(id, table, BUDGET.table);
  return hidden === 0 ? [block] : [block, context(`${id}.more`, [`${hidden} more rows, whole in the thread.`])];
}

/** The card as plain lines: for notifications, screen readers and clients without tables. */
function plainTwin(state: RunState, view: CardView): string {
  const gate = openGate(state);
  const report = state.ended === null ? null : reportOf(state);
  const lines = [
    `${inline(titleOf(state, view))}: ${endLines(state)[0] ?? inline(stateInWords(state))}`,
    ...endLines(state).slice(1),
    ...decisionLines(state),
    ...(gate === null ? [] : gateLines(state, gate)),
    ...(report === null ? [] : reportTwin(report)),
    ...checkLines(state),
    ...stepLines(state),
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
