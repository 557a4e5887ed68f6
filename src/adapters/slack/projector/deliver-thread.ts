import type { CardRecord } from '../../../core/ports/card-store.ts';
import { renderThread, type ThreadEntry } from '../render/thread.ts';
import { resultWords, type SlackResult } from '../result.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import { afterFailure, deliveredParts, partKey } from './find-card.ts';
import { noteFailure, noteSuccess, openFrom, type ProjectorMemory } from './memory.ts';
import { holdOffice } from './office.ts';

type PostedCard = CardRecord & { readonly ts: string };

/** Tells the thread of a card what happened since. Stops at the first trouble; the next round goes on there. */
export async function deliverThread(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  events: readonly unknown[],
): Promise<{ readonly card: PostedCard; readonly delivery: Delivery }> {
  const entries = renderThread(card.runId, events, card.threadEvents, (role) => deps.peopleOf(role));
  if (entries.length === 0) return { card, delivery: DONE };
  const known = await partsInSlack(deps, memory, card);
  if ('kind' in known) return { card, delivery: known };
  let told: PostedCard = card;
  for (const entry of entries) {
    if (!(await holdOffice(deps))) return { card: told, delivery: later(deps.clock.nowMs()) };
    const delivery = await deliverEntry(deps, memory, told, entry, known);
    if (delivery.kind === 'later') return { card: told, delivery };
    told = toldUntil(card, entry.events);
    await deps.cards.save(told);
  }
  return { card: told, delivery: DONE };
}

function toldUntil(card: PostedCard, threadEvents: number): PostedCard {
  return { ...card, threadEvents };
}

/** After an election, messages may have been posted whose delivery was not stored: look once a run. */
async function partsInSlack(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
): Promise<ReadonlySet<string> | Delivery> {
  if (memory.threadsSeen.has(card.runId)) return new Set();
  const fromMs = openFrom(memory, 'conversations.replies');
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await deliveredParts(deps, card);
  if (result.kind === 'rate-limited' || result.kind === 'unavailable') return afterFailure(deps, memory, result);
  memory.threadsSeen.add(card.runId);
  return result.kind === 'ok' ? result.value : new Set();
}

async function deliverEntry(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  entry: ThreadEntry,
  known: ReadonlySet<string>,
): Promise<Delivery> {
  if (entry.file !== null && known.size === 0) {
    const uploaded = await deliverFile(deps, memory, card, entry.file);
    if (uploaded !== null) return uploaded;
  }
  const place = { channel: card.channel, threadTs: card.threadTs ?? card.ts };
  for (const [part, text] of entry.texts.entries()) {
    if (known.has(partKey(entry.events, part))) continue;
    const fromMs = openFrom(memory, 'chat.postMessage');
    if (deps.clock.nowMs() < fromMs) return later(fromMs);
    const metadata = {
      event_type: 'drydock_thread',
      event_payload: { run: card.runId, events: entry.events, part },
    } as const;
    const result = await deps.slack.post(place, { text, blocks: [] }, metadata);
    const trouble = judge(deps, memory, card, result);
    if (trouble !== null) return trouble;
    await deps.reach?.('thread-posted', card.runId);
  }
  return DONE;
}

/** A file in place of many messages; `null`: it cannot be shared, so messages it is. */
async function deliverFile(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  file: NonNullable<ThreadEntry['file']>,
): Promise<Delivery | null> {
  const fromMs = openFrom(memory, 'files');
  if (deps.clock.nowMs() < fromMs) return later(fromMs);
  const result = await deps.slack.upload({ channel: card.channel, threadTs: card.threadTs ?? card.ts }, file);
  if (result.kind === 'ok') return DONE;
  deps.log.warn('a file could not be shared in a thread', { result: resultWords(result) });
  if (result.kind === 'rate-limited' || result.kind === 'unavailable')
    return later(noteFailure(memory, 'files', result, deps.clock.nowMs()));
  return null;
}

/** `null`: go on. A message that Slack refuses for good is logged and passed over: it must not hold up the rest. */
function judge(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: PostedCard,
  result: SlackResult<unknown>,
): Delivery | null {
  if (result.kind === 'ok') {
    noteSuccess(memory);
    return null;
  }
  deps.log.warn('a thread message could not be posted', { result: resultWords(result) });
  if (result.kind === 'unavailable') {
    // It may be there all the same: look before posting it again.
    memory.threadsSeen.delete(card.runId);
  }
  if (result.kind === 'rate-limited' || result.kind === 'unavailable')
    return later(noteFailure(memory, 'chat.postMessage', result, deps.clock.nowMs()));
  return null;
}
