import { RunEvent, Scratch } from './run-event.ts';
import { applyActEvent, applyCleanupEvent, applyGateEvent, applyStepEvent } from './run-fold-parts.ts';
import type { ActState, GateState, RunRecord, RunState, StepState } from './run-types.ts';

export type * from './run-types.ts';

function emptyState(record: RunRecord): RunState {
  return {
    id: record.id,
    version: record.version,
    request: null,
    requestedAt: '',
    plan: null,
    planHash: null,
    gates: [],
    locks: null,
    lockWait: null,
    steps: [],
    acts: [],
    cleanups: [],
    cancel: null,
    ending: null,
    ended: null,
    scratch: null,
    unknown: null,
    lastEventAt: '',
  };
}

/** Folds a stored run into its state. Total: whatever is stored, it answers; what it cannot read is named in `unknown`. */
export function foldRun(record: RunRecord): RunState {
  let state = emptyState(record);
  for (const raw of record.events) {
    const parsed = RunEvent.safeParse(raw);
    if (!parsed.success) return { ...state, unknown: describeUnknown(raw) };
    state = { ...applyEvent(state, parsed.data), lastEventAt: parsed.data.at };
  }
  if (state.request === null) return { ...state, unknown: 'a record that does not begin with a request' };
  return withScratch(state, record.scratch);
}

function withScratch(state: RunState, raw: unknown): RunState {
  if (raw === null || raw === undefined) return state;
  const parsed = Scratch.safeParse(raw);
  if (!parsed.success) return { ...state, unknown: 'step state of another version' };
  return { ...state, scratch: parsed.data };
}

function describeUnknown(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null || !('type' in raw)) return 'an event without a type';
  return `event "${String(raw.type).slice(0, 60)}"`;
}

/** Applies one event. Events that make no sense in the present state leave it as it is. */
export function applyEvent(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'requested':
      return state.request === null ? { ...state, request: event.request, requestedAt: event.at } : state;
    case 'planned':
      return {
        ...state,
        plan: event.plan,
        planHash: event.hash,
        steps: event.plan.steps.map((_, index) => pendingStep(index)),
      };
    case 'gate-opened':
    case 'voted':
    case 'gate-settled':
      return { ...state, gates: applyGateEvent(state.gates, event) };
    case 'lock-waiting':
      return {
        ...state,
        lockWait: { lock: event.lock, heldBy: event.heldBy, since: state.lockWait?.since ?? event.at },
      };
    case 'locks-taken':
      return { ...state, locks: event.locks, lockWait: null };
    case 'step-started':
    case 'step-done':
      return { ...state, steps: applyStepEvent(state.steps, event) };
    case 'intent':
    case 'observed':
      return { ...state, acts: applyActEvent(state.acts, event) };
    case 'cleanup-registered':
    case 'cleanup-done':
    case 'cleanup-failed':
      return { ...state, cleanups: applyCleanupEvent(state.cleanups, event) };
    case 'cancel-requested':
      return state.cancel === null ? { ...state, cancel: { actor: event.actor, at: event.at } } : state;
    case 'ending':
      return state.ending === null
        ? { ...state, ending: { reason: event.reason, note: event.note, at: event.at } }
        : state;
    case 'ended':
      return state.ended === null
        ? {
            ...state,
            ended: { outcome: event.outcome, reason: event.reason, note: event.note, at: event.at },
            locks: state.locks === null ? null : [],
          }
        : state;
  }
}

function pendingStep(index: number): StepState {
  return { index, status: 'pending', attempts: 0, startedAt: null, doneAt: null, output: null, note: '' };
}

/** The announced call whose outcome was not looked at yet, if any. */
export function openAct(state: RunState): ActState | null {
  return state.acts.find((act) => act.observed === null) ?? null;
}

/** The gate that waits for people now, if any. */
export function openGate(state: RunState): GateState | null {
  if (state.ended !== null || state.ending !== null) return null;
  return state.gates.find((gate) => gate.settled === null) ?? null;
}

/** How many steps are done. */
export function stepsDone(state: RunState): number {
  return state.steps.filter((step) => step.status === 'done').length;
}

/** Phase of a run in one word, as cards, lists and metrics name it. */
export type RunPhase =
  | 'planning'
  | 'waiting-for-people'
  | 'waiting-for-lock'
  | 'running'
  | 'ended'
  | 'waiting-for-newer-worker';

/** The phase a run is in. */
export function phaseOf(state: RunState): RunPhase {
  if (state.ended !== null) return 'ended';
  if (state.unknown !== null) return 'waiting-for-newer-worker';
  if (state.plan === null) return 'planning';
  if (openGate(state) !== null) return 'waiting-for-people';
  if (state.locks === null && state.lockWait !== null) return 'waiting-for-lock';
  return 'running';
}
