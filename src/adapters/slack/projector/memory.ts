import type { SlackFailure } from '../result.ts';
import { backOffMs } from './pace.ts';

/** The methods whose rate limits matter to the projector. */
export type PacedMethod =
  | 'chat.postMessage'
  | 'chat.update'
  | 'conversations.history'
  | 'conversations.replies'
  | 'files';

/** What one projector remembers while it is elected. Losing it costs calls, never messages. */
export interface ProjectorMemory {
  /** When the last update of a card was sent, ms. */
  readonly sentAt: Map<string, number>;
  /** What people waited for when a card was last sent. */
  readonly urgency: Map<string, string>;
  /** Runs whose thread was compared with Slack since the election. */
  readonly threadsSeen: Set<string>;
  /** Links to cards that were replaced, by run. */
  readonly replaces: Map<string, string>;
  /** Do not call this method before, ms. */
  readonly pausedUntil: Map<PacedMethod, number>;
  /** Channels for incidents that refused a message: not tried again before, ms. */
  readonly refusedUntil: Map<string, number>;
  downUntil: number;
  failures: number;
}

/** An empty memory. */
export function createMemory(): ProjectorMemory {
  return {
    sentAt: new Map(),
    urgency: new Map(),
    threadsSeen: new Set(),
    replaces: new Map(),
    pausedUntil: new Map(),
    refusedUntil: new Map(),
    downUntil: 0,
    failures: 0,
  };
}

/** From when a method may be called, ms. */
export function openFrom(memory: ProjectorMemory, method: PacedMethod): number {
  return Math.max(memory.downUntil, memory.pausedUntil.get(method) ?? 0);
}

/** Notes a success: Slack is there. */
export function noteSuccess(memory: ProjectorMemory): void {
  memory.failures = 0;
  memory.downUntil = 0;
}

/** Notes a failure and answers when to try again, ms. */
export function noteFailure(
  memory: ProjectorMemory,
  method: PacedMethod,
  failure: SlackFailure,
  nowMs: number,
): number {
  if (failure.kind === 'rate-limited') {
    memory.pausedUntil.set(method, nowMs + failure.retryAfterMs);
    return nowMs + failure.retryAfterMs;
  }
  if (failure.kind === 'unavailable') {
    memory.failures += 1;
    memory.downUntil = nowMs + backOffMs(memory.failures);
    return memory.downUntil;
  }
  return nowMs + REFUSED_MS;
}

/** What Slack refuses now it will hardly accept in the next minute. */
const REFUSED_MS = 60_000;

/** Forgets a run that was delivered to its end. */
export function forget(memory: ProjectorMemory, runId: string): void {
  memory.sentAt.delete(runId);
  memory.urgency.delete(runId);
  memory.threadsSeen.delete(runId);
  memory.replaces.delete(runId);
}
