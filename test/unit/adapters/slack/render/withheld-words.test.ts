import { expect, test } from 'vitest';
import { stepLines } from '../../../../../src/adapters/slack/render/card-steps.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import type { Withheld } from '../../../../../src/core/withheld.ts';
import { eventAt, REQUESTED, SAMPLE_HASH, SAMPLE_RUN, samplePlan, stateOf } from '../../../../support/sample-run.ts';

const call = { index: 0, item: 'm-4', action: 'promote' };
const BEGUN = [
  REQUESTED,
  eventAt(2, { type: 'planned', plan: samplePlan({ gates: [] }), hash: SAMPLE_HASH }),
  eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
];

function notMade(at: number, withheld: Withheld): readonly RunEvent[] {
  return [
    eventAt(at, { type: 'intent', ...call, facts: null }),
    eventAt(at + 1, {
      type: 'observed',
      ...call,
      result: 'not-done',
      note: `the ${withheld} one`,
      evidence: null,
      withheld,
    }),
  ];
}

test('a call that could not be told again and again is one line of the card, and one post of the thread', () => {
  const events = [...BEGUN, ...notMade(4, 'untold'), ...notMade(6, 'still-untold'), ...notMade(8, 'still-untold')];

  expect(stepLines(stateOf(events)).filter((line) => line.includes('m-4'))).toEqual([
    expect.stringMatching(/promote not done: the still-untold one$/),
  ]);
  const texts = renderThread(SAMPLE_RUN, events, 3).flatMap((entry) => entry.texts);
  expect(texts.filter((text) => text.includes('m-4'))).toEqual([expect.stringContaining('the untold one')]);
});
