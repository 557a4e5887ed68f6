import { anything, array, assert as assertProperty, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEndReason, isReason } from '../../../src/core/reasons.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun, openAct, openGate, phaseOf, type RunState, stepsDone } from '../../../src/core/run-state.ts';
import { stateInWords } from '../../../src/core/wording.ts';
import { operator } from '../../support/engine-harness.ts';
import { runEvents, scratch } from '../../support/run-arbitraries.ts';
import { make, recordOf, SAMPLE_AT, sampleGate, stateOf } from '../../support/run-samples.ts';

/** JSON nested deeper than a validator can go. */
function nested(depth: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** What was final in one state, as it stands in another. */
function finalPart(before: RunState, state: RunState): object {
  const settled = new Set(before.gates.filter((gate) => gate.settled !== null).map((gate) => gate.spec.id));
  const done = new Set(before.steps.filter((step) => step.status === 'done').map((step) => step.index));
  return {
    request: state.request,
    plan: before.plan === null ? null : [state.plan, state.planHash],
    gates: state.gates.filter((gate) => settled.has(gate.spec.id)),
    votes: before.gates.map((gate, index) => state.gates[index]?.votes.slice(0, gate.votes.length)),
    steps: state.steps.filter((step) => done.has(step.index)),
    cancel: before.cancel === null ? null : state.cancel,
    ending: before.ending === null ? null : state.ending,
    ended: before.ended === null ? null : { ...state, version: 0, lastEventAt: '' },
  };
}

describe('folding what is stored', () => {
  it('answers for any JSON, and names what it cannot read', () => {
    assertProperty(
      property(array(jsonValue(), { maxLength: 8 }), jsonValue(), (events, stored) => {
        const state = foldRun(recordOf(events, stored));

        expect(state.unknown).toEqual(expect.any(String));
        expect(state.unknown?.length).toBeLessThan(200);
      }),
    );
  });

  it('answers for values that no JSON could carry', () => {
    assertProperty(
      property(array(anything(), { maxLength: 4 }), anything(), (events, stored) => {
        expect(foldRun(recordOf(events, stored)).unknown).not.toBeNull();
      }),
    );
  });

  it.each([
    [{ type: { toString: 1, valueOf: 1 } }, 'an event without a type'],
    [{ type: 'x'.repeat(500) }, `event "${'x'.repeat(60)}"`],
    [{ ...make.cancelled(), v: 2 }, 'event "cancel-requested"'],
    [{ ...make.ending(), reason: 'not-permitted' }, 'event "ending"'],
    [{ ...make.ending(), reason: 'of-the-future' }, 'event "ending"'],
    [null, 'an event without a type'],
    [nested(20_000), 'an event without a type'],
    [{ ...make.stepDone(), output: nested(20_000) }, 'event "step-done"'],
  ])('parks at %o as if nothing came after it', (event, unknown) => {
    const state = stateOf(make.requested(), event, make.ended());

    expect(state).toMatchObject({ unknown, ended: null });
    expect(phaseOf(state)).toBe('waiting-for-newer-worker');
  });

  const deep = { index: 0, state: nested(20_000), note: '', at: '', notBefore: null, failures: 0 };

  it.each([{}, { index: 'one' }, 'text', deep])('parks at step state of another version (%#)', (stored) => {
    expect(foldRun(recordOf([make.requested()], stored)).unknown).toBe('step state of another version');
  });

  it('says that a record without a request is none of ours', () => {
    expect(foldRun(recordOf([])).unknown).toContain('request');
    expect(stateOf(make.planned()).unknown).toContain('request');
  });
});

describe('folding any sequence of events', () => {
  it('never throws, keeps within the plan, and can be put into words', () => {
    assertProperty(
      property(runEvents, scratch, (events, stored) => {
        const state = foldRun(recordOf(events, stored));

        expect(state.unknown).toBeNull();
        expect(state.steps).toHaveLength(state.plan?.steps.length ?? 0);
        expect(stepsDone(state)).toBeLessThanOrEqual(state.steps.length);
        expect(stateInWords(state)).not.toBe('');
      }),
    );
  });

  it('keeps what is final: the request, the plan, settled gates, votes, done steps, the first cancel, the end', () => {
    assertProperty(
      property(runEvents, (events) => {
        const states = events.map((_, count) => stateOf(...events.slice(0, count + 1)));
        for (const [count, after] of states.entries()) {
          const before = states[Math.max(0, count - 1)] ?? after;
          expect(finalPart(before, after)).toEqual(finalPart(before, before));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same state for the same events, whatever was folded before', () => {
    assertProperty(
      property(runEvents, (events) => {
        expect(stateOf(...events)).toEqual(
          stateOf(...events.map((event): unknown => JSON.parse(JSON.stringify(event)))),
        );
      }),
    );
  });
});

describe('what events do', () => {
  it('counts votes only at the gate and the hash they were given for', () => {
    const open = [make.requested(), make.planned(), make.opened()];

    expect(stateOf(...open, make.voted()).gates[0]?.votes).toMatchObject([{ verdict: 'approve' }]);
    expect(stateOf(...open, make.voted(operator, null, 'second')).gates[0]?.votes).toEqual([]);
    expect(stateOf(...open, { ...make.voted(), hash: 'other' }).gates[0]?.votes).toEqual([]);
    expect(stateOf(...open, { ...make.settled(), hash: 'other' }).gates[0]?.settled).toBeNull();
    expect(stateOf(...open, make.opened({ title: 'again' })).gates).toHaveLength(1);
  });

  it('names the open gate and the open call, and none after the end began', () => {
    const waiting = stateOf(make.requested(), make.planned(), make.opened());
    expect(openGate(waiting)?.spec).toEqual(sampleGate());
    expect(openGate(stateOf(make.requested(), make.planned(), make.opened(), make.ending()))).toBeNull();
    const acting = stateOf(make.requested(), make.planned({ gates: [] }), make.started(), make.intent());
    expect(openAct(acting)).toMatchObject({ item: 'a', observed: null });
    expect(openAct(stateOf(make.requested(), make.planned(), make.intent(), make.observed()))).toBeNull();
    expect(openAct(stateOf(make.requested(), make.planned(), make.intent(), make.observed(0, 'b')))?.item).toBe('a');
  });

  it('leaves a done step, a settled gate and a stored plan as they are', () => {
    const done = [make.requested(), make.planned(), make.opened(), make.settled(), make.started(), make.stepDone()];
    const again = [make.planned({ steps: [] }), make.settled('rejected'), make.started(), make.voted()];

    expect(stateOf(...done, ...again)).toEqual({ ...stateOf(...done), version: done.length + again.length });
  });

  it('remembers since when a run waits for a lock, and forgets it when the lock is taken', () => {
    const wait = { v: 1, type: 'lock-waiting', lock: 'cluster/prod', heldBy: 'x' };
    const waiting = stateOf(
      make.requested(),
      make.planned({ gates: [] }),
      { ...wait, at: SAMPLE_AT },
      { ...wait, at: '2026-01-01T04:00:00.000Z', heldBy: 'y' },
    );

    expect(waiting.lockWait).toEqual({ lock: 'cluster/prod', heldBy: 'y', since: SAMPLE_AT });
    expect(phaseOf(waiting)).toBe('waiting-for-lock');
    expect(stateOf(make.requested(), make.planned(), { ...wait, at: SAMPLE_AT }, make.locked())).toMatchObject({
      lockWait: null,
      locks: ['cluster/prod/valves'],
    });
  });

  it.each([
    ['planning', [make.requested()]],
    ['planning', [make.requested(), make.planned()]],
    ['waiting-for-people', [make.requested(), make.planned(), make.opened()]],
    ['running', [make.requested(), make.planned(), make.opened(), make.settled()]],
    ['running', [make.requested(), make.planned(), make.started()]],
    ['running', [make.requested(), make.planned(), make.ending()]],
    ['running', [make.requested(), make.planned({ gates: [] })]],
    ['ended', [make.requested(), make.planned(), make.opened(), make.ended()]],
  ] as const)('the phase is %s (%#)', (phase, events) => {
    expect(phaseOf(stateOf(...events))).toBe(phase);
  });

  it('holds no lock after the end, and never took one where it took none', () => {
    expect(stateOf(make.requested(), make.locked(), make.ended(), make.locked()).locks).toEqual([]);
    expect(stateOf(make.requested(), make.ended()).locks).toBeNull();
  });

  it('keeps the newest registration of a cleanup, last in order', () => {
    const state = stateOf(
      make.requested(),
      make.registered('a'),
      make.registered('b'),
      make.cleaned('a'),
      make.registered('a'),
    );

    expect(state.cleanups.map(({ id, status }) => [id, status])).toEqual([
      ['b', 'registered'],
      ['a', 'registered'],
    ]);
  });
});

describe('the closed list of reasons', () => {
  it('knows its own codes and no others, not even names every object has', () => {
    expect(isReason('quorum-at-risk')).toBe(true);
    expect(isEndReason('not-permitted')).toBe(false);
    for (const code of ['', 'toString', '__proto__', 'constructor', 'hasOwnProperty', 'Done'])
      expect(isReason(code)).toBe(false);
    expect(RunEvent.safeParse(make.ending('cleanup-failed')).success).toBe(true);
  });
});
