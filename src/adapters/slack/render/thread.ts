import type { Json } from '../../../core/json.ts';
import type { Plan } from '../../../core/plan.ts';
import { POLICY_GATE } from '../../../core/policy/waiting.ts';
import { RunEvent, type RunEventOf, type RunRequest } from '../../../core/run-event.ts';
import { readReport } from '../../../core/run-report.ts';
import type { ReportTable, StateReport } from '../../../core/state-report.ts';
import { cleanupInWords } from '../../../core/wording.ts';
import { ONLY_IF } from './card-gate.ts';
import { allCheckLines } from './card-plan.ts';
import { code, inline, moment, person, withPeople } from './escape.ts';
import { shorten } from './fit.ts';
import type { PeopleOf } from './gate-people.ts';
import { bytesOf } from './limits.ts';
import { PIECE_BYTES } from './marks.ts';
import { type Attached, attachedFiles, fileLines } from './plan-files.ts';
import { tableLines } from './table.ts';
import { type EndTold, endedTold, endingTold } from './thread-end.ts';
import { callsForPeople, gateEventLines, opensDecided } from './thread-gate.ts';
import { contentOf, joined, type Part, TEXT_BYTES, type ThreadFile, textsOf, unescape } from './thread-parts.ts';

/** What one event adds to the thread of a card. */
export interface ThreadEntry {
  /** Events of the run that are told once this is delivered. */
  readonly events: number;
  /** Messages in order, each within Slack's limit. */
  readonly texts: readonly string[];
  /** Set when it is too long for messages: the whole text, and `texts` as the way when no file can be uploaded. */
  readonly file: ThreadFile | null;
  /** Files that follow, in their order. */
  readonly attached: readonly Attached[];
  /** It begins a message, so that it is what a phone shows; others may follow in the same message. */
  readonly begins: boolean;
  /** It calls for people. */
  readonly calls: boolean;
}

/** More messages than this for one event become a file. */
const MOST_TEXTS = 6;
/** Evidence up to this length stands in the line. */
const SHORT_BYTES = 160;

/**
 * What the thread tells of a run's events from number `from` on: the plan in full, evidence of each call, outputs,
 * decisions with their reasons, raw errors. An event of another version ends the list; a newer process goes on.
 */
export function renderThread(
  runId: string,
  events: readonly unknown[],
  from: number,
  peopleOf: PeopleOf = () => [],
): readonly ThreadEntry[] {
  const entries: ThreadEntry[] = [];
  for (const [index, raw] of events.entries()) {
    if (index < from) continue;
    const parsed = RunEvent.safeParse(raw);
    if (!parsed.success) break;
    if (opensDecided(parsed.data, events.slice(index + 1, index + 3))) continue;
    const parts = partsOf(parsed.data, events.slice(0, index + 1), peopleOf);
    if (parts.length > 0) entries.push(entryOf(runId, index + 1, parsed.data, parts));
  }
  return entries;
}

/**
 * The same in fewer messages: entries that fit into one go together, so that a backlog takes few calls. Each result stands
 * for all events up to its own number; how they are put together does not matter to whoever looks what was delivered.
 */
export function joinEntries(entries: readonly ThreadEntry[]): readonly ThreadEntry[] {
  const packs: ThreadEntry[] = [];
  for (const entry of entries) {
    const last = packs.at(-1);
    const joint = last === undefined || entry.begins ? null : together(last, entry);
    if (last === undefined || joint === null) packs.push(entry);
    else packs[packs.length - 1] = { ...last, events: entry.events, texts: [joint] };
  }
  return packs;
}

/** Both in one message; `null`: they do not fit. */
function together(first: ThreadEntry, second: ThreadEntry): string | null {
  const [start, ...more] = first.texts;
  const [end, ...rest] = second.texts;
  if (start === undefined || end === undefined || more.length + rest.length > 0) return null;
  if (first.file !== null || second.file !== null || first.attached.length + second.attached.length > 0) return null;
  return bytesOf(start) + bytesOf(end) < TEXT_BYTES ? `${start}\n${end}` : null;
}

/** What was asked, from the first event. */
function requestOf(events: readonly unknown[]): RunRequest | null {
  const first = RunEvent.safeParse(events[0]);
  return first.success && first.data.type === 'requested' ? first.data.request : null;
}

function entryOf(runId: string, events: number, event: RunEvent, parts: readonly Part[]): ThreadEntry {
  const { type } = event;
  const texts = joined(parts.flatMap(textsOf));
  const calls = callsForPeople(type);
  const attached = event.type === 'planned' ? attachedFiles(runId, event.plan.files) : [];
  const begins = calls || type === 'planned' || type === 'ended';
  const entry = { events, texts, file: null, attached, begins, calls };
  if (texts.length <= MOST_TEXTS) return entry;
  const name = `${runId}-${events}-${type}.txt`;
  return { ...entry, file: { name, title: `${runId}: ${type}, whole`, content: contentOf(parts) } };
}

function lines(...texts: readonly string[]): readonly Part[] {
  return texts.length === 0 ? [] : [{ kind: 'lines', lines: texts }];
}

/** What people are asked to do outside, whole. */
function instructions(event: RunEvent): readonly Part[] {
  if (event.type !== 'gate-opened' || event.gate.instructions === undefined) return [];
  return [{ kind: 'raw', title: 'To be done outside', text: event.gate.instructions }];
}

/** `until`: the run's events up to this one, as stored. */
function partsOf(event: RunEvent, until: readonly unknown[], peopleOf: PeopleOf): readonly Part[] {
  switch (event.type) {
    case 'planned':
      return planParts(event.plan, event.hash, requestOf(until));
    case 'gate-opened':
    case 'gate-reminded':
    case 'gate-escalated':
    case 'voted':
    case 'gate-settled':
      return [...lines(...gateEventLines(event, until, peopleOf)), ...instructions(event)];
    case 'lock-waiting':
      return lines(
        event.byHand === undefined
          ? `Waiting for the lock ${code(event.lock)}, held by ${code(event.heldBy)}.`
          : `Waiting for the lock ${code(event.lock)}: ${person(event.byHand.user)} locked it by hand ${moment(event.byHand.since)}: ${inline(event.byHand.reason)}`,
      );
    case 'window-waiting':
      return lines(
        `Waits for its maintenance window. It opens ${inline(event.words)} (${moment(event.opensAt)} where you are) and the run starts by itself.`,
      );
    case 'step-started':
      return lines(
        ...(event.attempt > 1 ? [`Step ${event.index + 1}: attempt ${event.attempt}.`] : []),
        ...(event.despite === undefined
          ? []
          : [`Step ${event.index + 1} is begun although ${withPeople(inline(event.despite))}.`]),
      );
    case 'observed':
      // Told the first time; the card says that it is still so.
      if (event.withheld === 'still-untold') return [];
      return [
        ...lines(
          `Step ${event.index + 1}, ${inline(event.item)}: ${inline(event.action)} — ${OBSERVED[event.result]}. ${inline(event.note)}`,
        ),
        // A success is told in words; what went wrong is shown as it was seen.
        ...(event.result === 'done' && event.note !== '' ? [] : evidence('What was seen', event.evidence)),
      ];
    case 'step-done':
      return stepDoneParts(event.index, event.note, event.output);
    case 'cleanup-done':
    case 'cleanup-failed':
      return lines(cleanupLine(event, until));
    case 'cancel-requested':
      return lines(`${person(event.actor.user)} asked to cancel.`);
    case 'ended':
      return endParts(endedTold(event, until));
    case 'ending':
      return endParts(endingTold(until));
    case 'requested':
    case 'question':
    case 'locks-taken':
    case 'intent':
    case 'cleanup-registered':
      return [];
  }
}

const OBSERVED = { done: 'done', 'not-done': 'not done', unknown: 'outcome unknown' } as const;

/** Names what was registered under that id. */
function cleanupLine(event: RunEventOf<'cleanup-done' | 'cleanup-failed'>, until: readonly unknown[]): string {
  const events = until.map((each) => RunEvent.safeParse(each).data);
  const registered = events.findLast((each) => each?.type === 'cleanup-registered' && each.id === event.id);
  const { kind, summary } = registered?.type === 'cleanup-registered' ? registered : { kind: '', summary: event.id };
  const isBeforeEnd = events.every((each) => each?.type !== 'ending');
  const status = event.type === 'cleanup-done' ? 'done' : 'failed';
  const { became, what } = cleanupInWords({ kind, summary }, status, isBeforeEnd);
  const named = shorten(inline(what), PIECE_BYTES);
  return event.type === 'cleanup-done' ? `${became}: ${named}.` : `*${became}:* ${named}. ${inline(event.note)}`;
}

function planParts(plan: Plan, hash: string, request: RunRequest | null): readonly Part[] {
  const steps = plan.steps.flatMap((step, index) => [
    `${index + 1}. ${inline(step.summary)} (${inline(step.effect ?? step.risk)}, ${code(step.kind)})`,
    ...(step.items.length === 0 ? [] : [`      ${step.items.map(inline).join(', ')}`]),
  ]);
  const told: readonly string[] = [
    `*Plan* ${code(hash)} for ${code(plan.runbook)} version ${plan.runbookVersion}, identity ${code(plan.identity)}`,
    ...(request === null ? [] : [`Asked under ${inline(request.rule)}`]),
    ...(plan.checks.length === 0 ? [] : ['*Checks*', ...allCheckLines(plan.checks)]),
    ...(steps.length === 0 ? ['No steps.'] : ['*Steps*', ...steps]),
    ...titled('*It asks people again*', furtherGates(plan)),
    ...titled('*What it means while it runs*', plan.forecast),
    ...titled('*Notes*', plan.notes),
    ...fileLines(plan),
    ...(plan.locks.length === 0 ? [] : [`Locks: ${plan.locks.map(code).join(', ')}`]),
  ];
  return [{ kind: 'lines', lines: told }, ...plan.before.map(tablePart)];
}

/** The gates beside the one of the policy. */
function furtherGates({ gates }: Plan): readonly string[] {
  return gates
    .filter(({ id }) => id !== POLICY_GATE)
    .map(
      ({ beforeStep, title, kind, about }) =>
        `before step ${beforeStep + 1}${kind === 'continue' ? ', to go on' : ''}${about === undefined ? '' : `, ${ONLY_IF}`}: ${title}`,
    );
}

function titled(title: string, texts: readonly string[]): readonly string[] {
  const kept = texts.filter((text) => text !== '');
  return kept.length === 0 ? [] : [title, ...kept.map((text) => `• ${inline(text)}`)];
}

function tablePart(table: ReportTable): Part {
  return { kind: 'raw', title: table.title, text: tableLines(table).map(unescape).join('\n') };
}

function stepDoneParts(index: number, note: string, output: Json): readonly Part[] {
  const first = lines(`Step ${index + 1} done and verified${note === '' ? '.' : `: ${inline(note)}`}`);
  const report = readReport(output);
  if (report !== null) return [...first, ...reportParts(report, note)];
  return note === '' ? [...first, ...evidence('Output', output)] : first;
}

function reportParts(report: StateReport, told: string): readonly Part[] {
  const notes = report.notes.map((note) => `• ${inline(note)}`);
  const repeated = report.tables.length > 0 ? 'in this table.' : 'as just told.';
  const summary = report.summary === told ? repeated : inline(report.summary);
  return [
    { kind: 'lines', lines: [`*State* ${moment(report.at)}: ${summary}`, ...notes] },
    ...report.tables.map(tablePart),
  ];
}

function evidence(title: string, value: Json): readonly Part[] {
  if (value === null || value === '') return [];
  if (typeof value === 'object' && Object.keys(value).length === 0) return [];
  const short = JSON.stringify(value);
  if (bytesOf(short) <= SHORT_BYTES) return lines(`${title}: ${code(typeof value === 'string' ? value : short)}`);
  return [{ kind: 'raw', title, text: typeof value === 'string' ? value : layout(value) }];
}

function endParts(told: EndTold | null): readonly Part[] {
  if (told === null) return [];
  const note: readonly Part[] = told.note === '' ? [] : [{ kind: 'raw', title: 'In detail', text: told.note }];
  return [...lines(told.first), ...note, ...lines(...told.after)];
}

/** JSON with a line for each member, and for each element of a list in it. */
function layout(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries: readonly (readonly [string, Json])[] = Object.entries(value);
  return entries.flatMap(([name, member]) => memberLines(name, member)).join('\n');
}

function memberLines(name: string, member: Json): readonly string[] {
  if (!Array.isArray(member) || member.length === 0) return [`${name}: ${JSON.stringify(member)}`];
  return [`${name}:`, ...member.map((each) => `  ${JSON.stringify(each)}`)];
}
