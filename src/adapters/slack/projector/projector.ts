import type { CardRecord } from '../../../core/ports/card-store.ts';
import { foldRun, type RunState } from '../../../core/run-state.ts';
import { deliverCard } from './deliver-card.ts';
import { deliverIncident } from './deliver-incident.ts';
import { deliverThread } from './deliver-thread.ts';
import type { ProjectorDeps } from './deps.ts';
import { createMemory, forget, type ProjectorMemory } from './memory.ts';
import { holdOffice, leaveOffice } from './office.ts';
import { urgencyOf } from './pace.ts';

/** Turns run records into Slack messages. One process at a time does; others wait for their election. */
export interface Projector {
  /** One round over all runs that changed. Answers when the next is due, ms since the epoch. Never throws. */
  round(): Promise<number>;
  /** Rounds until the signal fires; wakes up when a run changes. Gives up the office at the end. */
  run(signal: AbortSignal): Promise<void>;
}

const STAND_BY_MS = 5000;
/** Changes are told at once; this is for those whose word was lost. */
const POLL_MS = 2000;
const MOST_RUNS = 500;

/** Makes a projector. */
export function createProjector(deps: ProjectorDeps): Projector {
  let memory: ProjectorMemory | null = null;
  async function round(): Promise<number> {
    try {
      const elected = await holdOffice(deps);
      memory = elected ? (memory ?? createMemory()) : null;
      return memory === null ? deps.clock.nowMs() + STAND_BY_MS : await projectAll(deps, memory);
    } catch (thrown) {
      deps.log.warn('the projector could not do its round; it tries again', {
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return deps.clock.nowMs() + POLL_MS;
    }
  }
  return { round, run: async (signal) => await loop(deps, round, signal) };
}

async function projectAll(deps: ProjectorDeps, memory: ProjectorMemory): Promise<number> {
  const dirty = await deps.cards.dirty(MOST_RUNS);
  const live = dirty.length === 0 ? 0 : (await deps.runs.unfinished()).length;
  let nextMs = deps.clock.nowMs() + POLL_MS;
  const waiting: { readonly state: RunState; readonly events: readonly unknown[] }[] = [];
  for (const { runId, version } of dirty) {
    const record = await deps.runs.read(runId);
    const state = record === null ? null : foldRun(record);
    if (record === null || state === null || state.request === null) await deps.cards.clean(runId, version);
    else waiting.push({ state, events: record.events });
  }
  const urgentFirst = waiting.toSorted((a, b) => Number(isUrgent(memory, b.state)) - Number(isUrgent(memory, a.state)));
  for (const { state, events } of urgentFirst) {
    if (!(await holdOffice(deps))) return deps.clock.nowMs() + STAND_BY_MS;
    const atMs = await projectOne(deps, memory, state, events, live);
    if (atMs !== null) nextMs = Math.min(nextMs, atMs);
  }
  return nextMs;
}

function isUrgent(memory: ProjectorMemory, state: RunState): boolean {
  return memory.urgency.get(state.id) !== urgencyOf(state);
}

/** Delivers one run. Answers when to try again, ms; `null`: all is delivered. */
async function projectOne(
  given: ProjectorDeps,
  memory: ProjectorMemory,
  state: RunState,
  events: readonly unknown[],
  live: number,
): Promise<number | null> {
  const deps = { ...given, log: given.log.with({ run: state.id, cluster: state.request?.cluster ?? '' }) };
  const stored = (await deps.cards.card(state.id)) ?? newCard(state);
  const shown = await deliverCard(deps, memory, state, stored, live);
  let { card } = shown;
  let atMs = shown.delivery.kind === 'later' ? shown.delivery.atMs : null;
  if (card.ts !== null) {
    const told = await deliverThread(deps, memory, { ...card, ts: card.ts }, events);
    card = told.card;
    if (told.delivery.kind === 'later') atMs = atMs === null ? told.delivery.atMs : Math.min(atMs, told.delivery.atMs);
  }
  const kept = await deliverIncident(deps, memory, state, card);
  if (kept.kind === 'later') atMs = atMs === null ? kept.atMs : Math.min(atMs, kept.atMs);
  if (atMs !== null) return atMs;
  if (state.ended !== null && !card.final) {
    await deps.cards.save({ ...card, final: true });
    forget(memory, state.id);
  }
  await deps.cards.clean(state.id, state.version);
  return null;
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
    threadEvents: 0,
    final: false,
  };
}

async function loop(deps: ProjectorDeps, round: () => Promise<number>, signal: AbortSignal): Promise<void> {
  let wake = new AbortController();
  let rang = false;
  const stopListening = await deps.cards
    .onChange(() => {
      rang = true;
      wake.abort();
    })
    .catch(() => async () => undefined);
  while (!signal.aborted) {
    rang = false;
    wake = new AbortController();
    const nextMs = await round();
    const pauseMs = Math.max(rang ? 0 : MIN_PAUSE_MS, Math.min(POLL_MS, nextMs - deps.clock.nowMs()));
    if (!rang) await deps.clock.sleep(pauseMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
  }
  await stopListening();
  await leaveOffice(deps).catch(() => undefined);
}

/** Keeps a round that always answers "now" from spinning. */
const MIN_PAUSE_MS = 20;
