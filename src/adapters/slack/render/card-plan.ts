import { HOSTS_DRYDOCK } from '../../../core/kubernetes/hosting.ts';
import type { Check } from '../../../core/plan.ts';
import { openGate, phaseOf, type RunState } from '../../../core/run-state.ts';
import { code, inline, withPeople } from './escape.ts';
import { shorten } from './fit.ts';
import { MARKS, PIECE_BYTES } from './marks.ts';
import { fileLines } from './plan-files.ts';

const WORDS = {
  block: `${MARKS.failed} Blocks`,
  warn: `${MARKS.warning} Warning`,
  pass: `${MARKS.done} Passed`,
} as const satisfies Readonly<Record<Check['verdict'], string>>;

/** Findings of the plan: what blocks, what warns, and how many passed. Nothing once somebody has decided on them. */
export function checkLines(state: RunState): readonly string[] {
  const checks = state.plan?.checks ?? [];
  if (checks.length === 0) return [];
  if (!isJudged(state)) return onlyReads(state) ? checks.filter(({ id }) => TOLD_OF_READS.has(id)).map(checkLine) : [];
  const told = inOrder(checks).filter((check) => check.verdict !== 'pass');
  return [`*Checks*: ${countWords(checks)}`, ...told.map(checkLine)];
}

/** Checks that whoever looks at a cluster is told also beside the report. */
const TOLD_OF_READS: ReadonlySet<string> = new Set(['frozen', HOSTS_DRYDOCK]);

function onlyReads(state: RunState): boolean {
  return state.plan?.steps.every((step) => step.risk === 'read') === true;
}

/** How many block, warn and passed: what is worse first. */
function countWords(checks: readonly Check[]): string {
  const count = (verdict: Check['verdict']): number => checks.filter((check) => check.verdict === verdict).length;
  const [blocks, warns] = [count('block'), count('warn')];
  return [
    ...(blocks === 0 ? [] : [`${MARKS.failed} ${blocks} ${blocks === 1 ? 'blocks' : 'block'}`]),
    ...(warns === 0 ? [] : [`${MARKS.warning} ${warns} ${warns === 1 ? 'warns' : 'warn'}`]),
    `${MARKS.done} ${count('pass')} of ${checks.length} passed`,
  ].join(', ');
}

/** Whether people have to judge the plan now, or it was what ended the run. */
export function isJudged(state: RunState): boolean {
  const begun = state.steps.some((step) => step.status !== 'pending');
  if (state.ended !== null) return (state.ended.outcome === 'blocked' && !begun) || state.ended.outcome === 'planned';
  return openGate(state) !== null || state.gates.length === 0;
}

function inOrder(checks: readonly Check[]): readonly Check[] {
  const rank = { block: 0, warn: 1, pass: 2 } as const;
  return checks.toSorted((a, b) => rank[a.verdict] - rank[b.verdict]);
}

function checkLine(check: Check): string {
  const title = shorten(inline(check.title), PIECE_BYTES);
  return `${WORDS[check.verdict]}: *${title}* — ${named(check, shorten(inline(check.evidence), PIECE_BYTES))}`;
}

/** Checks of our own that say who froze or locked. */
const NAMES_PEOPLE: ReadonlySet<string> = new Set(['frozen', 'lock-by-hand']);

/** Evidence as it was cut, with people as mentions where we named them. */
function named({ id }: Check, evidence: string): string {
  return NAMES_PEOPLE.has(id) ? withPeople(evidence) : evidence;
}

/** All findings, whole, for the thread: what blocks first, what passed last. */
export function allCheckLines(checks: readonly Check[]): readonly string[] {
  return inOrder(checks).map(
    (check) => `${WORDS[check.verdict]}: ${inline(check.title)} — ${named(check, inline(check.evidence))}`,
  );
}

/** What was left out and why, and advice; as long as somebody has to judge. */
export function noteLines(state: RunState): readonly string[] {
  if (!isJudged(state)) return [];
  const notes = state.plan?.notes.filter((line) => line !== '') ?? [];
  const files = state.plan === null ? [] : fileLines(state.plan).map((line) => `• ${line}`);
  return [...files, ...notes.map((line) => `• ${shorten(inline(line), PIECE_BYTES)}`)];
}

/** Locks that are held beside those by name, by ids that tell people nothing. */
const BY_ID = /^(?:identity|node-group)\//;

/** Locks as people know them; of those by id how many. */
export function lockNames(locks: readonly string[]): string {
  const names = locks.filter((lock) => !BY_ID.test(lock)).map(code);
  if (names.length === 0) return locks.map(code).join(', ');
  const ids = locks.length - names.length;
  return `${names.join(', ')}${ids === 0 ? '' : `, and the same by ${ids === 1 ? 'its id' : `${ids} ids`}`}`;
}

/** What nobody else can change meanwhile. */
export function lockLines(state: RunState): readonly string[] {
  // A question executes nothing, so it locks nothing.
  if (state.ended !== null || state.request?.standingQuestion !== undefined) return [];
  const held = state.locks !== null;
  const locks = state.locks ?? state.plan?.locks ?? [];
  if (locks.length === 0) return [];
  const names = shorten(lockNames(locks), PIECE_BYTES);
  if (held) return [`Locked until the end: ${names}`];
  const waits = phaseOf(state) === 'waiting-for-window';
  return [`Locks from ${waits ? 'its start' : 'the approval'} to the end: ${names}`];
}
