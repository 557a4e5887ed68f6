import { expect, test } from 'vitest';
import { z } from 'zod';
import { stepLines } from '../../../../../src/adapters/slack/render/card-steps.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { defineStep, ONCE } from '../../../../../src/core/step.ts';
import { eventAt, REQUESTED, SAMPLE_HASH, samplePlan, stateOf } from '../../../../support/sample-run.ts';

const Nothing = z.strictObject({});
const wavesStep = defineStep({
  kind: 'test.waves@1',
  input: Nothing,
  state: Nothing,
  output: Nothing,
  needs: [],
  risk: 'disruptive',
  timeoutMs: () => 1000,
  retry: ONCE,
  describe: () => 'Drain worker-1, worker-2 and worker-3',
  items: () => ['worker-1', 'worker-2', 'worker-3'],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async () => await Promise.resolve({ kind: 'done', output: {}, note: '' }),
  verify: async () => await Promise.resolve({ kind: 'done', output: {}, note: '' }),
});

function wave(at: number, item: string, isSeen: boolean): readonly RunEvent[] {
  const act = { index: 0, item, action: 'evictions' };
  const seen = eventAt(at + 1, { type: 'observed', ...act, result: 'done', note: '2 of 2 pods go', evidence: null });
  return [eventAt(at, { type: 'intent', ...act, facts: {} }), ...(isSeen ? [seen] : [])];
}

test('of many waves of one node the card shows the last, and a node with a wave does not wait', () => {
  const plan = samplePlan({ steps: [wavesStep.plan({})], gates: [] });
  const begun = [
    REQUESTED,
    eventAt(2, { type: 'planned', plan, hash: SAMPLE_HASH }),
    eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
  ];
  const waves = [
    ...wave(10, 'worker-1: wave 1', true),
    ...wave(20, 'worker-2: wave 2', true),
    ...wave(30, 'worker-1: wave 3', false),
  ];
  const lines = stepLines(stateOf([...begun, ...waves])).join('\n');

  expect(lines).not.toContain('worker-1: wave 1');
  expect(lines).toContain('worker-2: wave 2: evictions done');
  expect(lines).toContain('worker-1: wave 3: evictions under way');
  expect(lines.match(/waiting/g)).toHaveLength(1);
  expect(lines).toContain('worker-3: waiting');
});
