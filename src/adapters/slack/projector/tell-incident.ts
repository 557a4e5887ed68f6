import { createHash } from 'node:crypto';
import { type Incident, runsOf } from '../../../core/incident.ts';
import type { IncidentMessageRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import type { Message } from '../render/blocks.ts';
import { shorten } from '../render/fit.ts';
import { type IncidentMessage, renderIncident } from '../render/incident.ts';
import { refusesContent, resultWords, type SlackFailure, type SlackResult } from '../result.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import { findIncident } from './find-incident.ts';
import { type Lane, noteFailure, noteSuccess, openFrom, type PacedMethod, type ProjectorMemory } from './memory.ts';
import { holdOffice } from './office.ts';

/** Of an incident that is told without blocks. */
const TEXT_BYTES = 2000;

/** Where the message on an incident is kept, and who speaks for it. */
export interface Telling {
  readonly deps: ProjectorDeps;
  readonly memory: ProjectorMemory;
  /** The run because of which it is told. */
  readonly state: RunState;
  /** The newest incident of the cluster. */
  readonly newest: Incident;
  /** A later incident began before this one's last words were told: a message that somebody deleted stays deleted. */
  readonly over: boolean;
  /** Stores what is known of the message; false: another process is elected. */
  readonly save: (record: IncidentMessageRecord) => Promise<boolean>;
}

/** What the message on an incident says, and its fingerprint. */
interface IncidentWords {
  readonly message: IncidentMessage;
  readonly digest: string;
}

/** The message on an incident as it is now. */
function wordsOf(
  deps: Pick<ProjectorDeps, 'titleOf'>,
  { incident, links }: Pick<IncidentMessageRecord, 'incident' | 'links'>,
): IncidentWords {
  const message = renderIncident(incident, (runbook) => deps.titleOf(runbook), links);
  const digest = createHash('sha256')
    .update(JSON.stringify([message.blocks, message.text]))
    .digest('hex');
  return { message, digest };
}

/** Whether Slack shows the message on an incident as it is now. */
export function isTold(deps: Pick<ProjectorDeps, 'titleOf'>, record: IncidentMessageRecord): boolean {
  return record.ts !== null && record.shownDigest === wordsOf(deps, record).digest;
}

/** Brings the message on an incident to what the incident is now: posts it, updates it, or finds the one that was posted. */
export async function tellIncident(telling: Telling, record: IncidentMessageRecord): Promise<Delivery> {
  const { deps, memory } = telling;
  const words = wordsOf(deps, record);
  if (isTold(deps, record)) return DONE;
  const { refusedUntil } = memory;
  const refusedMs = Math.max(refusedUntil.get(record.channel) ?? 0, refusedUntil.get(record.incident.id) ?? 0);
  if (deps.clock.nowMs() < refusedMs) return untold(telling, refusedMs);
  if (record.ts === null) return await post(telling, record, words);
  return await update(telling, { ...record, ts: record.ts }, words);
}

async function post(
  telling: Telling,
  record: IncidentMessageRecord,
  { message, digest }: IncidentWords,
): Promise<Delivery> {
  const { deps, memory, save } = telling;
  const lane = laneOf('chat.postMessage', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  if (record.posting) {
    const found = await findIncident(deps, memory, record);
    if (found.kind === 'later') return found;
    if (found.ts !== null) {
      await save({ ...record, ts: found.ts, posting: false, shownDigest: '' });
      return later(deps.clock.nowMs());
    }
  }
  if (!(await save({ ...record, posting: true }))) return later(deps.clock.nowMs());
  await deps.reach?.('incident-announced', record.incident.id);
  const place = { channel: record.channel, threadTs: null };
  const result = await orText(message, (each) => deps.slackFor('reserved').post(place, each, message.metadata));
  if (result.kind === 'ok') {
    await deps.reach?.('incident-posted', record.incident.id);
    noteSuccess(memory);
    return await afterSent(telling, { ...record, ts: result.value.ts, posting: false, shownDigest: digest });
  }
  // Only an answer that never came leaves open whether the message is there.
  if (result.kind !== 'unavailable') await save({ ...record, posting: false });
  return afterFailure(telling, record, lane, result);
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
  telling: Telling,
  record: IncidentMessageRecord & { readonly ts: string },
  { message, digest }: IncidentWords,
): Promise<Delivery> {
  const { deps, memory, save, over } = telling;
  const lane = laneOf('chat.update', record);
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await orText(message, (each) => deps.slackFor('reserved').update(record, each, message.metadata));
  if (result.kind === 'ok') {
    noteSuccess(memory);
    return await afterSent(telling, { ...record, shownDigest: digest });
  }
  if (result.kind === 'message-gone') {
    if (over && result.error === 'message_not_found')
      return await afterSent(telling, { ...record, shownDigest: digest });
    await save({ ...record, ts: null, posting: false, shownDigest: '' });
    return later(deps.clock.nowMs());
  }
  if (result.kind === 'unavailable' && !(await holdOffice(deps))) await doubt(telling);
  return afterFailure(telling, record, lane, result);
}

/** Slack shows it. If another process is elected by now, this may be older than what that one showed: it sends its own again. */
async function afterSent(telling: Telling, record: IncidentMessageRecord): Promise<Delivery> {
  if (await telling.save(record)) return DONE;
  await doubt(telling);
  return later(telling.deps.clock.nowMs());
}

async function doubt({ deps, state, newest }: Telling): Promise<void> {
  await deps.cards.doubtIncident(newest.cluster);
  await deps.cards.touch(state.id);
}

function laneOf(method: PacedMethod, record: IncidentMessageRecord): Lane {
  return { method, channel: record.channel, use: 'reserved' };
}

/** What Slack refuses is logged and tried again; meanwhile it holds up no card. */
function afterFailure(telling: Telling, record: IncidentMessageRecord, lane: Lane, result: SlackFailure): Delivery {
  const { deps, memory } = telling;
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
  // What is refused of one incident must not hold up another.
  memory.refusedUntil.set(result.kind === 'channel-gone' ? record.channel : record.incident.id, retryMs);
  return untold(telling, retryMs);
}

/**
 * The incident waits for its channel. The runs that the newest one names, and the one that was judged last, stay marked as
 * changed, so that one of them is always there to tell it, also to a successor; all others need not wait.
 */
function untold({ state, newest }: Telling, atMs: number): Delivery {
  return runsOf(newest).includes(state.id) || newest.judged.at(-1) === state.id ? later(atMs) : DONE;
}
