import type { CardRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import { parseTime } from '../../../core/time.ts';
import type { SeenMessage } from '../client.ts';
import { locksOut } from '../result.ts';
import type { Delivery, ProjectorDeps } from './deps.ts';
import { type Lane, noteFailure, openFrom, type ProjectorMemory } from './memory.ts';

/** Clocks of Slack and of Drydock may differ by this much, s. */
const CLOCK_SLACK_S = 300;
/** Messages of a channel that are looked through at most, from the newest back to when the message was announced. */
const LOOK_BACK = 2000;
/** Messages of a thread that are looked through at most. */
export const MOST_REPLIES = 2000;

/** The `ts` of a card that was posted although that was not stored; `null`: there is none. */
export async function findCard(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: CardRecord,
  state: RunState,
): Promise<{ readonly kind: 'found'; readonly ts: string | null } | (Delivery & { readonly kind: 'later' })> {
  const method = card.threadTs === null ? 'conversations.history' : 'conversations.replies';
  const lane: Lane = { method, channel: card.channel, use: 'reserved' };
  const fromMs = openFrom(memory, lane);
  if (deps.clock.nowMs() < fromMs) return { kind: 'later', atMs: fromMs };
  const oldest = Math.floor(parseTime(state.requestedAt) / 1000) - CLOCK_SLACK_S;
  const result =
    card.threadTs === null
      ? await deps.slackFor('reserved').history(card.channel, oldest, LOOK_BACK)
      : await deps.slackFor('reserved').replies(card.channel, card.threadTs, MOST_REPLIES);
  if (result.kind === 'ok') return { kind: 'found', ts: newest(result.value, state.id) };
  // Where nothing can be read, nothing is found: a card that is there twice is better than none.
  if (result.kind !== 'rate-limited' && result.kind !== 'unavailable' && !locksOut(result))
    return { kind: 'found', ts: null };
  return { kind: 'later', atMs: noteFailure(memory, lane, result, deps.clock.nowMs()) };
}

function newest(messages: readonly SeenMessage[], run: string): string | null {
  const mine = messages.filter(
    (message) => message.metadata?.event_type === 'drydock_run' && message.metadata.event_payload['run'] === run,
  );
  return mine.map((message) => message.ts).toSorted((a, b) => Number(b) - Number(a))[0] ?? null;
}
