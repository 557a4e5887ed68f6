import { isPassedOver } from './asked-about.ts';
import { dueAt, escalateAt, remindAt } from './gate-times.ts';
import type { GateSpec, WatchSpec } from './plan.ts';
import { openCleanups } from './put-back.ts';
import type { EndReason } from './reasons.ts';
import { type GateState, openAct, openGate, type RunState } from './run-state.ts';
import { parseTime } from './time.ts';

/** What the owner of a run has to do next. Times are milliseconds since the epoch. */
export type Next =
  | { readonly do: 'nothing' }
  | { readonly do: 'park-unknown'; readonly what: string }
  | { readonly do: 'plan' }
  | { readonly do: 'open-gate'; readonly gate: GateSpec }
  | { readonly do: 'expire-gate'; readonly gate: GateState }
  | { readonly do: 'remind-gate'; readonly gate: GateState }
  | { readonly do: 'escalate-gate'; readonly gate: GateState }
  /** Look whether what the gate waits for is there; if not, wait. */
  | { readonly do: 'watch-gate'; readonly gate: GateState; readonly watch: WatchSpec }
  | { readonly do: 'wait'; readonly untilMs: number }
  /** Outside its maintenance window: wait for the opening. */
  | { readonly do: 'hold'; readonly opensMs: number; readonly tz: string }
  | { readonly do: 'take-locks'; readonly locks: readonly string[] }
  /** `despite`: what stands against it, and why it is begun all the same; absent: nothing does. */
  | { readonly do: 'step'; readonly index: number; readonly settleOnly: boolean; readonly despite?: string }
  /** Put back what is still open, what was registered last first. */
  | { readonly do: 'clean-up' }
  | { readonly do: 'begin-ending'; readonly reason: EndReason; readonly note: string }
  | { readonly do: 'end' };

/** Decides what comes next. Pure and total. */
export function nextFor(state: RunState, nowMs: number): Next {
  if (state.ended !== null) return { do: 'nothing' };
  if (state.unknown !== null) return { do: 'park-unknown', what: state.unknown };
  if (state.ending !== null) return nextOfEnding(state);
  const gateEnd = rejectedOrExpired(state);
  if (gateEnd !== null) return gateEnd;
  const open = openAct(state);
  if (open !== null) return nextOfStep(state, open.index, nowMs, state.cancel !== null || isQuestion(state));
  if (state.cancel !== null) return { do: 'begin-ending', reason: 'cancelled', note: '' };
  if (state.plan === null) return { do: 'plan' };
  return isQuestion(state) ? nextOfQuestion(state, nowMs) : nextOfPlan(state, nowMs);
}

function nextOfEnding(state: RunState): Next {
  return openCleanups(state).length === 0 ? { do: 'end' } : { do: 'clean-up' };
}

function rejectedOrExpired(state: RunState): Next | null {
  for (const gate of state.gates) {
    if (gate.settled?.verdict === 'rejected')
      return { do: 'begin-ending', reason: 'rejected', note: gate.settled.note ?? '' };
    if (gate.settled?.verdict === 'expired') return { do: 'begin-ending', reason: 'gate-expired', note: '' };
  }
  return null;
}

function nextOfPlan(state: RunState, nowMs: number): Next {
  const index = state.steps.findIndex((step) => step.status !== 'done');
  const waiting = openGate(state);
  if (waiting !== null) return nextOfGate(waiting, nowMs);
  if (approvalIsStale(state, index, nowMs)) return { do: 'begin-ending', reason: 'approval-stale', note: '' };
  const gates = state.plan?.gates ?? [];
  const due = gates.find((gate) => dueBefore(gate, index) && !isOpened(state, gate) && !isPassedOver(state, gate));
  const locks = state.plan?.locks ?? [];
  // Locks are taken when the first gate settles, or at once when there is none, and held through later gates.
  // Steps that only read may come before the first gate without them, unless the plan says otherwise; others may not.
  const firstGateSettled = gates.length === 0 || state.gates.length > 0;
  const needsLocks = state.plan?.gateFirst === true || state.plan?.steps[index]?.risk !== 'read';
  const changes = due === undefined && index !== -1 && needsLocks;
  if (state.locks === null && locks.length > 0 && (firstGateSettled || changes)) return { do: 'take-locks', locks };
  if (due !== undefined) return { do: 'open-gate', gate: due };
  if (index === -1) return { do: 'begin-ending', reason: 'done', note: '' };
  return nextOfStep(state, index, nowMs, false);
}

/** It asks for a standing approval, or it is a dry run: nothing of its plan is ever executed. */
function isQuestion({ request }: RunState): boolean {
  return request?.standingQuestion !== undefined || request?.dryRun === true;
}

/** Only its gate is asked. */
function nextOfQuestion(state: RunState, nowMs: number): Next {
  const waiting = openGate(state);
  if (waiting !== null) return nextOfGate(waiting, nowMs);
  const gate = state.plan?.gates[0];
  if (state.request?.standingQuestion === undefined || gate === undefined)
    return { do: 'begin-ending', reason: 'dry-run', note: '' };
  if (state.gates.length === 0) return { do: 'open-gate', gate };
  return { do: 'begin-ending', reason: 'approved-in-advance', note: '' };
}

/** What is due at a waiting gate; each is done once, also when it comes late. */
function nextOfGate(gate: GateState, nowMs: number): Next {
  if (nowMs >= parseTime(gate.expiresAt)) return { do: 'expire-gate', gate };
  if (nowMs >= (escalateAt(gate) ?? Infinity)) return { do: 'escalate-gate', gate };
  if (nowMs >= (remindAt(gate) ?? Infinity)) return { do: 'remind-gate', gate };
  const { kind, watch } = gate.spec;
  if (kind === 'continue' && watch !== undefined) return { do: 'watch-gate', gate, watch };
  return { do: 'wait', untilMs: dueAt(gate) };
}

/**
 * An approval stands as long as the question stood: what it was given for must have begun by then. It is counted from the opening where
 * a window was waited for, and from the last answer where a step has several gates: they are asked one after the other.
 */
function approvalIsStale(state: RunState, index: number, nowMs: number): boolean {
  if (index === -1 || state.steps[index]?.status !== 'pending') return false;
  const given = state.gates.filter((gate) => gate.spec.beforeStep === index && gate.settled !== null);
  const openedMs = state.windowWait === null ? 0 : parseTime(state.windowWait.firstOpensAt);
  const fromMs = Math.max(openedMs, ...given.map((gate) => parseTime(gate.settled?.at ?? gate.openedAt)));
  return given.some((gate) => nowMs >= fromMs + gate.spec.approvals.expiresMs);
}

function isOpened({ gates }: RunState, { id }: GateSpec): boolean {
  return gates.some((each) => each.spec.id === id);
}

function dueBefore(gate: GateSpec, index: number): boolean {
  return index !== -1 && gate.beforeStep <= index;
}

function nextOfStep(state: RunState, index: number, nowMs: number, settleOnly: boolean): Next {
  const notBefore = state.scratch?.index === index ? state.scratch.notBefore : null;
  const untilMs = notBefore === null ? 0 : parseTime(notBefore);
  return untilMs > nowMs ? { do: 'wait', untilMs } : { do: 'step', index, settleOnly };
}
