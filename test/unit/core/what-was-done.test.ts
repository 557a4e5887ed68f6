import { expect, test } from 'vitest';
import { whatWasDone } from '../../../src/core/what-was-done.ts';
import { decided, eventAt, GATE_OPENED, PLANNED, REQUESTED, stateOf } from '../../support/sample-run.ts';

type Result = 'done' | 'not-done' | 'unknown' | null;

/** A run in the middle of its first step, after these calls. */
function lines(...calls: readonly (readonly [action: string, item: string, result: Result])[]): readonly string[] {
  const begun = [REQUESTED, PLANNED, GATE_OPENED, ...decided(20, 'approve', null)];
  const acts = calls.map(([action, item, result], at) => {
    const act = { index: 0, item, action };
    const intent = eventAt(30 + at, { type: 'intent', ...act, facts: {} });
    if (result === null) return [intent];
    return [intent, eventAt(30 + at, { type: 'observed', ...act, result, note: '', evidence: null })];
  });
  return whatWasDone(stateOf([...begun, eventAt(25, { type: 'step-started', index: 0, attempt: 1 }), ...acts.flat()]));
}

test('each member is told once: done, or left as it was', () => {
  expect(lines(['defragment', 'etcd-1', 'done'])).toEqual([
    'Done: 0 of 2 steps. In the unfinished one: defragment of etcd-1 done.',
    'Left as it was: etcd-2, etcd-3.',
  ]);
});

test('a call that was seen to have no effect left its member as it was', () => {
  expect(lines(['defragment', 'etcd-1', 'not-done'])).toEqual([
    'Done: 0 of 2 steps.',
    'Left as it was: etcd-1, etcd-2, etcd-3.',
  ]);
});

test.each(['unknown', null] as const)('a call of which nobody knows (%s) is told as that', (result) => {
  expect(lines(['defragment', 'etcd-1', 'done'], ['defragment', 'etcd-2', result])).toEqual([
    'Done: 0 of 2 steps. In the unfinished one: defragment of etcd-1 done.',
    'Not known to be done: defragment of etcd-2.',
    'Left as it was: etcd-3.',
  ]);
});

test('a leader that only handed over is not told as defragmented; a call that was made again counts as it ended', () => {
  expect(
    lines(
      ['defragment', 'etcd-1', 'not-done'],
      ['defragment', 'etcd-1', 'done'],
      ['defragment', 'etcd-2', 'done'],
      ['move-leader', 'etcd-3', 'done'],
    ),
  ).toEqual(['Done: 0 of 2 steps. In the unfinished one: defragment of etcd-1, etcd-2; move-leader of etcd-3 done.']);
});

test('calls for parts of one item name that item once, and it is not left as it was', () => {
  expect(
    lines(
      ['evictions', 'etcd-1: wave 1', 'done'],
      ['evictions', 'etcd-1: wave 2', 'done'],
      ['evictions', 'etcd-2: wave 1', null],
    ),
  ).toEqual([
    'Done: 0 of 2 steps. In the unfinished one: evictions of etcd-1 done.',
    'Not known to be done: evictions of etcd-2.',
    'Left as it was: etcd-3.',
  ]);
});

test('where the cluster remembers more than the record, nothing is told as left as it was', () => {
  const begun = [REQUESTED, PLANNED, GATE_OPENED, ...decided(20, 'approve', null)];
  const act = { index: 0, item: 'etcd-1', action: 'defragment' };
  const events = [
    eventAt(25, { type: 'step-started', index: 0, attempt: 1 }),
    eventAt(30, { type: 'intent', ...act, facts: {} }),
    eventAt(31, { type: 'observed', ...act, result: 'done', note: '', evidence: null }),
    eventAt(40, { type: 'ending', reason: 'witness-contradiction', note: '' }),
  ];

  expect(whatWasDone(stateOf([...begun, ...events]))).toEqual([
    'Done: 0 of 2 steps. In the unfinished one: defragment of etcd-1 done.',
    'Not touched, as far as the record of this run knows: etcd-2, etcd-3.',
  ]);
});
