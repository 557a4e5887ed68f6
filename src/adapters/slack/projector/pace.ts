import type { RunState } from '../../../core/run-state.ts';
import { openGate, phaseOf } from '../../../core/run-state.ts';

/** Pause between any two messages to one card that nobody waits for, ms. */
export const LEAST_INTERVAL_MS = 3000;

/**
 * Pause between two updates of one card, ms. Slack allows about 50 `chat.update` a minute for the whole workspace and
 * asks for at most one in 3 s for one message; so live cards share the budget.
 */
export function updateIntervalMs(live: number): number {
  return Math.max(LEAST_INTERVAL_MS, live * 1200);
}

/** What people wait for. When it changes, the card is updated at once, whatever the interval says. */
export function urgencyOf(state: RunState): string {
  const settled = state.gates.filter((gate) => gate.settled !== null).length;
  const votes = openGate(state)?.votes.length ?? 0;
  return [
    phaseOf(state),
    openGate(state)?.spec.id ?? '',
    settled,
    votes,
    openGate(state)?.escalatedAt ?? '',
    state.cancel === null ? '' : 'cancel',
    state.planHash ?? '',
  ].join('|');
}

/** Pause after the nth failure in a row, ms: 1 s, 2 s, 4 s … at most 30 s. */
export function backOffMs(failures: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, Math.min(failures, 10) - 1));
}
