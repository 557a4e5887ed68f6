import type { IncidentMessageRecord } from '../../../core/ports/card-store.ts';
import { parseTime } from '../../../core/time.ts';
import { locksOut } from '../result.ts';
import type { Delivery, ProjectorDeps } from './deps.ts';
import { type Lane, noteFailure, openFrom, type ProjectorMemory } from './memory.ts';

/** Clocks of Slack and of Drydock may differ by this much, s. */
const CLOCK_SLACK_S = 300;
/** Messages of a channel that are looked through at most, from the newest back to when the message was announced. */
const LOOK_BACK = 2000;

/** The `ts` of a message that was posted although that was not stored; `null`: there is none. */
export async function findIncident(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  record: IncidentMessageRecord,
): Promise<{ readonly kind: 'found'; readonly ts: string | null } | (Delivery & { readonly kind: 'later' })> {
  const lane: Lane = { method: 'conversations.history', channel: record.channel, use: 'reserved' };
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
