import type { Plan } from './plan.ts';
import { RunEvent, type RunEventOf, Scratch } from './run-event.ts';
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
    windowWait: null,
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
    const event = readEvent(raw);
    if (event === null) return { ...state, unknown: describeUnknown(raw) };
    state = { ...applyEvent(state, event), lastEventAt: event.at };
  }
  if (state.request === null) return { ...state, unknown: 'a record that does not begin with a request' };
  return withScratch(state, record.scratch);
}

function readEvent(raw: unknown): RunEvent | null {
  try {
    return RunEvent.safeParse(raw).data ?? null;
  } catch {
    // Nested deeper than the stack: no event of ours.
    return null;
  }
}

function withScratch(state: RunState, raw: unknown): RunState {
  if (raw === null || raw === undefined) return state;
  const scratch = readScratch(raw);
  return scratch === null ? { ...state, unknown: 'step state of another version' } : { ...state, scratch };
}

function readScratch(raw: unknown): Scratch | null {
  try {
    return Scratch.safeParse(raw).data ?? null;
  } catch {
    return null;
  }
}

function describeUnknown(raw: unknown): string {
  const named = typeof raw === 'object' && raw !== null && 'type' in raw && typeof raw.type === 'string';
  return named ? `event "${String(raw.type).slice(0, 60)}"` : 'an event without a type';
}

/** Applies one event. Events that make no sense in the present state leave it as it is; after the end all do. */
export function applyEvent(state: RunState, event: RunEvent): RunState {
  if (state.ended !== null) return state;
  switch (event.type) {
    case 'requested':
      return state.request === null ? { ...state, request: event.request, requestedAt: event.at } : state;
    case 'planned':
      return state.plan === null ? withPlan(state, event.plan, event.hash) : state;
    case 'question':
      return state;
    case 'gate-opened':
    case 'voted':
    case 'gate-settled':
    case 'gate-reminded':
    case 'gate-escalated':
      return { ...state, gates: applyGateEvent(state.gates, event) };
    case 'lock-waiting':
      return {
        ...state,
        lockWait: {
          lock: event.lock,
          heldBy: event.heldBy,
          ...(event.byHand === undefined ? {} : { byHand: event.byHand }),
          since: state.lockWait?.since ?? event.at,
        },
        windowWait: waitedFor(state.windowWait),
      };
    case 'window-waiting':
      return { ...state, lockWait: null, windowWait: waitsFor(state.windowWait, event) };
    case 'locks-taken':
      return { ...state, locks: event.locks, lockWait: null, windowWait: waitedFor(state.windowWait) };
    case 'step-started':
    case 'step-done':
      return { ...state, steps: applyStepEvent(state.steps, event), windowWait: waitedFor(state.windowWait) };
    case 'intent':
    case 'observed':
      return { ...state, acts: applyActEvent(state.acts, event) };
    case 'cleanup-registered':
    case 'cleanup-done':
    case 'cleanup-failed':
      return { ...state, cleanups: applyCleanupEvent(state.cleanups, event, state.ending === null) };
    case 'cancel-requested':
      return state.cancel === null ? { ...state, cancel: { actor: event.actor, at: event.at } } : state;
    case 'ending':
      return state.ending === null ? { ...state, ending: pick(event) } : state;
    case 'ended':
      return {
        ...state,
        ended: { outcome: event.outcome, reason: event.reason, note: event.note, at: event.at },
        locks: state.locks === null ? null : [],
      };
  }
}

function pick({ reason, note, at }: RunEventOf<'ending'>): NonNullable<RunState['ending']> {
  return { reason, note, at };
}

function waitsFor(
  wait: RunState['windowWait'],
  { opensAt, words, at }: RunEventOf<'window-waiting'>,
): RunState['windowWait'] {
  return { opensAt, words, since: wait?.since ?? at, firstOpensAt: wait?.firstOpensAt ?? opensAt, over: false };
}

function waitedFor(wait: RunState['windowWait']): RunState['windowWait'] {
  return wait === null || wait.over ? wait : { ...wait, over: true };
}

function withPlan(state: RunState, plan: Plan, planHash: string): RunState {
  return { ...state, plan, planHash, steps: plan.steps.map((_, index) => pendingStep(index)) };
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
  | 'waiting-for-window'
  | 'running'
  | 'ended'
  | 'waiting-for-newer-worker';

/** The phase a run is in. */
export function phaseOf(state: RunState): RunPhase {
  if (state.ended !== null) return 'ended';
  if (state.unknown !== null) return 'waiting-for-newer-worker';
  if (state.plan === null) return 'planning';
  if (openGate(state) !== null) return 'waiting-for-people';
  // Between the plan and its first gate nothing runs yet.
  if (beforeFirstGate(state)) return 'planning';
  if (state.ending === null && state.windowWait?.over === false) return 'waiting-for-window';
  if (state.locks === null && state.lockWait !== null) return 'waiting-for-lock';
  return 'running';
}

function beforeFirstGate(state: RunState): boolean {
  const started = state.steps.some((step) => step.status !== 'pending');
  return !started && state.ending === null && state.gates.length === 0 && (state.plan?.gates.length ?? 0) > 0;
}
