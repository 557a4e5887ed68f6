import type { CardRecord } from '../../../core/ports/card-store.ts';
import type { RunState } from '../../../core/run-state.ts';
import { parseTime } from '../../../core/time.ts';
import type { SeenMessage } from '../client.ts';
import type { SlackResult } from '../result.ts';
import { type Delivery, later, type ProjectorDeps } from './deps.ts';
import { noteFailure, openFrom, type PacedMethod, type ProjectorMemory } from './memory.ts';

/** Clocks of Slack and of Drydock may differ by this much, s. */
const CLOCK_SLACK_S = 300;
const LOOK_BACK = 200;
const MOST_REPLIES = 2000;

/** The `ts` of a card that was posted although that was not stored; `null`: there is none. */
export async function findCard(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  card: CardRecord,
  state: RunState,
): Promise<{ readonly kind: 'found'; readonly ts: string | null } | (Delivery & { readonly kind: 'later' })> {
  const method: PacedMethod = card.threadTs === null ? 'conversations.history' : 'conversations.replies';
  const fromMs = openFrom(memory, method);
  if (deps.clock.nowMs() < fromMs) return { kind: 'later', atMs: fromMs };
  const oldest = Math.floor(parseTime(state.requestedAt) / 1000) - CLOCK_SLACK_S;
  const result =
    card.threadTs === null
      ? await deps.slack.history(card.channel, oldest, LOOK_BACK)
      : await deps.slack.replies(card.channel, card.threadTs, MOST_REPLIES);
  if (result.kind === 'ok') return { kind: 'found', ts: newest(result.value, state.id) };
  // A channel that cannot be read holds no card that could be updated.
  if (result.kind === 'channel-gone' || result.kind === 'message-gone') return { kind: 'found', ts: null };
  return { kind: 'later', atMs: noteFailure(memory, method, result, deps.clock.nowMs()) };
}

function newest(messages: readonly SeenMessage[], run: string): string | null {
  const mine = messages.filter(
    (message) => message.metadata?.event_type === 'drydock_run' && message.metadata.event_payload['run'] === run,
  );
  return mine.map((message) => message.ts).toSorted((a, b) => Number(b) - Number(a))[0] ?? null;
}

/** Which parts of a run's thread are in Slack, as `events/part`. */
export async function deliveredParts(
  deps: ProjectorDeps,
  card: CardRecord & { readonly ts: string },
): Promise<SlackResult<ReadonlySet<string>>> {
  const result = await deps.slack.replies(card.channel, card.threadTs ?? card.ts, MOST_REPLIES);
  if (result.kind !== 'ok') return result;
  const mine = result.value.filter(
    (message) =>
      message.metadata?.event_type === 'drydock_thread' && message.metadata.event_payload['run'] === card.runId,
  );
  return {
    kind: 'ok',
    value: new Set(
      mine.map((message) =>
        partKey(message.metadata?.event_payload['events'], message.metadata?.event_payload['part']),
      ),
    ),
  };
}

/** Name of one message of a thread. */
export function partKey(events: unknown, part: unknown): string {
  return `${String(events)}/${String(part)}`;
}

/** For a lookup that failed. */
export function afterFailure(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  result: Exclude<SlackResult<unknown>, { kind: 'ok' }>,
): Delivery {
  return later(noteFailure(memory, 'conversations.replies', result, deps.clock.nowMs()));
}
