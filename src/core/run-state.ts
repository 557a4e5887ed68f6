import type { Actor } from './actor.ts';
import type { Json } from './json.ts';
import type { GateSpec, Plan } from './plan.ts';
import type { EndReason, RunOutcome } from './reasons.ts';
import { RunEvent, type RunRequest, Scratch } from './run-event.ts';

/** A stored run: events as they were read, plus the part that is replaced in place. */
export interface RunRecord {
  readonly id: string;
  /** Grows with every write. */
  readonly version: number;
  /** Epoch of the last lease that was granted. */
  readonly epoch: number;
  readonly events: readonly unknown[];
  readonly scratch: unknown;
}

/** One person's answer to one gate. */
export interface Vote {
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  readonly note: string | null;
  readonly at: string;
}

/** A gate that was opened. Times are ISO. */
export interface GateState {
  readonly spec: GateSpec;
  readonly hash: string;
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly votes: readonly Vote[];
  readonly settled: {
    readonly verdict: 'approved' | 'rejected' | 'expired';
    readonly by: readonly Actor[];
    readonly note: string | null;
    readonly at: string;
  } | null;
}

/** A destructive call that was announced. `observed` is null until its outcome was looked at. */
export interface ActState {
  readonly index: number;
  readonly item: string;
  readonly action: string;
  readonly facts: Json;
  readonly at: string;
  readonly observed: { readonly result: 'done' | 'not-done' | 'unknown'; readonly note: string; readonly evidence: Json; readonly at: string } | null;
}

/** Progress of one step of the plan. */
export interface StepState {
  readonly index: number;
  readonly status: 'pending' | 'running' | 'done';
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly doneAt: string | null;
  readonly output: Json;
  readonly note: string;
}

/** Something changed only for the run's duration. */
export interface CleanupState {
  readonly id: string;
  readonly kind: string;
  readonly input: Json;
  readonly summary: string;
  readonly status: 'registered' | 'done' | 'failed';
  readonly note: string;
}

/** State of a run: the fold of its events. */
export interface RunState {
  readonly id: string;
  readonly version: number;
  readonly request: RunRequest | null;
  readonly requestedAt: string;
  readonly plan: Plan | null;
  readonly planHash: string | null;
  readonly gates: readonly GateState[];
  /** Locks held; `null`: not taken yet. */
  readonly locks: readonly string[] | null;
  readonly lockWait: { readonly lock: string; readonly heldBy: string; readonly since: string } | null;
  readonly steps: readonly StepState[];
  readonly acts: readonly ActState[];
  readonly cleanups: readonly CleanupState[];
  readonly cancel: { readonly actor: Actor; readonly at: string } | null;
  readonly ending: { readonly reason: EndReason; readonly note: string; readonly at: string } | null;
  readonly ended: { readonly outcome: RunOutcome; readonly reason: EndReason; readonly note: string; readonly at: string } | null;
  readonly scratch: Scratch | null;
  /** An event this version does not know; the run waits for a newer worker. */
  readonly unknown: string | null;
  readonly lastEventAt: string;
}

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
      return { ...state, plan: event.plan, planHash: event.hash, steps: event.plan.steps.map((_, index) => pendingStep(index)) };
    case 'gate-opened':
    case 'voted':
    case 'gate-settled':
      return { ...state, gates: applyGateEvent(state.gates, event) };
    case 'lock-waiting':
      return { ...state, lockWait: { lock: event.lock, heldBy: event.heldBy, since: state.lockWait?.since ?? event.at } };
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
      return state.ending === null ? { ...state, ending: { reason: event.reason, note: event.note, at: event.at } } : state;
    case 'ended':
      return state.ended === null
        ? { ...state, ended: { outcome: event.outcome, reason: event.reason, note: event.note, at: event.at }, locks: state.locks === null ? null : [] }
        : state;
  }
}

function pendingStep(index: number): StepState {
  return { index, status: 'pending', attempts: 0, startedAt: null, doneAt: null, output: null, note: '' };
}

type GateEvent = Extract<RunEvent, { readonly type: 'gate-opened' | 'voted' | 'gate-settled' }>;

function applyGateEvent(gates: readonly GateState[], event: GateEvent): readonly GateState[] {
  if (event.type === 'gate-opened') {
    if (gates.some((gate) => gate.spec.id === event.gate.id)) return gates;
    return [
      ...gates,
      { spec: event.gate, hash: event.hash, openedAt: event.at, expiresAt: event.expiresAt, votes: [], settled: null },
    ];
  }
  return gates.map((gate) => {
    if (gate.spec.id !== event.gate || gate.hash !== event.hash || gate.settled !== null) return gate;
    if (event.type === 'voted') {
      const vote = { actor: event.actor, verdict: event.verdict, note: event.note, at: event.at };
      return { ...gate, votes: [...gate.votes, vote] };
    }
    return { ...gate, settled: { verdict: event.verdict, by: event.by, note: event.note, at: event.at } };
  });
}

type StepEvent = Extract<RunEvent, { readonly type: 'step-started' | 'step-done' }>;

function applyStepEvent(steps: readonly StepState[], event: StepEvent): readonly StepState[] {
  return steps.map((step) => {
    if (step.index !== event.index || step.status === 'done') return step;
    if (event.type === 'step-started') {
      return { ...step, status: 'running', attempts: event.attempt, startedAt: step.startedAt ?? event.at };
    }
    return { ...step, status: 'done', doneAt: event.at, output: event.output, note: event.note };
  });
}

type ActEvent = Extract<RunEvent, { readonly type: 'intent' | 'observed' }>;

function applyActEvent(acts: readonly ActState[], event: ActEvent): readonly ActState[] {
  if (event.type === 'intent') {
    return [
      ...acts,
      { index: event.index, item: event.item, action: event.action, facts: event.facts, at: event.at, observed: null },
    ];
  }
  return acts.map((act) =>
    act.observed === null && act.index === event.index && act.item === event.item && act.action === event.action
      ? { ...act, observed: { result: event.result, note: event.note, evidence: event.evidence, at: event.at } }
      : act,
  );
}

type CleanupEvent = Extract<RunEvent, { readonly type: 'cleanup-registered' | 'cleanup-done' | 'cleanup-failed' }>;

function applyCleanupEvent(cleanups: readonly CleanupState[], event: CleanupEvent): readonly CleanupState[] {
  if (event.type === 'cleanup-registered') {
    const rest = cleanups.filter((cleanup) => cleanup.id !== event.id);
    return [
      ...rest,
      { id: event.id, kind: event.kind, input: event.input, summary: event.summary, status: 'registered', note: '' },
    ];
  }
  return cleanups.map((cleanup) => {
    if (cleanup.id !== event.id) return cleanup;
    return event.type === 'cleanup-done'
      ? { ...cleanup, status: 'done' }
      : { ...cleanup, status: 'failed', note: event.note };
  });
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
export type RunPhase = 'planning' | 'waiting-for-people' | 'waiting-for-lock' | 'running' | 'ended' | 'waiting-for-newer-worker';

/** The phase a run is in. */
export function phaseOf(state: RunState): RunPhase {
  if (state.ended !== null) return 'ended';
  if (state.unknown !== null) return 'waiting-for-newer-worker';
  if (state.plan === null) return 'planning';
  if (openGate(state) !== null) return 'waiting-for-people';
  if (state.locks === null && state.lockWait !== null) return 'waiting-for-lock';
  return 'running';
}
