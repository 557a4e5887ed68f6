import { describe, expect, test } from 'vitest';
import { ADMITTED, type Admission, admit, needsAdmission } from '../../../src/core/admission.ts';
import type { Freeze } from '../../../src/core/freeze.ts';
import { type Next, nextFor } from '../../../src/core/next.ts';
import type { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun, phaseOf, type RunState } from '../../../src/core/run-state.ts';
import { stateInWords } from '../../../src/core/wording.ts';
import {
  SAMPLE_AT,
  SAMPLE_HASH,
  SAMPLE_MS,
  sampleApprovals,
  sampleGate,
  samplePlan,
  sampleRequest,
  sampleStep,
} from '../../support/run-samples.ts';

const MINUTE_MS = 60_000;
const FREEZE: Freeze = {
  cluster: 'prod',
  by: { team: 'T0', user: 'U0ANA' },
  at: SAMPLE_AT,
  until: null,
  untilWords: '',
  reason: 'holiday',
  request: 'k',
};
const CLOSED: Admission = { freeze: null, window: { open: false, opensMs: SAMPLE_MS + 60 * MINUTE_MS, tz: 'UTC' } };
const OPEN: Admission = { freeze: null, window: { open: true, openedMs: 0, closesMs: SAMPLE_MS + 1, tz: 'UTC' } };
const NEVER: Admission = { freeze: null, window: { open: false, opensMs: null, tz: 'UTC' } };
const FROZEN: Admission = { freeze: FREEZE, window: null };

const base = { v: 1, at: SAMPLE_AT } as const;
const steps = [
  sampleStep('read', 'look@1'),
  sampleStep(),
  sampleStep('disruptive', 'valve.turn@2'),
  sampleStep('read', 'look@2'),
];
const PLANNED: readonly RunEvent[] = [
  { ...base, type: 'requested', request: sampleRequest() },
  { ...base, type: 'planned', plan: samplePlan({ steps, gates: [sampleGate({ beforeStep: 1 })] }), hash: SAMPLE_HASH },
];
const done = (index: number): readonly RunEvent[] => [
  { ...base, type: 'step-started', index, attempt: 1 },
  { ...base, type: 'step-done', index, output: null, note: '' },
];
const APPROVED: readonly RunEvent[] = [
  ...PLANNED,
  ...done(0),
  {
    ...base,
    type: 'gate-opened',
    gate: sampleGate({ beforeStep: 1 }),
    hash: SAMPLE_HASH,
    expiresAt: '2026-01-01T03:30:00.000Z',
  },
  { ...base, type: 'gate-settled', gate: 'approve', hash: SAMPLE_HASH, verdict: 'approved', by: [], note: null },
];
const LOCKED: readonly RunEvent[] = [...APPROVED, { ...base, type: 'locks-taken', locks: ['cluster/prod/valves'] }];
const WAITING: RunEvent = {
  ...base,
  type: 'window-waiting',
  opensAt: '2026-01-01T09:00:00.000Z',
  words: 'Thu 1 Jan 2026 10:00 Europe/Berlin',
};

function stateOf(events: readonly RunEvent[]): RunState {
  return foldRun({ id: 'valve-prod-1', version: events.length, epoch: 1, events, scratch: null });
}

function judged(events: readonly RunEvent[], admission: Admission, nowMs = SAMPLE_MS): readonly (string | undefined)[] {
  const state = stateOf(events);
  const next: Next = admit(state, nextFor(state, nowMs), admission);
  return next.do === 'begin-ending' ? [next.do, next.reason] : [next.do];
}

describe('what stands against the next thing', () => {
  test.each([
    ['reading before the gate', PLANNED, 'step'],
    ['opening the gate', [...PLANNED, ...done(0)], 'open-gate'],
    ['the last step, which reads', [...LOCKED, ...done(1), ...done(2)], 'step'],
    ['the end', [...LOCKED, ...done(1), ...done(2), ...done(3)], 'begin-ending'],
  ] as const)('%s is never held', (_what, events, what) => {
    for (const admission of [ADMITTED, CLOSED, NEVER, FROZEN]) expect(judged(events, admission)[0]).toBe(what);
    expect(needsAdmission(stateOf(events), nextFor(stateOf(events), SAMPLE_MS))).toBe(false);
  });

  test.each([
    ['before the locks', APPROVED, ['take-locks'], ['hold']],
    ['locks held, nothing changed yet', LOCKED, ['step'], ['begin-ending', 'window-closed']],
    ['between two steps', [...LOCKED, ...done(1)], ['step'], ['begin-ending', 'window-closed']],
    ['a step under way', [...LOCKED, { ...base, type: 'step-started', index: 1, attempt: 1 }], ['step'], ['step']],
  ] as const)('%s', (_what, events, free, closed) => {
    expect(judged(events, ADMITTED)).toEqual(free);
    expect(judged(events, OPEN)).toEqual(free);
    expect(judged(events, CLOSED)).toEqual(closed);
    const frozen = closed[0] === 'step' ? ['step'] : ['begin-ending', 'cluster-frozen'];
    expect(judged(events, FROZEN)).toEqual(frozen);
    expect(judged(events, { ...CLOSED, freeze: FREEZE })).toEqual(frozen);
  });

  test('an open call is looked at, whatever is frozen', () => {
    const events = [
      ...LOCKED,
      { ...base, type: 'step-started', index: 1, attempt: 1 },
      { ...base, type: 'intent', index: 1, item: 'a', action: 'turn', facts: null },
    ] as const;
    expect(judged(events, { ...CLOSED, freeze: FREEZE })).toEqual(['step']);
  });

  test('a cancel is heeded while it waits', () => {
    const cancel: RunEvent = { ...base, type: 'cancel-requested', actor: { team: 'T0', user: 'U0' } };
    expect(judged([...APPROVED, WAITING, cancel], CLOSED)).toEqual(['begin-ending', 'cancelled']);
  });

  test('windows that never open again end the run instead of waiting for ever', () => {
    expect(judged(APPROVED, NEVER)).toEqual(['begin-ending', 'window-closed']);
  });

  test('the override counts only for a run that was asked for with it', () => {
    const [, ...rest] = APPROVED;
    const asked: RunEvent = { ...base, type: 'requested', request: sampleRequest({ outsideWindow: true }) };
    expect(judged([asked, ...rest], CLOSED)).toEqual(['take-locks']);
    expect(judged([asked, ...rest], { ...CLOSED, freeze: FREEZE })).toEqual(['begin-ending', 'cluster-frozen']);
  });

  test('the note of a freeze names who, until when and why', () => {
    const state = stateOf(APPROVED);
    expect(admit(state, nextFor(state, SAMPLE_MS), FROZEN)).toMatchObject({
      note: 'prod is frozen until somebody lifts it by <@U0ANA>: holiday.',
    });
  });
});

describe('a run that committed itself', () => {
  const committing = [
    sampleStep(),
    { ...sampleStep('irreversible', 'valve.cut@1'), commits: true as const },
    sampleStep(),
  ];
  const began: readonly RunEvent[] = [
    { ...base, type: 'requested', request: sampleRequest() },
    { ...base, type: 'planned', plan: samplePlan({ steps: committing, gates: [] }), hash: SAMPLE_HASH },
    { ...base, type: 'locks-taken', locks: ['cluster/prod/valves'] },
    ...done(0),
    { ...base, type: 'step-started', index: 1, attempt: 1 },
  ];
  const intent: RunEvent = { ...base, type: 'intent', index: 1, item: 'a', action: 'cut', facts: null };
  const seen = (result: 'done' | 'not-done' | 'unknown'): RunEvent => {
    return { ...base, type: 'observed', index: 1, item: 'a', action: 'cut', result, note: '', evidence: null };
  };
  const doneStep: RunEvent = { ...base, type: 'step-done', index: 1, output: null, note: '' };
  const inTheWay = [FROZEN, CLOSED, NEVER, { ...CLOSED, freeze: FREEZE }] as const;

  test.each([
    ['the call was made', [intent, seen('done'), doneStep]],
    ['it cannot be told whether it was', [intent, seen('unknown'), doneStep]],
    ['it was made at the second attempt', [intent, seen('not-done'), intent, seen('done'), doneStep]],
  ] as const)('is ended by no freeze and no closed window, and says why: %s', (_what, events) => {
    for (const admission of inTheWay) {
      const state = stateOf([...began, ...events]);
      const next = admit(state, nextFor(state, SAMPLE_MS), admission);
      expect(next).toMatchObject({ do: 'step', index: 2 });
      expect(next.do === 'step' ? next.despite : '').toMatch(
        /^(?:prod is frozen.*|the maintenance window is closed); stopping here would leave the cluster worse off/,
      );
    }
  });

  test('says nothing when nothing is in the way', () => {
    const state = stateOf([...began, intent, seen('done'), doneStep]);
    for (const admission of [ADMITTED, OPEN])
      expect(admit(state, nextFor(state, SAMPLE_MS), admission)).toEqual({ do: 'step', index: 2, settleOnly: false });
  });

  test('names both when it is frozen outside its window', () => {
    const state = stateOf([...began, intent, seen('done'), doneStep]);
    expect(admit(state, nextFor(state, SAMPLE_MS), { ...CLOSED, freeze: FREEZE })).toMatchObject({
      despite:
        'prod is frozen until somebody lifts it by <@U0ANA>: holiday, and the maintenance window is closed; stopping here would leave the cluster worse off than going on',
    });
  });

  test.each([
    ['nothing was announced', [doneStep]],
    ['the call was seen to have had no effect', [intent, seen('not-done'), doneStep]],
  ] as const)('before that it ends as any other: %s', (_what, events) => {
    expect(judged([...began, ...events], FROZEN)).toEqual(['begin-ending', 'cluster-frozen']);
    expect(judged([...began, ...events], CLOSED)).toEqual(['begin-ending', 'window-closed']);
  });

  test('can still be cancelled', () => {
    const cancel: RunEvent = { ...base, type: 'cancel-requested', actor: { team: 'T0', user: 'U0' } };
    expect(judged([...began, intent, seen('done'), doneStep, cancel], FROZEN)).toEqual(['begin-ending', 'cancelled']);
  });
});

describe('waiting for the window', () => {
  test('is a phase with its own words', () => {
    const state = stateOf([...APPROVED, WAITING]);
    expect(phaseOf(state)).toBe('waiting-for-window');
    expect(stateInWords(state)).toBe(
      'Waits for its window: opens Thu 1 Jan 2026 10:00 Europe/Berlin, starts by itself',
    );
  });

  test('is over when locks are waited for, taken, or a step starts', () => {
    const waiting = [...APPROVED, WAITING];
    const lockWait: RunEvent = { ...base, type: 'lock-waiting', lock: 'cluster/prod', heldBy: 'other' };
    expect(phaseOf(stateOf([...waiting, lockWait]))).toBe('waiting-for-lock');
    expect(phaseOf(stateOf([...waiting, { ...base, type: 'locks-taken', locks: [] }]))).toBe('running');
    expect(phaseOf(stateOf([...waiting, { ...base, type: 'step-started', index: 1, attempt: 1 }]))).toBe('running');
    expect(phaseOf(stateOf([...waiting, lockWait, WAITING]))).toBe('waiting-for-window');
  });

  const opening = Date.parse('2026-01-01T09:00:00.000Z');
  const expires = sampleApprovals().expiresMs;
  test.each([
    ['without a window an approval stands for its own time', APPROVED, SAMPLE_MS + expires - 1, ['take-locks']],
    ['and no longer', APPROVED, SAMPLE_MS + expires, ['begin-ending', 'approval-stale']],
    ['while a window is waited for it stands', [...APPROVED, WAITING], opening - 1, ['take-locks']],
    ['and from the opening for its own time', [...APPROVED, WAITING], opening + expires - 1, ['take-locks']],
    ['and no longer', [...APPROVED, WAITING], opening + expires, ['begin-ending', 'approval-stale']],
    [
      'a second opening does not prolong it',
      [...APPROVED, WAITING, { ...WAITING, opensAt: '2026-01-08T09:00:00.000Z' }],
      opening + expires,
      ['begin-ending', 'approval-stale'],
    ],
  ] as const)('%s', (_what, events, nowMs, expected) => {
    expect(judged(events, ADMITTED, nowMs)).toEqual(expected);
  });
});
