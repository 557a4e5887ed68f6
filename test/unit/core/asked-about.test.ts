import { describe, expect, it } from 'vitest';
import { askedAbout, isPassedOver } from '../../../src/core/asked-about.ts';
import { unconfirmed } from '../../../src/core/confirm.ts';
import type { Json } from '../../../src/core/json.ts';
import { nextFor } from '../../../src/core/next.ts';
import { hashedGate } from '../../../src/core/plan.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { approver, testPolicy } from '../../support/engine-harness.ts';
import { make, SAMPLE_MS, sampleGate, sampleStep, stateOf } from '../../support/run-samples.ts';

const steps = [sampleStep('disruptive'), sampleStep('irreversible')];
const gate = sampleGate({ id: 'force', kind: 'typed', expect: 'cp-2', beforeStep: 1, about: 'stuck' });
const own = sampleGate({ kind: 'typed', expect: 'prod' });
const before = [
  make.requested(),
  make.planned({ steps, gates: [own, gate] }),
  make.opened(own),
  make.voted(approver, 'prod'),
  make.settled(),
  make.locked(),
  make.started(0),
] as const;

/** A run whose first step left this. */
function left(output: Json): RunState {
  return stateOf(...before, { ...make.stepDone(0), output });
}

describe('a gate that asks about what a step left', () => {
  it('is passed over when the list is empty: the step behind it begins, and nobody has to have answered', () => {
    const state = left({ stuck: [] });

    expect(isPassedOver(state, gate)).toBe(true);
    expect(nextFor(state, SAMPLE_MS)).toMatchObject({ do: 'step', index: 1 });
    expect(unconfirmed(state, testPolicy(), 1)).toBeNull();
  });

  it.each<[string, Json]>([
    ['there is something', { stuck: [{ words: 'db-0' }] }],
    ['an entry has no words', { stuck: [{ name: 'db-0' }, 'db-1'] }],
    ['the list is not there', { other: [] }],
    ['it is no list', { stuck: {} }],
    ['the output is none', null],
    ['the output is a list', []],
  ])('is asked when %s, and the step behind it is not confirmed without an answer', (_when, output) => {
    const state = left(output);

    expect(isPassedOver(state, gate)).toBe(false);
    expect(nextFor(state, SAMPLE_MS)).toMatchObject({ do: 'open-gate', gate: { id: 'force' } });
    expect(unconfirmed(state, testPolicy(), 1)).toMatch(/does not have it answered as the plan asks it/);
  });

  it('is not passed over before its step is done, nor one that asks about no list', () => {
    expect(isPassedOver(stateOf(...before), gate)).toBe(false);
    expect(isPassedOver(left({ stuck: [] }), sampleGate({ beforeStep: 1 }))).toBe(false);
  });

  it('names each entry in the words of the step', () => {
    expect(askedAbout(left({ stuck: [{ words: 'db-0 on w-1', uid: 'u' }, {}] }), gate)).toEqual([
      'db-0 on w-1',
      'something that cannot be read here',
    ]);
    expect(askedAbout(left({ stuck: [{ words: 'x' }] }), sampleGate({ beforeStep: 1 }))).toEqual([]);
    expect(askedAbout(stateOf(...before), gate)).toEqual([]);
  });

  it('is hashed with its list, and as before without one', () => {
    expect(hashedGate(gate)).toMatchObject({ about: 'stuck' });
    expect(Object.keys(hashedGate(sampleGate()))).not.toContain('about');
  });
});
