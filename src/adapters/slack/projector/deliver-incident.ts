import { createHash } from 'node:crypto';
import { type Incident, nextIncident, runsOf } from '../../../core/incident.ts';
import type { CardRecord, IncidentRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import { parseTime } from '../../../core/time.ts';
import type { Message } from '../render/blocks.ts';
import { shorten } from '../render/fit.ts';
import { type IncidentMessage, renderIncident } from '../render/incident.ts';
import { locksOut, refusesContent, resultWords, type SlackFailure, type SlackResult } from '../result.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import { type Lane, noteFailure, noteSuccess, openFrom, type PacedMethod, type ProjectorMemory } from './memory.ts';
import { holdOffice, saveIncident } from './office.ts';

/** Clocks of Slack and of Drydock may differ by this much, s. */
const CLOCK_SLACK_S = 300;
/** Messages of a channel that are looked through at most, from the newest back to when the message was announced. */
const LOOK_BACK = 2000;
/** A link that Slack does not tell is asked for again so often, and after this, ms. */
const MOST_LINK_TRIES = 10;
const LINK_PAUSE_MS = 30_000;
/** Of an incident that is told without blocks. */
const TEXT_BYTES = 2000;

/**
 * Keeps the incidents channel of a run's cluster current: one message an incident, changed when the incident changes. A
 * run is looked at until this is delivered, and looking again changes nothing.
 */
export async function deliverIncident(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  state: RunState,
  card: CardRecord,
): Promise<Delivery> {
  const cluster = state.request?.cluster ?? '';
  const channel = deps.incidentsChannel(cluster);
  if (channel === null) return DONE;
  const stored = await deps.cards.incident(cluster);
  const next = nextIncident(stored?.incident ?? null, state);
  if (next === null) return DONE;
  const record = await withLink(deps, recordOf(stored, next, channel), state, card);
  const delivery = await deliver(deps, memory, state, { stored, record });
  return delivery.kind === 'later' ? delivery : linkLater(deps, memory, record, { state, card });
}

/** Without its link, the message is told all the same; the link is asked for again a few times. */
function linkLater(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  record: IncidentRecord,
  { state, card }: { readonly state: RunState; readonly card: CardRecord },
): Delivery {
  const tries = memory.missingLinks.get(state.id) ?? 0;
  if (!lacksLink(record, state, card) || tries >= MOST_LINK_TRIES) return DONE;
  memory.missingLinks.set(state.id, tries + 1);
  return later(deps.clock.nowMs() + LINK_PAUSE_MS);
}

async function deliver(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  state: RunState,
  { stored, record }: { readonly stored: IncidentRecord | null; readonly record: IncidentRecord },
): Promise<Delivery> {
  const next = record.incident;
  const changed = stored?.incident !== next || stored.links !== record.links;
  if (changed && !(await saveIncident(deps, record))) return later(deps.clock.nowMs());
  const message = renderIncident(next, (runbook) => deps.titleOf(runbook), record.links);
  const digest = createHash('sha256')
    .update(JSON.stringify([message.blocks, message.text]))
    .digest('hex');
  if (record.ts !== null && record.shownDigest === digest) return DONE;
  const refusedMs = memory.refusedUntil.get(record.channel) ?? 0;
  if (deps.clock.nowMs() < refusedMs) return untold(state, record, refusedMs);
  const telling = { deps, memory, state, message, digest };
  if (record.ts === null) return await post(telling, record);
  return await update(telling, { ...record, ts: record.ts });
}

/** A new incident has a message of its own. */
function recordOf(stored: IncidentRecord | null, incident: Incident, channel: string): IncidentRecord {
  return stored !== null && stored.incident.id === incident.id
    ? { ...stored, incident, channel: stored.ts === null && !stored.posting ? channel : stored.channel }
    : { incident, channel, ts: null, posting: false, shownDigest: '', links: {}, doubts: stored?.doubts ?? 0 };
}

/** The link to the card of this run, when the incident names it and it is not known yet. */
async function withLink(
  deps: ProjectorDeps,
  record: IncidentRecord,
  state: RunState,
  card: CardRecord,
): Promise<IncidentRecord> {
  if (card.ts === null || !lacksLink(record, state, card)) return record;
  const link = await deps.slackFor('reserved').permalink({ channel: card.channel, ts: card.ts });
  return link.kind === 'ok' ? { ...record, links: { ...record.links, [state.id]: link.value } } : record;
}

function lacksLink(record: IncidentRecord, state: RunState, card: CardRecord): boolean {
  return card.ts !== null && runsOf(record.incident).includes(state.id) && !Object.hasOwn(record.links, state.id);
}

interface Telling {
  readonly deps: ProjectorDeps;
  readonly memory: ProjectorMemory;
  /** The run because of which it is told. */
  readonly state: RunState;
  readonly message: IncidentMessage;
  readonly digest: string;
}

async function post({ deps, memory, state, message, digest }: Telling, record: IncidentRecord): Promise<Delivery> {
  const lane = laneOf('chat.postMessage', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  if (record.posting) {
    const found = await find(deps, memory, record);
    if (found.kind === 'later') return found;
    if (found.ts !== null) {
      await saveIncident(deps, { ...record, ts: found.ts, posting: false, shownDigest: '' });
      return later(deps.clock.nowMs());
    }
  }
  if (!(await saveIncident(deps, { ...record, posting: true }))) return later(deps.clock.nowMs());
  await deps.reach?.('incident-announced', record.incident.id);
  const place = { channel: record.channel, threadTs: null };
  const result = await orText(message, (each) => deps.slackFor('reserved').post(place, each, message.metadata));
  if (result.kind === 'ok') {
    await deps.reach?.('incident-posted', record.incident.id);
    noteSuccess(memory);
    return await afterSent(deps, state, { ...record, ts: result.value.ts, posting: false, shownDigest: digest });
  }
  // Only an answer that never came leaves open whether the message is there.
  if (result.kind !== 'unavailable') await saveIncident(deps, { ...record, posting: false });
  return afterFailure({ deps, memory, state }, record, lane, result);
}

/** The message; as text alone when Slack refuses what it says. */
async function orText<T>(
  message: IncidentMessage,
  send: (message: Message) => Promise<SlackResult<T>>,
): Promise<SlackResult<T>> {
  const result = await send(message);
  if (result.kind === 'ok' || !refusesContent(result)) return result;
  return await send({ text: shorten(message.text, TEXT_BYTES), blocks: [] });
}

async function update(
  { deps, memory, state, message, digest }: Telling,
  record: IncidentRecord & { readonly ts: string },
): Promise<Delivery> {
  const lane = laneOf('chat.update', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await orText(message, (each) => deps.slackFor('reserved').update(record, each, message.metadata));
  if (result.kind === 'ok') {
    noteSuccess(memory);
    return await afterSent(deps, state, { ...record, shownDigest: digest });
  }
  if (result.kind === 'message-gone') {
    await saveIncident(deps, { ...record, ts: null, posting: false, shownDigest: '' });
    return later(deps.clock.nowMs());
  }
  if (result.kind === 'unavailable' && !(await holdOffice(deps))) await doubt(deps, state, record);
  return afterFailure({ deps, memory, state }, record, lane, result);
}

/** Slack shows it. If another process is elected by now, this may be older than what that one showed: it sends its own again. */
async function afterSent(deps: ProjectorDeps, state: RunState, record: IncidentRecord): Promise<Delivery> {
  if (await saveIncident(deps, record)) return DONE;
  await doubt(deps, state, record);
  return later(deps.clock.nowMs());
}

async function doubt(deps: ProjectorDeps, state: RunState, record: IncidentRecord): Promise<void> {
  await deps.cards.doubtIncident(record.incident.cluster);
  await deps.cards.touch(state.id);
}

function laneOf(method: PacedMethod, record: IncidentRecord): Lane {
  return { method, channel: record.channel, use: 'reserved' };
}

/** What Slack refuses is logged and tried again; meanwhile it holds up no card. */
function afterFailure(
  { deps, memory, state }: Pick<Telling, 'deps' | 'memory' | 'state'>,
  record: IncidentRecord,
  lane: Lane,
  result: SlackFailure,
): Delivery {
  const retryMs = noteFailure(memory, lane, result, deps.clock.nowMs());
  if (result.kind === 'rate-limited') return later(retryMs);
  const words =
    result.kind === 'channel-gone'
      ? 'an incident could not be told: its channel is archived or gone, or the bot is not in it'
      : 'an incident could not be told';
  deps.log.warn(words, {
    incident: record.incident.id,
    channel: record.channel,
    result: resultWords(result),
  });
  if (result.kind === 'unavailable') return later(retryMs);
  memory.refusedUntil.set(record.channel, retryMs);
  return untold(state, record, retryMs);
}

/**
 * The incident waits for its channel. The runs it names, and the one that was judged last, stay marked as changed, so that
 * one of them is always there to tell it, also to a successor; all others need not wait.
 */
function untold({ id }: RunState, { incident }: IncidentRecord, atMs: number): Delivery {
  return runsOf(incident).includes(id) || incident.judged.at(-1) === id ? later(atMs) : DONE;
}

/** The `ts` of a message that was posted although that was not stored; `null`: there is none. */
async function find(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  record: IncidentRecord,
): Promise<{ readonly kind: 'found'; readonly ts: string | null } | (Delivery & { readonly kind: 'later' })> {
  const lane = laneOf('conversations.history', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return { kind: 'later', atMs: fromMs };
  const oldest = Math.floor(parseTime(record.incident.openedAt) / 1000) - CLOCK_SLACK_S;
  const result = await deps.slackFor('reserved').history(record.channel, oldest, LOOK_BACK);
  if (
    result.kind === 'rate-limited' ||
    result.kind === 'unavailable' ||
    (result.kind === 'refused' && locksOut(result))
  ) {
    return { kind: 'later', atMs: noteFailure(memory, lane, result, deps.clock.nowMs()) };
  }
  const messages = result.kind === 'ok' ? result.value : [];
  const mine = messages.find(
    ({ metadata }) =>
      metadata?.event_type === 'drydock_incident' && metadata.event_payload['incident'] === record.incident.id,
  );
  return { kind: 'found', ts: mine?.ts ?? null };
}
