import { z } from 'zod';
import type { SeenMessage } from '../client.ts';

/** What of a run's thread is in Slack. */
export interface InThread {
  /** Everything up to this event is there. */
  readonly events: number;
  /** Messages that are there, as `events/part`. Grows with each that is posted. */
  readonly parts: Set<string>;
  /** Names of files that are there. Grows with each that is shared. */
  readonly files: Set<string>;
}

/** A thread with nothing in it. */
export function emptyThread(): InThread {
  return { events: 0, parts: new Set(), files: new Set() };
}

const InPayload = z.object({ events: z.number(), part: z.number(), parts: z.number().default(Infinity) });

/**
 * Reads from the messages of a thread what of a run is there. Messages are posted in order, so the last part of one says
 * that all before it is there, however entries were put together then.
 */
export function inThread(runId: string, messages: readonly SeenMessage[]): InThread {
  const mine = messages
    .filter(({ metadata }) => metadata?.event_type === 'drydock_thread' && metadata.event_payload['run'] === runId)
    .flatMap(({ metadata }) => InPayload.safeParse(metadata?.event_payload).data ?? []);
  return {
    events: Math.max(0, ...mine.filter(({ part, parts }) => part + 1 >= parts).map(({ events }) => events)),
    parts: new Set(mine.map(({ events, part }) => partKey(events, part))),
    files: new Set(messages.flatMap(({ files }) => files)),
  };
}

/** Name of one message of a thread. */
export function partKey(events: number, part: number): string {
  return `${events}/${part}`;
}
