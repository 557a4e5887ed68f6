import type { ReadyCheck } from './http.ts';

/** A running part of a process: the bot or the worker. */
export interface Part {
  readonly checks: readonly ReadyCheck[];
  /** Takes no new work, lets go of what can be let go, and waits at most `graceMs` for calls in flight. */
  stop(graceMs: number): Promise<void>;
}
