import { createHash } from 'node:crypto';
import { type Incident, nextIncident, runsOf } from '../../../core/incident.ts';
import type { CardRecord, IncidentRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import { parseTime } from '../../../core/time.ts';
import { type IncidentMessage, renderIncident } from '../render/incident.ts';
import { resultWords, type SlackFailure } from '../result.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import { type Lane, noteFailure, noteSuccess, openFrom, type PacedMethod, type ProjectorMemory } from './memory.ts';
import { holdOffice, saveIncident } from './office.ts';

/** Clocks of Slack and of Drydock may differ by this much, s. */
const CLOCK_SLACK_S = 300;
const LOOK_BACK = 200;

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
  const changed = stored?.incident !== next || stored.links !== record.links;
  if (changed && !(await saveIncident(deps, record))) return later(deps.clock.nowMs());
  const message = renderIncident(next, (runbook) => deps.titleOf(runbook), record.links);
  const digest = createHash('sha256')
    .update(JSON.stringify([message.blocks, message.text]))
    .digest('hex');
  if (deps.clock.nowMs() < (memory.refusedUntil.get(record.channel) ?? 0)) return DONE;
  const telling = { deps, memory, state, message, digest };
  if (record.ts === null) return await post(telling, record);
  if (record.shownDigest === digest) return DONE;
  return await update(telling, { ...record, ts: record.ts });
}

/** A new incident has a message of its own. */
function recordOf(stored: IncidentRecord | null, incident: Incident, channel: string): IncidentRecord {
  return stored !== null && stored.incident.id === incident.id
    ? { ...stored, incident }
    : { incident, channel, ts: null, posting: false, shownDigest: '', links: {}, doubts: stored?.doubts ?? 0 };
}

/** The link to the card of this run, when the incident names it and it is not known yet. */
async function withLink(
  deps: ProjectorDeps,
  record: IncidentRecord,
  state: RunState,
  card: CardRecord,
): Promise<IncidentRecord> {
  const named = runsOf(record.incident).includes(state.id);
  if (!named || card.ts === null || Object.hasOwn(record.links, state.id)) return record;
  const link = await deps.slackFor('reserved').permalink({ channel: card.channel, ts: card.ts });
  return link.kind === 'ok' ? { ...record, links: { ...record.links, [state.id]: link.value } } : record;
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
  const result = await deps
    .slackFor('reserved')
    .post({ channel: record.channel, threadTs: null }, message, message.metadata);
  if (result.kind === 'ok') {
    await deps.reach?.('incident-posted', record.incident.id);
    noteSuccess(memory);
    return await afterSent(deps, state, { ...record, ts: result.value.ts, posting: false, shownDigest: digest });
  }
  // Only an answer that never came leaves open whether the message is there.
  if (result.kind !== 'unavailable') await saveIncident(deps, { ...record, posting: false });
  return afterFailure(deps, memory, record, lane, result);
}

async function update(
  { deps, memory, state, message, digest }: Telling,
  record: IncidentRecord & { readonly ts: string },
): Promise<Delivery> {
  const lane = laneOf('chat.update', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await deps.slackFor('reserved').update(record, message, message.metadata);
  if (result.kind === 'ok') {
    noteSuccess(memory);
    return await afterSent(deps, state, { ...record, shownDigest: digest });
  }
  if (result.kind === 'message-gone') {
    await saveIncident(deps, { ...record, ts: null, posting: false, shownDigest: '' });
    return later(deps.clock.nowMs());
  }
  if (result.kind === 'unavailable' && !(await holdOffice(deps))) await doubt(deps, state, record);
  return afterFailure(deps, memory, record, lane, result);
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

/** What may pass is tried again. The rest is logged: a channel without the bot must not hold up the cards. */
function afterFailure(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  record: IncidentRecord,
  lane: Lane,
  result: SlackFailure,
): Delivery {
  const retryMs = noteFailure(memory, lane, result, deps.clock.nowMs());
  if (result.kind === 'rate-limited') return later(retryMs);
  deps.log.warn('an incident could not be told: is the bot in its channel?', {
    incident: record.incident.id,
    channel: record.channel,
    result: resultWords(result),
  });
  if (result.kind === 'unavailable') return later(retryMs);
  memory.refusedUntil.set(record.channel, retryMs);
  return DONE;
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
  if (result.kind === 'rate-limited' || result.kind === 'unavailable') {
    return { kind: 'later', atMs: noteFailure(memory, lane, result, deps.clock.nowMs()) };
  }
  const messages = result.kind === 'ok' ? result.value : [];
  const mine = messages.find(
    ({ metadata }) =>
      metadata?.event_type === 'drydock_incident' && metadata.event_payload['incident'] === record.incident.id,
  );
  return { kind: 'found', ts: mine?.ts ?? null };
}
