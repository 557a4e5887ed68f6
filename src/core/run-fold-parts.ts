import type { RunEvent } from './run-event.ts';
import type { ActState, CleanupState, GateState, StepState } from './run-types.ts';

type GateEventType = 'gate-opened' | 'voted' | 'gate-settled' | 'gate-reminded' | 'gate-escalated';
type GateEvent = Extract<RunEvent, { readonly type: GateEventType }>;

/** Applies what happens at gates. A settled gate never changes again. */
export function applyGateEvent(gates: readonly GateState[], event: GateEvent): readonly GateState[] {
  if (event.type === 'gate-opened') {
    if (gates.some((gate) => gate.spec.id === event.gate.id)) return gates;
    return [
      ...gates,
      {
        spec: event.gate,
        hash: event.hash,
        openedAt: event.at,
        expiresAt: event.expiresAt,
        votes: [],
        remindedAt: null,
        escalatedAt: null,
        settled: null,
        ...(event.notInAdvance === undefined ? {} : { notInAdvance: event.notInAdvance }),
      },
    ];
  }
  return gates.map((gate) => {
    if (gate.spec.id !== event.gate || gate.hash !== event.hash || gate.settled !== null) return gate;
    if (event.type === 'voted') {
      const vote = { actor: event.actor, verdict: event.verdict, note: event.note, at: event.at };
      return { ...gate, votes: [...gate.votes, vote] };
    }
    if (event.type === 'gate-reminded') return { ...gate, remindedAt: gate.remindedAt ?? event.at };
    if (event.type === 'gate-escalated') return { ...gate, escalatedAt: gate.escalatedAt ?? event.at };
    const { verdict, by, note, at, inAdvance, observed } = event;
    const how = {
      ...(inAdvance === undefined ? {} : { inAdvance }),
      ...(observed === undefined ? {} : { observed }),
    };
    return { ...gate, settled: { verdict, by, note, at, ...how } };
  });
}

type StepEvent = Extract<RunEvent, { readonly type: 'step-started' | 'step-done' }>;

/** Applies progress of steps. A done step never changes again. */
export function applyStepEvent(steps: readonly StepState[], event: StepEvent): readonly StepState[] {
  return steps.map((step) => {
    if (step.index !== event.index || step.status === 'done') return step;
    if (event.type === 'step-started') {
      const { attempt: attempts, despite } = event;
      const more = despite === undefined ? {} : { despite };
      return { ...step, status: 'running', attempts, startedAt: step.startedAt ?? event.at, ...more };
    }
    return { ...step, status: 'done', doneAt: event.at, output: event.output, note: event.note };
  });
}

type ActEvent = Extract<RunEvent, { readonly type: 'intent' | 'observed' }>;

/** Applies announced calls and what was seen of them. */
export function applyActEvent(acts: readonly ActState[], event: ActEvent): readonly ActState[] {
  if (event.type === 'intent') {
    return [
      ...acts,
      { index: event.index, item: event.item, action: event.action, facts: event.facts, at: event.at, observed: null },
    ];
  }
  const { result, note, evidence, at, noted, withheld } = event;
  const observed = {
    result,
    note,
    evidence,
    at,
    ...(noted === undefined ? {} : { noted }),
    ...(withheld === undefined ? {} : { withheld }),
  };
  return acts.map((act) =>
    act.observed === null && act.index === event.index && act.item === event.item && act.action === event.action
      ? { ...act, observed }
      : act,
  );
}

type CleanupEvent = Extract<RunEvent, { readonly type: 'cleanup-registered' | 'cleanup-done' | 'cleanup-failed' }>;

/** Applies what was registered to be put back. */
export function applyCleanupEvent(
  cleanups: readonly CleanupState[],
  event: CleanupEvent,
  isBeforeEnd: boolean,
): readonly CleanupState[] {
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
      ? { ...cleanup, status: 'done', ...(isBeforeEnd ? { isBeforeEnd } : {}) }
      : { ...cleanup, status: 'failed', note: event.note };
  });
}
