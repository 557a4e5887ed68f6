import { expect, test } from 'vitest';
import { lockLines } from '../../../../../src/adapters/slack/render/card-plan.ts';
import { stepLines } from '../../../../../src/adapters/slack/render/card-steps.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { eventAt, REQUESTED, SAMPLE_HASH, samplePlan, stateOf } from '../../../../support/sample-run.ts';

function planned(locks: readonly string[] = []): readonly RunEvent[] {
  const plan = samplePlan({ gates: [], locks: [...locks] });
  return [REQUESTED, eventAt(2, { type: 'planned', plan, hash: SAMPLE_HASH })];
}

test.each([
  [['cluster/capi'], '`cluster/capi`'],
  [['cluster/capi', 'identity/af40'], '`cluster/capi`, and the same by its id'],
  [['cluster/capi', 'identity/af40', 'node-group/9497'], '`cluster/capi`, and the same by 2 ids'],
  [['identity/af40'], '`identity/af40`'],
])('locks %j are shown by the names that people know', (locks, words) => {
  expect(lockLines(stateOf([...planned(locks)]))).toEqual([`Locks from the approval to the end: ${words}`]);
});

test.each([
  ['KubeadmControlPlane a is set to v1.31.4. All is well.', false],
  ['Done.', true],
])('what was seen of a call stands beside it only when the step does not say it: %s', (note, isShown) => {
  const act = { index: 0, item: 'controlplane', action: 'set v1.31.4' };
  const seen = 'KubeadmControlPlane a is set to v1.31.4';
  const state = stateOf([
    ...planned(),
    eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
    eventAt(4, { type: 'intent', ...act, facts: {} }),
    eventAt(5, { type: 'observed', ...act, result: 'done', note: seen, evidence: null }),
    eventAt(6, { type: 'step-done', index: 0, output: {}, note }),
  ]);
  const line = stepLines(state).find((each) => each.includes('controlplane: set v1.31.4 done'));

  expect(line?.includes(seen)).toBe(isShown);
});
