import { check, constant, integer, oneof, property, sample } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Next, nextFor } from '../../../src/core/next.ts';
import type { GateSpec } from '../../../src/core/plan.ts';
import { foldRun, openAct, type RunState } from '../../../src/core/run-state.ts';
import { runEvents, scratch } from '../../support/run-arbitraries.ts';
import {
  make,
  recordOf,
  SAMPLE_AT,
  SAMPLE_MS,
  sampleApprovals,
  sampleGate,
  sampleStep,
  stateOf,
} from '../../support/run-samples.ts';

const approved = [make.requested(), make.planned(), make.opened(), make.voted(), make.settled()] as const;
const QUESTION = { schedule: 'sched-prod-x', until: '2026-02-01T03:00:00.000Z', words: 'in February' };
const waitMs = { index: 0, state: null, note: '', at: SAMPLE_AT, failures: 0 };

/** The first case that breaks a rule for what may come next, in any state, at any time; `null`: none. */
function breach(rule: (next: Next, state: RunState, nowMs: number) => boolean): unknown {
  const anyMoment = property(runEvents, scratch, integer({ min: -1000, max: 7_300_000 }), (events, stored, sinceMs) => {
    const state = foldRun(recordOf(events, stored));
    return rule(nextFor(state, SAMPLE_MS + sinceMs), state, SAMPLE_MS + sinceMs);
  });
  return check(anyMoment, { numRuns: 1000 }).counterexample;
}

/** Gates of the plan that stand before a step and are not approved. */
function missingGates(state: RunState, index: number): readonly string[] {
  const isApproved = (id: string): boolean =>
    state.gates.some((gate) => gate.spec.id === id && gate.settled?.verdict === 'approved');
  return (state.plan?.gates ?? [])
    .filter((gate) => gate.beforeStep <= index && !isApproved(gate.id))
    .map((gate) => gate.id);
}

/** The step whose turn it is. */
function due(state: RunState): number {
  return openAct(state)?.index ?? state.steps.findIndex((step) => step.status !== 'done');
}

/** Whether somebody said no, or nobody said anything. */
function refused(state: RunState): boolean {
  return state.gates.some((gate) => gate.settled !== null && gate.settled.verdict !== 'approved');
}

/** Whether a step, begun now, would change something under the locks of the plan. */
function changes(state: RunState, index: number): boolean {
  return openAct(state) === null && state.plan?.locks.length !== 0 && state.plan?.steps[index]?.risk !== 'read';
}

/** How many things are still to be put back. */
function left(state: RunState): number {
  return state.cleanups.filter((each) => each.status === 'registered').length;
}

describe('what comes next, in any state', () => {
  it('is a step only when every gate before it is approved, unless an announced call must be looked at', () => {
    expect(
      breach(
        (next, state) => next.do !== 'step' || openAct(state) !== null || missingGates(state, next.index).length === 0,
      ),
    ).toBeNull();
  });

  it('is the first step that is not done, or the step of the announced call', () => {
    expect(breach((next, state) => next.do !== 'step' || next.index === due(state))).toBeNull();
  });

  it('is no step after a rejection or an expiry', () => {
    expect(breach((next, state) => next.do !== 'step' || !refused(state))).toBeNull();
  });

  it('is no step after a cancel, except to look at an announced call', () => {
    expect(
      breach(
        (next, state) => next.do !== 'step' || state.cancel === null || (openAct(state) !== null && next.settleOnly),
      ),
    ).toBeNull();
  });

  it('takes the locks before any step that changes something', () => {
    expect(
      breach((next, state) => next.do !== 'step' || !changes(state, next.index) || state.locks !== null),
    ).toBeNull();
  });

  it('is nothing after the end, and only putting back and the end once the ending began', () => {
    expect(breach((next, state) => (next.do === 'nothing') === (state.ended !== null))).toBeNull();
    expect(
      breach(
        (next, state) =>
          state.ended !== null || state.ending === null || next.do === (left(state) > 0 ? 'clean-up' : 'end'),
      ),
    ).toBeNull();
  });

  it('waits only for the future, and expires a gate only when its time is over', () => {
    expect(breach((next, _state, nowMs) => next.do !== 'wait' || next.untilMs > nowMs)).toBeNull();
    expect(
      breach((next, _state, nowMs) => next.do !== 'expire-gate' || !(Date.parse(next.gate.expiresAt) > nowMs)),
    ).toBeNull();
  });

  it('opens only gates of the plan, each once', () => {
    expect(
      breach((next, state) => next.do !== 'open-gate' || !state.gates.some((gate) => gate.spec.id === next.gate.id)),
    ).toBeNull();
  });

  it('takes no locks and begins no step for a question or a dry run, whatever its record holds', () => {
    const asks = oneof(constant({ dryRun: true }), constant({ standingQuestion: QUESTION }));
    const never = property(asks, runEvents, scratch, (over, [, ...events], stored) => {
      const state = foldRun(recordOf([make.requested(over), ...events], stored));
      const next = nextFor(state, SAMPLE_MS);
      return next.do !== 'take-locks' && (next.do !== 'step' || (openAct(state) !== null && next.settleOnly));
    });
    expect(check(never, { numRuns: 1000 }).counterexample).toBeNull();
  });

  it('is everything it can be among the cases tried here', () => {
    const tried = sample(runEvents, { numRuns: 2000, seed: 1 }).map(
      (events) => nextFor(stateOf(...events), SAMPLE_MS).do,
    );

    expect([...new Set(tried)].toSorted()).toEqual([
      'begin-ending',
      'clean-up',
      'end',
      'expire-gate',
      'nothing',
      'open-gate',
      'plan',
      'step',
      'take-locks',
      'wait',
    ]);
    expect(tried.filter((each) => each === 'step').length).toBeGreaterThan(50);
  });
});

describe('the path of a run', () => {
  it.each<[string, readonly unknown[], object]>([
    ['plan', [make.requested()], { do: 'plan' }],
    ['open the gate', [make.requested(), make.planned()], { do: 'open-gate', gate: { id: 'approve' } }],
    [
      'wait for people',
      [make.requested(), make.planned(), make.opened()],
      { do: 'wait', untilMs: SAMPLE_MS + 1_800_000 },
    ],
    ['take the locks', approved, { do: 'take-locks', locks: ['cluster/prod/valves'] }],
    ['do the step', [...approved, make.locked()], { do: 'step', index: 0, settleOnly: false }],
    [
      'look first',
      [...approved, make.locked(), make.started(), make.intent()],
      { do: 'step', index: 0, settleOnly: false },
    ],
    [
      'look, and then stop',
      [...approved, make.locked(), make.started(), make.intent(), make.cancelled()],
      { do: 'step', index: 0, settleOnly: true },
    ],
    [
      'stop',
      [...approved, make.locked(), make.started(), make.cancelled()],
      { do: 'begin-ending', reason: 'cancelled' },
    ],
    ['end well', [...approved, make.locked(), make.started(), make.stepDone()], { do: 'begin-ending', reason: 'done' }],
    [
      'put back what is open',
      [...approved, make.registered('a'), make.registered('b'), make.ending()],
      { do: 'clean-up' },
    ],
    ['end', [...approved, make.registered(), make.ending(), make.cleaned()], { do: 'end' }],
    ['rest', [...approved, make.ending(), make.ended()], { do: 'nothing' }],
    [
      'reject',
      [make.requested(), make.planned(), make.opened(), make.settled('rejected')],
      { do: 'begin-ending', reason: 'rejected' },
    ],
    [
      'expire',
      [make.requested(), make.planned(), make.opened(), make.settled('expired')],
      { do: 'begin-ending', reason: 'gate-expired' },
    ],
    ['leave it to others', [make.requested(), { type: 'from-the-future' }], { do: 'park-unknown' }],
  ])('%s', (_name, events, next) => {
    expect(nextFor(stateOf(...events), SAMPLE_MS)).toMatchObject(next);
  });

  it('expires the gate at the very millisecond', () => {
    const open = stateOf(make.requested(), make.planned(), make.opened());

    expect(nextFor(open, SAMPLE_MS + 1_799_999).do).toBe('wait');
    expect(nextFor(open, SAMPLE_MS + 1_800_000).do).toBe('expire-gate');
  });

  it('takes a broken deadline for one that is over', () => {
    expect(nextFor(stateOf(make.requested(), make.planned(), make.opened({}, 'soon')), 1).do).toBe('expire-gate');
  });

  it('waits for the time a step asked for, and not for that of another step', () => {
    const events = [...approved, make.locked(), make.started()];
    const later = { ...waitMs, notBefore: '2026-01-01T03:01:00.000Z' };

    expect(nextFor(foldRun(recordOf(events, later)), SAMPLE_MS)).toEqual({ do: 'wait', untilMs: SAMPLE_MS + 60_000 });
    expect(nextFor(foldRun(recordOf(events, later)), SAMPLE_MS + 60_000).do).toBe('step');
    expect(nextFor(foldRun(recordOf(events, { ...later, index: 1 })), SAMPLE_MS).do).toBe('step');
  });
});

describe('locks and gates', () => {
  const later = sampleGate({ beforeStep: 1 });

  it('are taken at once without a gate, and not asked for without locks', () => {
    expect(nextFor(stateOf(make.requested(), make.planned({ gates: [] })), SAMPLE_MS).do).toBe('take-locks');
    expect(nextFor(stateOf(make.requested(), make.planned({ gates: [], locks: [] })), SAMPLE_MS).do).toBe('step');
  });

  it('let a step that only reads go before the first gate, and nothing else', () => {
    const steps = [sampleStep('read'), sampleStep('disruptive')];
    const read = stateOf(make.requested(), make.planned({ steps, gates: [later] }));
    const changing = stateOf(
      make.requested(),
      make.planned({ steps: [sampleStep('reversible'), sampleStep()], gates: [later] }),
    );

    expect(nextFor(read, SAMPLE_MS)).toEqual({ do: 'step', index: 0, settleOnly: false });
    expect(nextFor(changing, SAMPLE_MS).do).toBe('take-locks');
  });

  it('come before a step that only reads where the plan wants its gate first', () => {
    const steps = [sampleStep('read'), sampleStep('disruptive')];
    const plan = { steps, gateFirst: true as const };
    const asked = [make.requested(), make.planned({ ...plan, gates: [sampleGate({ beforeStep: 0 })] })];

    expect(nextFor(stateOf(...asked), SAMPLE_MS)).toMatchObject({ do: 'open-gate' });
    expect(nextFor(stateOf(...asked, ...approved.slice(2)), SAMPLE_MS).do).toBe('take-locks');
    // Nobody is asked, or only later: the locks come first all the same.
    expect(nextFor(stateOf(make.requested(), make.planned({ ...plan, gates: [] })), SAMPLE_MS).do).toBe('take-locks');
    expect(nextFor(stateOf(make.requested(), make.planned({ ...plan, gates: [later] })), SAMPLE_MS).do).toBe(
      'take-locks',
    );
  });

  it('an approval is counted from the last answer where a step has several gates', () => {
    const gates = [sampleGate(), sampleGate({ id: 'second' })];
    const answered = [
      make.requested(),
      make.planned({ gates }),
      make.opened(),
      make.settled(),
      make.opened({ id: 'second' }),
      { ...make.settled('approved', 'second'), at: '2026-01-01T03:29:00.000Z' },
    ];
    const lastMs = Date.parse('2026-01-01T03:29:00.000Z');
    const { expiresMs } = sampleGate().approvals;

    expect(nextFor(stateOf(...answered), lastMs + expiresMs - 1).do).toBe('take-locks');
    expect(nextFor(stateOf(...answered), lastMs + expiresMs)).toMatchObject({ reason: 'approval-stale' });
  });

  it('a continue gate with a watch is looked after; what is due at it comes first', () => {
    const watch = { kind: 'host@1', input: null };
    const open = (over: Partial<GateSpec>) =>
      stateOf(make.requested(), make.planned(), make.opened({ watch, ...over }));
    const approvals = sampleApprovals({ remindMs: 60_000 });

    expect(nextFor(open({ kind: 'continue' }), SAMPLE_MS)).toMatchObject({ do: 'watch-gate', watch });
    expect(nextFor(open({ kind: 'typed', expect: 'x' }), SAMPLE_MS).do).toBe('wait');
    expect(nextFor(open({ kind: 'continue', approvals }), SAMPLE_MS + 60_000).do).toBe('remind-gate');
    expect(nextFor(open({ kind: 'continue' }), Date.parse('2026-01-01T03:30:00.000Z')).do).toBe('expire-gate');
  });

  it('open a second gate only when its step is reached, with the locks still held', () => {
    const gates = [sampleGate(), sampleGate({ id: 'second', beforeStep: 1 })];
    const events = [
      make.requested(),
      make.planned({ gates, steps: [sampleStep(), sampleStep()] }),
      ...approved.slice(2),
    ];
    const first = stateOf(...events, make.locked());
    const second = stateOf(...events, make.locked(), make.started(), make.stepDone());

    expect(nextFor(first, SAMPLE_MS)).toMatchObject({ do: 'step', index: 0 });
    expect(nextFor(second, SAMPLE_MS)).toMatchObject({ do: 'open-gate', gate: { id: 'second' } });
    expect(second.locks).toEqual(['cluster/prod/valves']);
  });
});
