import type { CallUse } from '../../../core/ports/call-budget.ts';
import { locksOut, type SlackFailure } from '../result.ts';
import type { InThread } from './in-thread.ts';
import { backOffMs } from './pace.ts';

/** The methods whose rate limits matter to the projector. */
export type PacedMethod =
  | 'chat.postMessage'
  | 'chat.update'
  | 'conversations.history'
  | 'conversations.replies'
  | 'files';

/** Calls that wait together: whoever is put off speaks for the others. */
export interface Lane {
  readonly method: PacedMethod;
  readonly channel: string;
  readonly use: Exclude<CallUse, 'at-once'>;
}

/** What one projector remembers while it is elected. Losing it costs calls, never messages. */
export interface ProjectorMemory {
  /** When the last update of a card was sent, ms. */
  readonly sentAt: Map<string, number>;
  /** When a card was posted, ms. */
  readonly postedAt: Map<string, number>;
  /** What is known to be in the thread of a run: looked at once after the election, then kept. */
  readonly threads: Map<string, InThread>;
  /** Uploads that came to nothing, by run. */
  readonly failedUploads: Map<string, number>;
  /** Lanes that were told to wait, and until when, ms. What all processes share is in the call budget. */
  readonly closedUntil: Map<string, number>;
  /** How often the link to the card of a run was asked for in vain, by run. */
  readonly missingLinks: Map<string, number>;
  /** Methods and channels that were answered with "this channel is gone", and until when that is believed, ms. */
  readonly goneUntil: Map<string, number>;
  /** Channels for incidents that are gone, and incidents whose words were refused: not tried again before, ms. */
  readonly refusedUntil: Map<string, number>;
  /** Runs of which something is left to do: the version that was looked at, and when to look again, ms. */
  readonly waiting: Map<string, { readonly version: number; readonly atMs: number }>;
  downUntil: number;
  /** When to look next for cards that somebody may have deleted, ms. */
  nextLookMs: number;
  failures: number;
  /** The latest time that was seen, ms: an earlier one afterwards means that the clock was set back. */
  seenMs: number;
}

/** An empty memory. */
export function createMemory(): ProjectorMemory {
  return {
    sentAt: new Map(),
    postedAt: new Map(),
    threads: new Map(),
    failedUploads: new Map(),
    closedUntil: new Map(),
    missingLinks: new Map(),
    goneUntil: new Map(),
    refusedUntil: new Map(),
    waiting: new Map(),
    downUntil: 0,
    nextLookMs: 0,
    failures: 0,
    seenMs: 0,
  };
}

/**
 * Tells the memory what time it is, before each round. When the clock was set back, everything remembered moves back with
 * it: else nothing would be sent for as long as the clock jumped.
 */
export function followClock(memory: ProjectorMemory, nowMs: number): void {
  const backMs = memory.seenMs - nowMs;
  memory.seenMs = nowMs;
  if (backMs <= 0) return;
  for (const times of [memory.sentAt, memory.postedAt, memory.closedUntil, memory.goneUntil, memory.refusedUntil])
    for (const [key, atMs] of times) times.set(key, atMs - backMs);
  for (const [runId, { version, atMs }] of memory.waiting) memory.waiting.set(runId, { version, atMs: atMs - backMs });
  memory.downUntil -= backMs;
  memory.nextLookMs -= backMs;
}

/** From when a call may be tried, ms. What may not be done in a hurry may not be done at leisure either. */
export function openFrom(memory: ProjectorMemory, lane: Lane): number {
  const hurried = closedUntil(memory, { ...lane, use: 'reserved' });
  return Math.max(memory.downUntil, hurried, lane.use === 'reserved' ? 0 : closedUntil(memory, lane));
}

function closedUntil(memory: ProjectorMemory, lane: Lane): number {
  return memory.closedUntil.get(keyOf(lane)) ?? 0;
}

/** Only messages are counted by channel. */
function keyOf({ method, channel, use }: Lane): string {
  return method === 'chat.postMessage' ? `${use} ${method} ${channel}` : `${use} ${method}`;
}

/** Notes a success: Slack is there. */
export function noteSuccess(memory: ProjectorMemory): void {
  memory.failures = 0;
  memory.downUntil = 0;
}

/** Notes a failure and answers when to try again, ms. */
export function noteFailure(memory: ProjectorMemory, lane: Lane, failure: SlackFailure, nowMs: number): number {
  if (failure.kind === 'rate-limited') {
    memory.closedUntil.set(keyOf(lane), nowMs + failure.retryAfterMs);
    return nowMs + failure.retryAfterMs;
  }
  if (failure.kind === 'unavailable') {
    memory.failures += 1;
    memory.downUntil = nowMs + backOffMs(memory.failures);
    return memory.downUntil;
  }
  const againMs = nowMs + REFUSED_MS;
  // Whoever else calls would hear the same.
  if (locksOut(failure)) memory.downUntil = againMs;
  if (failure.kind === 'channel-gone') memory.goneUntil.set(placeOf(lane), againMs);
  return againMs;
}

/** Until when a channel is taken for gone for calls of this method, ms; 0: it is not known to be. */
export function goneUntil(memory: ProjectorMemory, lane: Lane): number {
  return memory.goneUntil.get(placeOf(lane)) ?? 0;
}

function placeOf({ method, channel }: Lane): string {
  return `${method} ${channel}`;
}

/**
 * Notes an upload that got no answer, and answers when to try again, ms. The bytes go to another place than everything
 * else, so its trouble is not taken for Slack's.
 */
export function noteFailedUpload(memory: ProjectorMemory, runId: string, lane: Lane, nowMs: number): number {
  const failures = (memory.failedUploads.get(runId) ?? 0) + 1;
  memory.failedUploads.set(runId, failures);
  const againMs = nowMs + backOffMs(failures);
  memory.closedUntil.set(keyOf(lane), againMs);
  return againMs;
}

/** What Slack refuses now it will hardly accept in the next minute. */
const REFUSED_MS = 60_000;

/** Forgets a run that was delivered to its end. */
export function forget(memory: ProjectorMemory, runId: string): void {
  memory.sentAt.delete(runId);
  memory.postedAt.delete(runId);
  memory.threads.delete(runId);
  memory.failedUploads.delete(runId);
  memory.missingLinks.delete(runId);
}
