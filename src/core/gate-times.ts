import type { GateState } from './run-state.ts';
import { parseTime } from './time.ts';

/** When those who can still decide are reminded, ms; `null`: never, or they were. */
export function remindAt(gate: GateState): number | null {
  const { remindMs } = gate.spec.approvals;
  return remindMs === undefined || gate.remindedAt !== null ? null : beforeExpiry(gate, remindMs);
}

/** When further roles may decide too, ms; `null`: never, or they may already. */
export function escalateAt(gate: GateState): number | null {
  const { escalate } = gate.spec.approvals;
  return escalate === undefined || gate.escalatedAt !== null ? null : beforeExpiry(gate, escalate.afterMs);
}

/** When something is to be done about a waiting gate, ms: the earliest of reminder, escalation and expiry. */
export function dueAt(gate: GateState): number {
  return Math.min(remindAt(gate) ?? Infinity, escalateAt(gate) ?? Infinity, parseTime(gate.expiresAt));
}

/** What would come at or after the expiry never comes. */
function beforeExpiry(gate: GateState, afterMs: number): number | null {
  const at = parseTime(gate.openedAt) + afterMs;
  return at < parseTime(gate.expiresAt) ? at : null;
}
