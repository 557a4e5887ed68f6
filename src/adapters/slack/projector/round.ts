import type { CardRecord } from '../../../core/ports/card-store.ts';
import { foldRun, openGate, type RunState } from '../../../core/run-state.ts';
import { parseTime } from '../../../core/time.ts';
import { deliverCard } from './deliver-card.ts';
import { deliverIncident } from './deliver-incident.ts';
import { deliverThread, pendingThread } from './deliver-thread.ts';
import { type Delivery, type ElectedDeps, later } from './deps.ts';
import { lookAtGates } from './look-at-gates.ts';
import { forget, type ProjectorMemory } from './memory.ts';
import { holdOffice, saveCard } from './office.ts';
import { urgencyOf } from './pace.ts';

/** Changes are told at once; this is for those whose word was lost. */
const POLL_MS = 2000;
/** Runs that are looked at in one round. */
const MOST_RUNS = 500;
/** A run that cannot be shown, or not by this version, is looked at again after this. */
const BROKEN_MS = 60_000;
/** After this the round leaves progress and threads to the next one, which sees what became urgent meanwhile. */
const ROUND_MS = 2000;

/** One run in a round: what is known of its card changes while it is delivered. */
interface Turn {
  readonly deps: ElectedDeps;
  readonly state: RunState;
  readonly events: readonly unknown[];
  card: CardRecord;
  /** When to look again, ms; `null`: all is delivered so far. */
  atMs: number | null;
}

/** Work on some of the runs of a round. */
interface Stage {
  readonly turns: readonly Turn[];
  readonly work: (turn: Turn) => Promise<void>;
  /** The next round may do it as well. */
  readonly mayWait: boolean;
}

/**
 * Delivers what changed, the most urgent of all runs first: gates and endings, incidents, first cards, calls for people,
 * progress, threads. Answers when the next round is due, ms.
 */
export async function projectAll(deps: ElectedDeps, memory: ProjectorMemory): Promise<number> {
  const startMs = deps.clock.nowMs();
  const { turns, nextMs } = await turnsOf(deps, memory);
  const live = turns.length === 0 ? 0 : (await deps.runs.unfinished()).length;
  for (const { turns: some, work, mayWait } of stagesOf(memory, turns, live)) {
    for (const turn of some) {
      const nowMs = deps.clock.nowMs();
      if (mayWait && nowMs - startMs >= ROUND_MS) note(turn, { kind: 'later', atMs: nowMs });
      else await alone(turn, async () => await work(turn));
    }
  }
  for (const turn of turns) await alone(turn, async () => await close(memory, turn));
  await lookAtGates(deps, memory, startMs + ROUND_MS);
  return Math.min(nextMs, ...turns.flatMap((turn) => turn.atMs ?? []));
}

/** What goes wrong with one run (a record that cannot be read, a text that cannot be made) must not stop the others. */
async function alone(turn: Turn, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    note(turn, later(await brokenUntil(turn.deps, thrown)));
  }
}

/** When to look again at a run with which something went wrong, ms. Throws when the store is away: then all runs wait. */
async function brokenUntil(deps: ElectedDeps, thrown: unknown): Promise<number> {
  await holdOffice(deps);
  deps.log.error('a run could not be shown; the others go on', {
    error: thrown instanceof Error ? thrown.message : String(thrown),
  });
  return deps.clock.nowMs() + BROKEN_MS;
}

function stagesOf(memory: ProjectorMemory, turns: readonly Turn[], live: number): readonly Stage[] {
  const show = async (turn: Turn): Promise<void> => await showCard(memory, turn, live);
  const tell = async (turn: Turn): Promise<void> => await tellThread(memory, turn);
  const urgent = new Set(turns.filter(isUrgent));
  const first = new Set(turns.filter((turn) => turn.card.ts === null && !urgent.has(turn)));
  const tellOf = async (turn: Turn): Promise<void> => await tellIncident(memory, turn);
  const ended = turns.filter(({ state }) => state.ended !== null).toSorted((a, b) => endedMs(a) - endedMs(b));
  const calls = new Set(turns.filter((turn) => pendingThread(turn.deps, turn.card, turn.events).use === 'reserved'));
  return [
    { turns: [...urgent], work: show, mayWait: false },
    { turns: ended, work: tellOf, mayWait: false },
    { turns: [...first], work: show, mayWait: false },
    // An incident links the card of the run that works on it, so that comes first.
    { turns: turns.filter(({ state }) => state.ended === null), work: tellOf, mayWait: false },
    { turns: [...calls], work: tell, mayWait: false },
    {
      turns: longestUnshown(
        memory,
        turns.filter((turn) => !urgent.has(turn) && !first.has(turn)),
      ),
      work: show,
      mayWait: true,
    },
    { turns: turns.filter((turn) => !calls.has(turn)), work: tell, mayWait: true },
  ];
}

/** Endings are told in their order: what a later one says of the cluster replaces what an earlier one said. */
function endedMs({ state }: Turn): number {
  return state.ended === null ? Infinity : parseTime(state.ended.at);
}

/** Those whose card was sent longest ago first: a run that changes all the time keeps its place among the changed ones. */
function longestUnshown(memory: ProjectorMemory, turns: readonly Turn[]): readonly Turn[] {
  const sentAt = (turn: Turn): number => memory.sentAt.get(turn.state.id) ?? 0;
  return turns.toSorted((a, b) => sentAt(a) - sentAt(b));
}

/** A gate or an ending: what people wait for changed, and it is not just that the run is new. */
function isUrgent({ card, state }: Turn): boolean {
  const awaited = card.ts !== null || state.ended !== null || openGate(state) !== null;
  return awaited && card.shownUrgency !== urgencyOf(state);
}

/** The runs that changed, longest waiting first, without those of which nothing new is known and nothing is due. */
async function turnsOf(
  given: ElectedDeps,
  memory: ProjectorMemory,
): Promise<{ readonly turns: readonly Turn[]; readonly nextMs: number }> {
  let nextMs = given.clock.nowMs() + POLL_MS;
  const turns: Turn[] = [];
  // Runs that wait take no place of those that do not.
  const dirty = await given.cards.dirty(MOST_RUNS + memory.waiting.size);
  const ids = new Set(dirty.map(({ runId }) => runId));
  for (const runId of memory.waiting.keys()) if (!ids.has(runId)) memory.waiting.delete(runId);
  for (const { runId, version } of dirty) {
    const waiting = memory.waiting.get(runId);
    if (waiting?.version === version && given.clock.nowMs() < waiting.atMs) {
      nextMs = Math.min(nextMs, waiting.atMs);
      continue;
    }
    if (turns.length >= MOST_RUNS) return { turns, nextMs: given.clock.nowMs() };
    try {
      const turn = await turnOf(given, runId);
      if (turn === 'of-another-version') memory.waiting.set(runId, { version, atMs: given.clock.nowMs() + BROKEN_MS });
      else if (turn !== null) turns.push(turn);
      else {
        memory.waiting.delete(runId);
        await given.cards.clean(runId, version);
      }
    } catch (thrown) {
      const deps = { ...given, log: given.log.with({ run: runId }) };
      memory.waiting.set(runId, { version, atMs: await brokenUntil(deps, thrown) });
    }
  }
  return { turns, nextMs };
}

/** What is stored of a run; `null`: nothing. Without a request that can be read, it is not known where its card belongs. */
async function turnOf(given: ElectedDeps, runId: string): Promise<Turn | 'of-another-version' | null> {
  const record = await given.runs.read(runId);
  if (record === null) return null;
  const state = foldRun(record);
  if (state.request === null) return 'of-another-version';
  const deps = { ...given, log: given.log.with({ run: state.id, cluster: state.request.cluster }) };
  const card = (await given.cards.card(runId)) ?? newCard(state);
  return { deps, state, events: record.events, card, atMs: null };
}

async function showCard(memory: ProjectorMemory, turn: Turn, live: number): Promise<void> {
  const { card, delivery } = await deliverCard(turn.deps, memory, turn.state, turn.card, live);
  turn.card = card;
  note(turn, delivery);
}

async function tellIncident(memory: ProjectorMemory, turn: Turn): Promise<void> {
  note(turn, await deliverIncident(turn.deps, memory, turn.state, turn.card));
}

async function tellThread(memory: ProjectorMemory, turn: Turn): Promise<void> {
  const { ts } = turn.card;
  if (ts === null) return;
  const { card, delivery } = await deliverThread(turn.deps, memory, { ...turn.card, ts }, turn.events);
  turn.card = card;
  note(turn, delivery);
}

function note(turn: Turn, delivery: Delivery): void {
  if (delivery.kind === 'later') turn.atMs = Math.min(turn.atMs ?? Infinity, delivery.atMs);
}

/** Marks a run as delivered, or remembers when to go on. */
async function close(memory: ProjectorMemory, { deps, state, card, atMs }: Turn): Promise<void> {
  const { id, version } = state;
  // What this version cannot read, a newer projector must still find.
  const againMs = atMs ?? (state.unknown === null ? null : deps.clock.nowMs() + BROKEN_MS);
  if (againMs !== null) {
    memory.waiting.set(id, { version, atMs: againMs });
    return;
  }
  memory.waiting.delete(id);
  if (state.ended !== null) {
    if (!card.final && !(await saveCard(deps, { ...card, final: true }))) return;
    forget(memory, id);
  }
  await deps.cards.clean(id, version);
}

function newCard(state: RunState): CardRecord {
  return {
    runId: state.id,
    channel: state.request?.origin.channel ?? '',
    threadTs: state.request?.origin.threadTs ?? null,
    ts: null,
    posting: false,
    shownVersion: -1,
    shownDigest: '',
    shownUrgency: '',
    doubts: 0,
    replaces: null,
    threadEvents: 0,
    final: false,
  };
}
