import { createHash } from 'node:crypto';
import type { CardRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import { type Card, renderCard } from '../render/card.ts';
import { code } from '../render/escape.ts';
import { shorten } from '../render/fit.ts';
import { refusesContent, resultWords, type SlackFailure, type SlackResult } from '../result.ts';
import { type Delivery, type ElectedDeps, later, type ProjectorDeps } from './deps.ts';
import { findCard } from './find-card.ts';
import { emptyThread } from './in-thread.ts';
import { goneUntil, type Lane, noteFailure, noteSuccess, openFrom, type ProjectorMemory } from './memory.ts';
import { holdOffice, saveCard } from './office.ts';
import { LEAST_INTERVAL_MS, updateIntervalMs, urgencyOf } from './pace.ts';
import { retireCard } from './retire-card.ts';

/** The card as stored after the delivery, and how it went. */
export interface CardDelivery {
  readonly card: CardRecord;
  readonly delivery: Delivery;
}

/** Brings the card of a run to what the run is now: posts it, updates it, or finds the one that was posted. */
export async function deliverCard(
  deps: ElectedDeps,
  memory: ProjectorMemory,
  state: RunState,
  stored: CardRecord,
  live: number,
): Promise<CardDelivery> {
  const sending = { deps, memory, state };
  if (stored.ts === null) return await postCard(sending, stored);
  const urgent = stored.shownUrgency !== urgencyOf(state);
  const dueMs = urgent ? 0 : progressDueMs(memory, state.id, live);
  const lane: Lane = { method: 'chat.update', channel: stored.channel, use: urgent ? 'reserved' : 'ordinary' };
  const fromMs = Math.max(dueMs, openFrom(memory, lane));
  // Most changes come while the card must wait anyway: it is rendered when it is its turn.
  if (deps.clock.nowMs() < fromMs) return { card: stored, delivery: later(fromMs) };
  return await updateCard(sending, { ...stored, ts: stored.ts }, lane);
}

/** Sends a posted card as it is now, also when it says nothing new: only that tells whether it is still there. */
export async function resendCard(
  deps: ElectedDeps,
  memory: ProjectorMemory,
  state: RunState,
  stored: CardRecord & { readonly ts: string },
  lane: Lane,
): Promise<CardRecord> {
  return (await updateCard({ deps, memory, state }, { ...stored, shownDigest: '' }, lane)).card;
}

/** The interval of many cards is between updates. Counted from the posting, new cards would wait while the budget is unused. */
function progressDueMs(memory: ProjectorMemory, runId: string, live: number): number {
  const { sentAt, postedAt } = memory;
  return Math.max((postedAt.get(runId) ?? 0) + LEAST_INTERVAL_MS, (sentAt.get(runId) ?? 0) + updateIntervalMs(live));
}

interface Sending {
  readonly deps: ElectedDeps;
  readonly memory: ProjectorMemory;
  readonly state: RunState;
}

interface Shown {
  readonly card: Card;
  readonly digest: string;
}

function done(card: CardRecord): CardDelivery {
  return { card, delivery: { kind: 'done' } };
}

function shownFor({ deps, state }: Sending, stored: CardRecord): Shown {
  const title = deps.titleOf(state.request?.runbook ?? '');
  const wanted = state.request?.origin.channel ?? stored.channel;
  const displacedFrom = wanted === stored.channel ? null : wanted;
  const { replaces } = stored;
  const card = renderCard(state, { title, replaces, displacedFrom, peopleOf: (role) => deps.peopleOf(role) });
  const { version: _version, ...told } = card.metadata.event_payload;
  const digest = createHash('sha256')
    .update(JSON.stringify([card.blocks, card.text, told]))
    .digest('hex');
  return { card, digest };
}

/** The card without what may be long; for what Slack still refuses. The thread has everything. */
function brief(card: Card): Card {
  const kept = card.blocks.filter((block) => /^(?:head|state|gate|buttons)\./.test(block.block_id));
  return { ...card, text: card.text.split('\n', 1)[0] ?? '', blocks: kept };
}

/** The state of the run without anything that Slack could refuse. */
function oneLine(card: Card): Card {
  const { event_type, event_payload } = card.metadata;
  const run = event_payload['run'] ?? '';
  const more = `Slack does not show the whole card; ${code(`/kube show ${run}`)} has it.`;
  const text = `${shorten(card.text.split('\n', 1)[0] ?? '', 500)}\n${more}`;
  return { text, blocks: [], metadata: { event_type, event_payload: { run } } };
}

async function postCard(sending: Sending, stored: CardRecord): Promise<CardDelivery> {
  const { deps, memory, state } = sending;
  const lane: Lane = { method: 'chat.postMessage', channel: stored.channel, use: 'reserved' };
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return { card: stored, delivery: later(fromMs) };
  const goneMs = goneUntil(memory, lane);
  if (deps.clock.nowMs() < goneMs) return await elsewhere(sending, stored, goneMs);
  if (stored.posting) {
    const found = await findCard(deps, memory, stored, state);
    if (found.kind === 'later') return { card: stored, delivery: found };
    // What it shows is not known, so it is updated at once.
    if (found.ts !== null)
      return await keep(deps, { ...stored, ts: found.ts, posting: false, ...UNKNOWN }, deps.clock.nowMs());
  }
  const shown = shownFor(sending, stored);
  const announced: CardRecord = { ...stored, posting: true };
  if (!(await saveCard(deps, announced))) return { card: stored, delivery: later(deps.clock.nowMs()) };
  await deps.reach?.('card-announced', state.id);
  const result = await withBrief(deps, shown.card, (card) =>
    deps.slackFor('reserved').post(announced, card, card.metadata),
  );
  if (result.kind !== 'ok') return await afterNoPost(sending, announced, lane, result);
  await deps.reach?.('card-posted', state.id);
  // A card that is new has an empty thread.
  if (stored.shownVersion < 0 && stored.threadEvents === 0) memory.threads.set(state.id, emptyThread());
  const posted = { ...announced, ts: result.value.ts, posting: false };
  const sent = await afterSent(sending, shown, posted);
  memory.sentAt.delete(state.id);
  memory.postedAt.set(state.id, deps.clock.nowMs());
  if (sent.delivery.kind === 'later') await retireCard(deps, posted);
  return sent;
}

async function afterNoPost(
  sending: Sending,
  announced: CardRecord,
  lane: Lane,
  result: SlackFailure,
): Promise<CardDelivery> {
  const { deps, memory } = sending;
  const retryMs = noteFailure(memory, lane, result, deps.clock.nowMs());
  if (result.kind !== 'rate-limited')
    deps.log.warn('a card could not be posted', { channel: announced.channel, result: resultWords(result) });
  // Only an answer that never came leaves open whether the card is there.
  if (result.kind === 'unavailable') return { card: announced, delivery: later(retryMs) };
  if (result.kind === 'channel-gone') return await moveToOps(sending, announced, retryMs);
  // The thread it was asked in is gone.
  if (result.kind === 'message-gone' && announced.threadTs !== null)
    return await keep(deps, { ...announced, threadTs: null, posting: false }, deps.clock.nowMs());
  return await keep(deps, { ...announced, posting: false }, retryMs);
}

async function updateCard(
  sending: Sending,
  stored: CardRecord & { readonly ts: string },
  lane: Lane,
): Promise<CardDelivery> {
  const { deps, memory, state } = sending;
  const shown = shownFor(sending, stored);
  if (stored.shownDigest === shown.digest) return done(stored);
  const goneMs = goneUntil(memory, lane);
  if (deps.clock.nowMs() < goneMs) return await elsewhere(sending, stored, goneMs);
  const result = await withBrief(deps, shown.card, (card) =>
    deps.slackFor(lane.use).update(stored, card, card.metadata),
  );
  if (result.kind === 'ok') return await afterSent(sending, shown, stored);
  if (result.kind !== 'rate-limited')
    deps.log.warn('a card could not be updated', { channel: stored.channel, result: resultWords(result) });
  if (result.kind === 'message-gone') return await replaceCard(deps, memory, state, stored, result);
  // Whoever stood still for so long that another is elected may have written over what that one wrote.
  if (result.kind === 'unavailable' && !(await holdOffice(deps))) await deps.cards.doubt(state.id);
  const retryMs = noteFailure(memory, lane, result, deps.clock.nowMs());
  if (result.kind === 'channel-gone') return await moveToOps(sending, stored, retryMs);
  return { card: stored, delivery: later(retryMs) };
}

/** Slack shows it. If another process is elected by now, this may be older than what that one showed: it sends its own again. */
async function afterSent({ deps, memory, state }: Sending, shown: Shown, sent: CardRecord): Promise<CardDelivery> {
  noteSuccess(memory);
  memory.sentAt.set(state.id, deps.clock.nowMs());
  const card: CardRecord = {
    ...sent,
    shownVersion: state.version,
    shownDigest: shown.digest,
    shownUrgency: urgencyOf(state),
  };
  if (await saveCard(deps, card)) return done(card);
  await deps.cards.doubt(state.id);
  return { card, delivery: later(deps.clock.nowMs()) };
}

/** The card; what Slack refuses because of what it says is said in less, at last in one line. */
async function withBrief<T>(
  deps: ElectedDeps,
  card: Card,
  send: (card: Card) => Promise<SlackResult<T>>,
): Promise<SlackResult<T>> {
  let result = await send(card);
  for (const less of [brief, oneLine]) {
    if (result.kind === 'ok' || !refusesContent(result)) return result;
    deps.log.warn('Slack refuses what a card says; less is shown', { result: resultWords(result) });
    result = await send(less(card));
  }
  return result;
}

/** A new card, because the old one is gone or may not be edited. A deleted card took its thread along. */
async function replaceCard(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  state: RunState,
  stored: CardRecord & { readonly ts: string },
  failure: SlackFailure,
): Promise<CardDelivery> {
  const deleted = failure.kind === 'message-gone' && failure.error === 'message_not_found';
  if (deleted) memory.threads.delete(state.id);
  const again = deleted
    ? { ...stored, replaces: null, threadEvents: 0 }
    : { ...stored, replaces: await linkTo(deps, stored) };
  return await keep(deps, { ...again, ts: null, posting: false, ...UNKNOWN }, deps.clock.nowMs());
}

/** Where a card is that something else takes over from; `null`: nobody can be sent there. */
async function linkTo(deps: ProjectorDeps, { channel, ts }: CardRecord): Promise<string | null> {
  const link = ts === null ? null : await deps.slackFor('reserved').permalink({ channel, ts });
  return link?.kind === 'ok' ? link.value : null;
}

/** Another card found its channel gone a moment ago: no call is needed to know that of this one. */
async function elsewhere(sending: Sending, stored: CardRecord, goneMs: number): Promise<CardDelivery> {
  const ops = sending.deps.opsChannel(sending.state.request?.cluster ?? '');
  if (ops === null || ops === stored.channel) return { card: stored, delivery: later(goneMs) };
  return await moveToOps(sending, stored, goneMs);
}

/** The card goes on in the cluster's ops channel; its thread begins anew there. */
async function moveToOps({ deps, memory, state }: Sending, stored: CardRecord, retryMs: number): Promise<CardDelivery> {
  const ops = deps.opsChannel(state.request?.cluster ?? '');
  if (ops === null || ops === stored.channel) {
    deps.log.error('a card has no channel: add the bot to the ops channel of the cluster', {
      channel: stored.channel,
    });
    return await keep(deps, { ...stored, posting: false }, retryMs);
  }
  memory.threads.delete(state.id);
  const replaces = await linkTo(deps, stored);
  return await keep(
    deps,
    { ...stored, channel: ops, threadTs: null, ts: null, replaces, posting: false, ...UNKNOWN, threadEvents: 0 },
    deps.clock.nowMs(),
  );
}

/** Nothing is known of what Slack shows. */
const UNKNOWN = { shownDigest: '', shownUrgency: '' } as const;

async function keep(deps: ProjectorDeps, card: CardRecord, atMs: number): Promise<CardDelivery> {
  return { card, delivery: later((await saveCard(deps, card)) ? atMs : deps.clock.nowMs()) };
}
