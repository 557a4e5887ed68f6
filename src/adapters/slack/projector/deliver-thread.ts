import type { CardRecord } from '../../../core/ports/card-store.ts';
import type { MessageMetadata } from '../client.ts';
import { code } from '../render/escape.ts';
import { joinEntries, renderThread, type ThreadEntry } from '../render/thread.ts';
import type { ThreadFile } from '../render/thread-parts.ts';
import { locksOut, refusesContent, resultWords, type SlackFailure, type SlackResult } from '../result.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import { MOST_REPLIES } from './find-card.ts';
import { emptyThread, type InThread, inThread, partKey } from './in-thread.ts';
import {
  goneUntil,
  type Lane,
  noteFailedUpload,
  noteFailure,
  noteSuccess,
  openFrom,
  type ProjectorMemory,
} from './memory.ts';
import { saveCard } from './office.ts';

/** A card that is in Slack. */
export type PostedCard = CardRecord & { readonly ts: string };

/** What is left to tell in a thread, in order. A call for people may use the reserve, and so may what stands before it. */
export interface PendingThread {
  readonly entries: readonly ThreadEntry[];
  readonly use: Lane['use'];
}

/** What the thread of a card does not tell yet, in as few messages as it takes. */
export function pendingThread(deps: ProjectorDeps, card: CardRecord, events: readonly unknown[]): PendingThread {
  const entries = joinEntries(renderThread(card.runId, events, card.threadEvents, (role) => deps.peopleOf(role)));
  return { entries, use: entries.some((entry) => entry.calls) ? 'reserved' : 'ordinary' };
}

/** Tells the thread of a card what happened since. Stops at the first trouble; the next round goes on there. */
export async function deliverThread(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  events: readonly unknown[],
): Promise<{ readonly card: PostedCard; readonly delivery: Delivery }> {
  const { entries: all, use } = pendingThread(deps, card, events);
  if (all.length === 0) return { card, delivery: DONE };
  const known = await inSlack(deps, memory, card, use);
  if ('kind' in known) return { card, delivery: known };
  let told = toldUntil(card, Math.max(card.threadEvents, known.events));
  const { entries } = known.events > card.threadEvents ? pendingThread(deps, told, events) : { entries: all };
  for (const entry of entries) {
    const delivery = await deliverEntry({ deps, memory, card: told, use, known }, entry);
    if (delivery.kind === 'later') return { card: told, delivery };
    told = toldUntil(card, entry.events);
    if (!(await saveCard(deps, told))) return { card: told, delivery: later(deps.clock.nowMs()) };
  }
  return { card: told, delivery: DONE };
}

function toldUntil(card: PostedCard, threadEvents: number): PostedCard {
  return { ...card, threadEvents };
}

/** After an election, messages may have been posted whose delivery was not stored: look once a run. */
async function inSlack(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  use: Lane['use'],
): Promise<InThread | Delivery> {
  const seen = memory.threads.get(card.runId);
  if (seen !== undefined) return seen;
  const lane: Lane = { method: 'conversations.replies', channel: card.channel, use };
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await deps.slackFor(use).replies(card.channel, card.threadTs ?? card.ts, MOST_REPLIES);
  if (result.kind === 'rate-limited' || result.kind === 'unavailable')
    return later(noteFailure(memory, lane, result, deps.clock.nowMs()));
  const found = result.kind === 'ok' ? inThread(card.runId, result.value) : emptyThread();
  memory.threads.set(card.runId, found);
  return found;
}

interface Telling {
  readonly deps: ProjectorDeps;
  readonly memory: ProjectorMemory;
  readonly card: PostedCard;
  readonly use: Lane['use'];
  readonly known: InThread;
}

/** Messages in a row, and the file in place of them; `from` is the number of the first one within its entry. */
interface Piece {
  readonly events: number;
  readonly file: ThreadFile | null;
  readonly texts: readonly string[];
  readonly from: number;
  /** Messages of the whole entry, if none of its files could be shared. */
  readonly parts: number;
}

/** The messages of an entry and the files that follow, each in messages of its own where it cannot be shared. */
function piecesOf({ events, texts, file, attached }: ThreadEntry): readonly Piece[] {
  const all = [{ file, texts }, ...attached];
  const parts = all.reduce((sum, each) => sum + each.texts.length, 0);
  let from = 0;
  return all.map((each) => {
    const piece = { events, file: each.file, texts: each.texts, from, parts };
    from += each.texts.length;
    return piece;
  });
}

async function deliverEntry(telling: Telling, entry: ThreadEntry): Promise<Delivery> {
  for (const piece of piecesOf(entry)) {
    const delivery = await deliverPiece(telling, piece);
    if (delivery.kind === 'later') return delivery;
  }
  return DONE;
}

async function deliverPiece(telling: Telling, { events, file, texts, from, parts }: Piece): Promise<Delivery> {
  const { deps, memory, card, use, known } = telling;
  const begun = texts.some((_text, nth) => known.parts.has(partKey(events, from + nth)));
  if (file !== null && !begun) {
    const uploaded = await deliverFile(telling, file);
    if (uploaded !== null) return uploaded;
  }
  const lane: Lane = { method: 'chat.postMessage', channel: card.channel, use };
  const place = { channel: card.channel, threadTs: card.threadTs ?? card.ts };
  for (const [nth, text] of texts.entries()) {
    const part = from + nth;
    if (known.parts.has(partKey(events, part))) continue;
    const fromMs = Math.max(openFrom(memory, lane), goneUntil(memory, lane));
    if (deps.clock.nowMs() < fromMs) return later(fromMs);
    const metadata = { event_type: 'drydock_thread', event_payload: { run: card.runId, events, part, parts } } as const;
    const first = await deps.slackFor(use).post(place, { text, blocks: [] }, metadata);
    const result = first.kind !== 'ok' && refusesContent(first) ? await postInstead(telling, first, metadata) : first;
    const trouble = await judge(telling, lane, result, 'a thread message could not be posted');
    if (trouble !== null) return trouble;
    // The budget may run dry between two parts.
    known.parts.add(partKey(events, part));
    await deps.reach?.('thread-posted', card.runId);
  }
  return DONE;
}

/** Says in place of a message that Slack refuses that there is more, and where. */
async function postInstead(
  { deps, card, use }: Telling,
  refusal: SlackFailure,
  metadata: MessageMetadata,
): Promise<SlackResult<unknown>> {
  const why = resultWords(refusal);
  deps.log.warn('Slack does not show a part of a thread', { result: why });
  const text = `A part of the thread could not be shown by Slack: ${why}. ${code(`/kube show ${card.runId}`)} has it.`;
  const place = { channel: card.channel, threadTs: card.threadTs ?? card.ts };
  return await deps.slackFor(use).post(place, { text, blocks: [] }, metadata);
}

/** A file in place of many messages; `null`: it cannot be shared, so messages it is. */
async function deliverFile(telling: Telling, file: ThreadFile): Promise<Delivery | null> {
  const { deps, memory, card, use, known } = telling;
  if (known.files.has(file.name)) return DONE;
  if ((memory.failedUploads.get(card.runId) ?? 0) >= MOST_UPLOADS) return null;
  const lane: Lane = { method: 'files', channel: card.channel, use };
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await deps.slackFor(use).upload({ channel: card.channel, threadTs: card.threadTs ?? card.ts }, file);
  if (result.kind === 'ok') {
    noteSuccess(memory);
    known.files.add(file.name);
    await deps.reach?.('thread-posted', card.runId);
    return DONE;
  }
  const words = 'a file could not be shared in a thread';
  // What refuses a file may take messages.
  if (result.kind === 'refused' && !locksOut(result)) {
    deps.log.warn(words, { result: resultWords(result) });
    return null;
  }
  if (result.kind !== 'unavailable') return await judge(telling, lane, result, words);
  deps.log.warn(words, { result: resultWords(result) });
  // It may be there all the same.
  memory.threads.delete(card.runId);
  return later(noteFailedUpload(memory, card.runId, lane, deps.clock.nowMs()));
}

/** Uploads of one run that may come to nothing before its long texts are told in messages. */
const MOST_UPLOADS = 3;

/** `null`: go on. Only content that Slack will never accept is passed over, and logged: it must not hold up the rest. */
async function judge(
  { deps, memory, card }: Telling,
  lane: Lane,
  result: SlackResult<unknown>,
  words: string,
): Promise<Delivery | null> {
  if (result.kind === 'ok') {
    noteSuccess(memory);
    return null;
  }
  // A call that was put off is no trouble; whoever put it off counts it.
  if (result.kind !== 'rate-limited') deps.log.warn(words, { result: resultWords(result) });
  // It may be there all the same: look before posting it again.
  if (result.kind === 'unavailable') memory.threads.delete(card.runId);
  // Somebody may have deleted the card: the next look at it finds out.
  if (result.kind === 'message-gone') await deps.cards.doubt(card.runId);
  return refusesContent(result) ? null : later(noteFailure(memory, lane, result, deps.clock.nowMs()));
}
