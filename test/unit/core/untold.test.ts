import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import { UNTOLD_MS, whenUntold } from '../../../src/core/untold.ts';
import type { Withheld } from '../../../src/core/withheld.ts';
import { SAMPLE_HASH, SAMPLE_MS, samplePlan, sampleRequest, sampleStep } from '../../support/run-samples.ts';

const steps = [{ ...sampleStep('irreversible', 'valve.cut@1'), commits: true as const }, sampleStep()];
const base = (afterMs: number) => ({ v: 1, at: new Date(SAMPLE_MS + afterMs).toISOString() }) as const;

interface Told {
  readonly action: 'cut' | 'mend';
  readonly atMs: number;
  readonly result?: 'done' | 'not-done' | 'unknown';
  readonly withheld?: Withheld;
}

/** The calls of a run in their order; without a result one is open. */
function runOf(calls: readonly Told[]): RunState {
  const events: RunEvent[] = [
    { ...base(0), type: 'requested', request: sampleRequest() },
    { ...base(0), type: 'planned', plan: samplePlan({ steps, gates: [] }), hash: SAMPLE_HASH },
  ];
  for (const { action, atMs, result, withheld } of calls) {
    const call = { index: action === 'cut' ? 0 : 1, item: 'a', action };
    events.push({ ...base(atMs), type: 'intent', ...call, facts: null });
    const more = withheld === undefined ? {} : { withheld };
    if (result !== undefined)
      events.push({ ...base(atMs), type: 'observed', ...call, result, note: '', evidence: null, ...more });
  }
  return foldRun({ id: 'valve-prod-1', version: events.length, epoch: 1, events, scratch: null });
}

const CUT: Told = { action: 'cut', atMs: 0, result: 'done' };
const open = (atMs: number): Told => ({ action: 'mend', atMs });
const untold = (atMs: number, withheld: Withheld = 'still-untold'): Told => {
  return { action: 'mend', atMs, result: 'not-done', withheld };
};

describe('a call that the cluster could not be told of', () => {
  test.each([
    ['nothing was called before', [open(0)]],
    ['it is the very call that would commit the run', [{ action: 'cut', atMs: 0 }]],
    ['the one that would have committed it had no effect', [{ ...CUT, result: 'not-done' }, open(0)]],
    ['other calls commit to nothing', [{ ...CUT, action: 'mend' }, open(0)]],
  ] as const)('ends the run when %s', (_what, calls) => {
    expect(whenUntold(runOf(calls), SAMPLE_MS)).toEqual({ kind: 'end' });
  });

  test.each(['done', 'unknown'] as const)(
    'is tried again behind a call that commits the run and was seen as %s',
    (result) => {
      expect(whenUntold(runOf([{ ...CUT, result }, open(0)]), SAMPLE_MS)).toEqual({
        kind: 'again',
        afterMs: 5000,
        first: true,
      });
    },
  );

  test('is tried at longer intervals, and no longer than the limit from the first time on', () => {
    const tries = [CUT, untold(1000, 'untold'), untold(6000), untold(16_000), untold(31_000), untold(61_000)];
    const at = (passedMs: number) => whenUntold(runOf([...tries, open(passedMs)]), SAMPLE_MS + passedMs);
    expect(at(91_000)).toEqual({ kind: 'again', afterMs: 30_000, first: false });
    expect(at(UNTOLD_MS - 9000)).toEqual({ kind: 'again', afterMs: 10_000, first: false });
    expect(at(UNTOLD_MS + 1000)).toEqual({ kind: 'over', triedMs: UNTOLD_MS });
  });

  test.each([
    ['a call was made', { action: 'mend', atMs: 10_000, result: 'not-done' }],
    ['it could be told, but too late', untold(10_000, 'late')],
    ['a worker that stopped came so far', untold(10_000, 'stopped')],
  ] as const)('has its whole time anew when in between %s', (_what, between) => {
    const state = runOf([CUT, untold(0, 'untold'), between, open(UNTOLD_MS)]);
    expect(whenUntold(state, SAMPLE_MS + UNTOLD_MS)).toEqual({ kind: 'again', afterMs: 5000, first: true });
  });
});
