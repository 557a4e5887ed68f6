import { expect, test } from 'vitest';
import { aboutLines, gateLines } from '../../../../../src/adapters/slack/render/card-gate.ts';
import { bytesOf } from '../../../../../src/adapters/slack/render/limits.ts';
import { renderAnswerModal } from '../../../../../src/adapters/slack/render/modal.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { GateState, RunState } from '../../../../../src/core/run-state.ts';
import { approver } from '../../../../support/engine-harness.ts';
import { make, sampleGate, sampleStep, stateOf } from '../../../../support/run-samples.ts';

const steps = [sampleStep('disruptive'), sampleStep('irreversible')];
const gate = sampleGate({
  id: 'force',
  kind: 'typed',
  title: 'Delete by force what does not end',
  expect: 'worker-1',
  beforeStep: 1,
  about: 'stuck',
});

function opened(...words: readonly string[]) {
  const output = { stuck: words.map((each) => ({ words: each })) };
  return [
    make.requested(),
    make.planned({ steps, gates: [sampleGate(), gate] }),
    make.opened(),
    make.voted(approver),
    make.settled(),
    make.started(0),
    { ...make.stepDone(0), output },
    make.opened(gate),
  ] as const;
}

function gateIn(state: RunState): GateState {
  const found = state.gates.find(({ spec }) => spec.id === 'force');
  if (found === undefined) throw new Error('the gate is not open');
  return found;
}

const POD = 'pod web/db-0 on node <!channel> should have ended 2 min ago';

test('what a gate asks about stands on the card, in the thread and in the form, escaped', () => {
  const events = opened(POD);
  const state = stateOf(...events);
  const card = gateLines(state, gateIn(state), () => []).join('\n');
  const thread = renderThread('drain-prod-7f3k', events, 7)[0]?.texts.join('\n') ?? '';
  const form = JSON.stringify(
    renderAnswerModal('r|force|0123456789abcdef', gate, aboutLines(state, { spec: gate }, 'modal')),
  );

  for (const text of [card, thread, form]) {
    expect(text).toContain('pod web/db-0 on node');
    expect(text).toContain('As seen');
    expect(text).not.toContain('<!channel>');
  }
  expect(card).toContain('`worker-1`');
});

test('of many the card shows the first and says where all are', () => {
  const events = opened(...Array.from({ length: 90 }, (_, at) => `${POD} (${at}) ${'x'.repeat(200)}`));
  const state = stateOf(...events);
  const about = aboutLines(state, gateIn(state), 'card').join('\n');

  expect(about).toMatch(/… and \d+ more, whole in the thread\.$/);
  expect(bytesOf(about)).toBeLessThan(1100);
  expect(bytesOf(aboutLines(state, gateIn(state), 'modal').join('\n'))).toBeLessThan(3000);
  expect(aboutLines(state, gateIn(state), 'thread')).toHaveLength(91);
});

test('the plan says that such a gate may never be asked', () => {
  const [plan] = renderThread('drain-prod-7f3k', opened(POD), 1);

  expect(plan?.texts.join('\n')).toContain(
    'before step 2, only if the step before leaves something to ask about: Delete by force what does not end',
  );
});
