import { array, assert as assertProperty, constantFrom, integer, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderAnswer } from '../../../../../src/adapters/slack/render/answer.ts';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { bytesOf, LIMITS, limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import { okAnswer } from '../../../../../src/core/answer.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { readable } from '../../../../support/readable-message.ts';
import {
  at,
  decided,
  eventAt,
  GATE_OPENED,
  SAMPLE_GATE,
  SAMPLE_HASH,
  samplePlan,
  sampleRequest,
  stateOf,
} from '../../../../support/sample-run.ts';
import { worstPlan, worstReport } from '../../../../support/worst-run.ts';

const VIEW = {
  title: 'Defragment etcd',
  replaces: null,
  displacedFrom: null,
  peopleOf: () => ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'],
};
/** 63 characters, four bytes each in UTF-8, with what must be escaped. */
const NAME = `${'𝕏'.repeat(58)}<&>`;
const LONG = `${NAME} `.repeat(40);

const REQUEST = eventAt(0, { type: 'requested', request: sampleRequest({ text: LONG, rule: LONG, cluster: 'prod' }) });
const HUGE: readonly RunEvent[] = [
  REQUEST,
  eventAt(2, { type: 'planned', plan: worstPlan(NAME, LONG), hash: SAMPLE_HASH }),
  eventAt(2, {
    type: 'gate-opened',
    hash: SAMPLE_HASH,
    expiresAt: at(1802),
    gate: {
      ...SAMPLE_GATE,
      title: LONG,
      choices: [NAME, NAME],
      expect: NAME,
      approvals: { ...SAMPLE_GATE.approvals, from: ['approver', 'lead'] },
    },
  }),
  ...decided(20, 'reject', LONG),
  ...Array.from({ length: 25 }, (_, index) => [
    eventAt(30, { type: 'step-started', index, attempt: 1 }),
    eventAt(30, { type: 'intent', index, item: `${NAME}${index}`, action: 'defragment', facts: {} }),
    eventAt(31, {
      type: 'observed',
      index,
      item: `${NAME}${index}`,
      action: 'defragment',
      result: 'unknown',
      note: LONG,
      evidence: LONG,
    }),
    eventAt(32, { type: 'step-done', index, output: null, note: LONG }),
  ]).flat(),
  eventAt(33, { type: 'step-done', index: 49, output: worstReport(NAME, LONG), note: LONG }),
  eventAt(34, { type: 'cleanup-registered', id: 'pause', kind: 'pause@1', input: null, summary: LONG }),
  eventAt(35, { type: 'cleanup-failed', id: 'pause', note: LONG }),
  eventAt(36, {
    type: 'ended',
    outcome: 'needs-a-person',
    reason: 'cleanup-failed',
    note: LONG,
    stepsDone: 25,
    stepsPlanned: 50,
  }),
];

describe('the worst case fits: 50 steps, names of 63 characters of 4 bytes', () => {
  test.each([1, 2, 3, 5, 40, 80, HUGE.length])('card after %d events', (count) => {
    const scratch = { index: 10, state: null, note: LONG, at: at(31), notBefore: null, failures: 0 };

    expect(limitProblems(renderCard(stateOf(HUGE.slice(0, count), scratch), VIEW))).toEqual([]);
  });

  test('the card says what it left out and where it is', () => {
    const text = readable(renderCard(stateOf(HUGE), VIEW));

    expect(text).toMatch(/whole in the thread/);
    expect(text).toMatch(/1–\d+: done/);
    expect(text).not.toMatch(/<!channel|<!here|<&>/);
  });

  test('the thread has every step, whole, in messages or a file', () => {
    const entries = renderThread('defrag-prod-7f3k', HUGE, 0);
    const [plan] = entries;

    expect(plan?.file?.content).toContain(`50. Defragment ${NAME}49: ${LONG.trim().slice(0, 200)}`);
    for (const entry of entries)
      for (const text of entry.texts) expect(bytesOf(text)).toBeLessThanOrEqual(LIMITS.textBytes);
  });
});

test('any run fits, whatever people and clusters are called', () => {
  const text = string({ unit: 'binary', maxLength: 300 });
  const steps = array(
    record({
      kind: text,
      input: constantFrom(null),
      summary: text,
      risk: constantFrom('read', 'disruptive'),
      items: array(text, { maxLength: 30 }),
    }),
    { maxLength: 60 },
  );
  assertProperty(
    property(steps, text, integer({ min: 0, max: 60 }), (planned, other, doneSteps) => {
      const events = [
        REQUEST,
        eventAt(1, {
          type: 'planned',
          plan: samplePlan({ steps: planned, notes: [other], forecast: [other, other], locks: [other] }),
          hash: SAMPLE_HASH,
        }),
        GATE_OPENED,
        ...Array.from({ length: doneSteps }, (_, index) =>
          eventAt(3, { type: 'step-done', index, output: other, note: other }),
        ),
      ];

      expect(limitProblems(renderCard(stateOf(events), VIEW))).toEqual([]);
      for (const entry of renderThread('r', events, 0))
        for (const each of entry.texts) expect(bytesOf(each)).toBeLessThanOrEqual(LIMITS.textBytes);
    }),
    { numRuns: 60 },
  );
});

test('an answer of any length is whole, in messages that fit', () => {
  const table = {
    title: 'Runs',
    columns: ['run', 'state'],
    rows: Array.from({ length: 60 }, (_, index) => [`run-${index}`, NAME]),
  };
  const answer = okAnswer(
    'Newest runs',
    Array.from({ length: 40 }, (_, index) => `line ${index} ${NAME}`),
    table,
  );

  const messages = renderAnswer(answer, 'x1');

  expect(messages.flatMap(limitProblems)).toEqual([]);
  expect(messages.every((message) => bytesOf(message.text) <= LIMITS.ephemeralBytes)).toBe(true);
  expect(messages.map((message) => message.blocks[0]?.block_id.startsWith('answer.ok.x1'))).not.toContain(false);
  const all = messages.map(readable).join('\n');
  for (let index = 0; index < 60; index += 1) expect(all).toContain(`run-${index} `);
  for (let index = 0; index < 40; index += 1) expect(all).toContain(`line ${index} `);
});
