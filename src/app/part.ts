/** A running part of a process: the bot, the worker, the HTTP side. */
export interface Part {
  /** Takes no new work, lets go of what can be let go, and waits at most `graceMs` for calls in flight. */
  stop(graceMs: number): Promise<void>;
}
