import { advance, begin } from '../../../src/core/drain/advance.ts';
import type { Cursor } from '../../../src/core/drain/cursor.ts';
import { budgetChanges, driftOf, newNodes, newNodeWords } from '../../../src/core/drain/drift.ts';
import type { DrainFacts } from '../../../src/core/drain/facts.ts';
import { ownersUnread } from '../../../src/core/drain/owners.ts';
import type { DrainView, Workload } from '../../../src/core/drain/view.ts';
import { nextWave, type Wave } from '../../../src/core/drain/wave.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import type { KubernetesErrorCode } from '../../../src/core/ports/kubernetes.ts';
import { sentence } from '../../../src/core/sentence.ts';
import type { StepContext } from '../../../src/core/step.ts';
import { type DrainAnswer, type DrainInput, type DrainState, waveLimits } from './drain-input.ts';
import { endOfWave } from './end-of-wave.ts';
import { etcdChecks } from './etcd-checks.ts';
import { evictPods, settleEvictions } from './evict-pods.ts';
import { SILENT_MS } from './make-changes.ts';
import { readDrainView } from './read-drain-view.ts';
import { conditionOf, worseThan } from './worse.ts';

/** How long a worker stays with a drain in which something moves, ms; a look that is due later than the pause lets it go. */
const TURN_MS = 20_000;
const STAYS_FOR_MS = 2000;
const SILENT_EVERY_MS = 5000;
/** How long a cluster may be worse than before until the run ends. Nothing is evicted meanwhile. */
const WORSE_MS = 3 * 60_000;
const WORSE_EVERY_MS = 5000;

/**
 * One turn of a drain whose nodes are cordoned: looks at the whole cluster, compares it with what was approved, evicts what may go now,
 * and looks again as long as something moves. Ends when all nodes are empty, or stops with what stands in the way.
 */
export async function drainTurn(
  context: StepContext<'kubernetes'>,
  input: DrainInput,
  state: DrainState,
): Promise<DrainAnswer> {
  const beganMs = context.nowMs();
  const settled = await settleOpen(context, input, state);
  if (settled.kind !== 'settled') return settled;
  let now = settled.state;
  let workloads: readonly Workload[] | null = null;
  for (;;) {
    if (context.stopping) return { kind: 'again', afterMs: 0, state: now, note: 'Nothing is open.' };
    const seen = await look(context, input, workloads);
    if (!seen.ok) return unseen(context, now, seen);
    workloads = seen.view.workloads;
    const answer = await decide(context, input, now, seen.view);
    if (answer.kind !== 'again') return answer;
    now = answer.state;
    const isLong = answer.afterMs > STAYS_FOR_MS || context.nowMs() - beganMs + answer.afterMs > TURN_MS;
    if (isLong) return answer;
    await context.progress(answer.note, answer.tree);
    await context.pause(answer.afterMs);
  }
}

/** What makes pods is read again only when somebody is missing in it. */
async function look(context: StepContext<'kubernetes'>, input: DrainInput, known: readonly Workload[] | null) {
  const { ports, signal } = context;
  const seen = await readDrainView(ports.kubernetes, signal, known);
  const names = input.facts.nodes.map(({ name }) => name);
  if (known === null || !seen.ok || ownersUnread(seen.view, names).length === 0) return seen;
  return await readDrainView(ports.kubernetes, signal);
}

type Settled = { readonly kind: 'settled'; readonly state: DrainState } | Exclude<DrainAnswer, { kind: 'done' }>;

async function settleOpen(
  context: StepContext<'kubernetes'>,
  { facts }: DrainInput,
  state: DrainState,
): Promise<Settled> {
  const { open } = context;
  if (open === null) return { kind: 'settled', state };
  const cursor = state.cursor ?? begin(facts.nodes, context.nowMs());
  const settled = await settleEvictions(context, cursor, open);
  if (settled !== null) return { kind: 'settled', state: { ...state, cursor: settled, silentSince: null } };
  const silentSince = state.silentSince ?? context.nowMs();
  const why = 'The pods could not be read, so what became of the last evictions is not known yet';
  if (context.nowMs() - silentSince < SILENT_MS)
    return { kind: 'again', afterMs: SILENT_EVERY_MS, state: { ...state, silentSince }, note: `Waiting: ${why}.` };
  await context.observed({ result: 'unknown', note: why, evidence: null });
  return { kind: 'stop', reason: 'cluster-silent', note: `${why}.` };
}

/** A cluster that cannot be seen whole is waited for; nothing is evicted meanwhile. */
function unseen(
  context: StepContext<'kubernetes'>,
  state: DrainState,
  { error, why }: { readonly error: { readonly code: KubernetesErrorCode }; readonly why: string },
): DrainAnswer {
  const silentSince = state.silentSince ?? context.nowMs();
  if (context.nowMs() - silentSince >= SILENT_MS)
    return {
      kind: 'stop',
      reason: isAccessRefused(error.code) ? 'access-refused' : 'cluster-silent',
      note: sentence(why),
    };
  const note = `Waiting, nothing is evicted: ${sentence(why)}`;
  return { kind: 'again', afterMs: SILENT_EVERY_MS, state: { ...state, silentSince }, note };
}

async function decide(
  context: StepContext<'kubernetes'>,
  input: DrainInput,
  state: DrainState,
  view: DrainView,
): Promise<DrainAnswer> {
  const { facts } = input;
  const nowMs = context.nowMs();
  const begun = context.acts.length > 0;
  const drift = [...driftOf(facts, view, nowMs, { begun }), ...(begun ? [] : quorumDrift(input, view))];
  if (drift.length > 0) return { kind: 'stop', reason: 'plan-drifted', note: sentence(drift.join('; ')) };
  const limits = waveLimits(input);
  const advanced = advance(view, state.cursor ?? begin(facts.nodes, nowMs), limits, nowMs);
  const wave = nextWave(view, advanced, limits, nowMs);
  const condition = conditionOf(view, facts);
  const before = state.before ?? condition;
  const ended = endOfWave(input, view, { ...wave, before }, nowMs);
  if (ended !== null) return ended;
  if (view.budgets === null && !facts.consents.ignoreBudgets)
    return unseen(context, state, { error: { code: 'forbidden' }, why: 'the budgets could not be listed' });
  const worse = worseThan(before, condition);
  const kept = { ...state, before, silentSince: null, worseSince: worse === null ? null : (state.worseSince ?? nowMs) };
  if (worse !== null) return whileWorse(kept, wave, worse, nowMs);
  const cursor = await evictAll(context, input, wave);
  return {
    kind: 'again',
    afterMs: wave.waitMs,
    state: { ...kept, cursor },
    note: sentence([wave.words, ...appeared(facts, view), ...budgetChanges(facts, view)].join('; ')),
    tree: wave.lines,
  };
}

/** The plan was made when etcd could spare these nodes. Asked again before the first eviction; later the nodes are half empty, and cordoned. */
function quorumDrift({ facts, keptCordoned = [] }: DrainInput, view: DrainView): readonly string[] {
  const names = facts.nodes.map(({ name }) => name);
  const blocks = etcdChecks(view, names, keptCordoned).filter(({ verdict }) => verdict === 'block');
  return blocks.map(({ title, evidence }) => `${title}: ${evidence}`);
}

/** Nodes that fit and were not part of the plan: told as long as the others are drained, asked about at the end. */
function appeared(facts: DrainFacts, view: DrainView): readonly string[] {
  return newNodes(view, facts).map((node) => `${newNodeWords(node)}: it is not drained`);
}

function whileWorse(state: DrainState, wave: Wave, worse: string, nowMs: number): DrainAnswer {
  const note = `${sentence(worse)} ${sentence(wave.words)}`;
  if (nowMs - (state.worseSince ?? nowMs) >= WORSE_MS) return { kind: 'stop', reason: 'cluster-worse', note };
  return {
    kind: 'again',
    afterMs: WORSE_EVERY_MS,
    state: { ...state, cursor: wave.cursor },
    note: `Waiting, nothing is evicted: ${note}`,
    tree: wave.lines,
  };
}

/** Node by node, because each announcement names one. */
async function evictAll(context: StepContext<'kubernetes'>, input: DrainInput, wave: Wave): Promise<Cursor> {
  let { cursor } = wave;
  const byNode = Map.groupBy(
    wave.evict.map(({ pod }) => pod),
    ({ node }) => node,
  );
  for (const pods of byNode.values()) {
    if (context.stopping) break;
    cursor = await evictPods(context, input, cursor, pods);
  }
  return cursor;
}
