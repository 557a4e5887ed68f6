import type { EtcdCall } from '../../core/ports/etcd.ts';

/** How much time is left of one call, and whether somebody ended it. */
export interface Budget {
  /** Milliseconds left, never negative. */
  remainingMs(): number;
  readonly signal: AbortSignal;
}

/** Starts the clock of one call. `closing` ends every call of a port that is being closed. */
export function startBudget(call: EtcdCall, closing: AbortSignal): Budget {
  const signal = call.signal === undefined ? closing : AbortSignal.any([closing, call.signal]);
  return timed(call.timeoutMs, signal);
}

/** A part of a budget: at most `ms`, never more than what is left. */
export function partOf(budget: Budget, ms: number): Budget {
  return timed(Math.min(ms, budget.remainingMs()), budget.signal);
}

function timed(ms: number, signal: AbortSignal): Budget {
  const until = performance.now() + ms;
  return { remainingMs: () => Math.max(0, until - performance.now()), signal };
}
