import { describe, expect, test } from 'vitest';
import { renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { buttonBlocks, decisionLines, gateLines } from '../../../../../src/adapters/slack/render/card-gate.ts';
import { standLines } from '../../../../../src/adapters/slack/render/card-head.ts';
import { stepLines } from '../../../../../src/adapters/slack/render/card-steps.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { GateSpec } from '../../../../../src/core/plan.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { openGate } from '../../../../../src/core/run-state.ts';
import {
  at,
  eventAt,
  REQUESTED,
  SAMPLE_HASH,
  SAMPLE_RUN,
  samplePlan,
  stateOf,
} from '../../../../support/sample-run.ts';

const COMMANDS = Array.from({ length: 400 }, (_, line) => `kubeadm join 10.0.0.1:6443 --line ${line} <token>`).join(
  '\n',
);
const GATE: GateSpec = {
  id: 'build-host',
  kind: 'continue',
  beforeStep: 1,
  title: 'Build the host for cp-4',
  approvals: { required: 1, from: ['approver', 'operator'], requesterMayApprove: true, expiresMs: 43_200_000 },
  expect: null,
  choices: [],
  instructions: COMMANDS,
  watch: { kind: 'etcd.host-built@1', input: null },
};
const PLANNED = eventAt(2, { type: 'planned', plan: samplePlan({ gates: [GATE] }), hash: SAMPLE_HASH });
const OPENED = eventAt(3, { type: 'gate-opened', gate: GATE, hash: SAMPLE_HASH, expiresAt: at(43_200) });
const events = [REQUESTED, PLANNED, OPENED] as const;
const PEOPLE = (role: string): readonly string[] => (role === 'operator' ? ['U0OPERATOR'] : ['U0APPROVER1']);

function settled(more: Partial<Extract<RunEvent, { type: 'gate-settled' }>>): RunEvent {
  const by = [{ team: 'T0HOME', user: 'U0OPERATOR' }];
  return eventAt(9, {
    type: 'gate-settled',
    gate: GATE.id,
    hash: SAMPLE_HASH,
    verdict: 'approved',
    by,
    note: null,
    ...more,
  });
}

function table(cell: string) {
  return { title: 'etcd members', columns: ['Member'], rows: [[cell]] };
}

describe('a gate that waits for work outside', () => {
  test('says on the card what is waited for, where the commands are, and that nobody may have to answer', () => {
    const state = stateOf([...events]);
    const gate = openGate(state);
    const text = [
      ...standLines(state, { title: 'x', peopleOf: PEOPLE, replaces: null, displacedFrom: null }),
      ...(gate === null ? [] : gateLines(state, gate, PEOPLE)),
    ].join('\n');

    expect(text).toContain('Waits for work outside: Build the host for cp-4');
    expect(text).toContain('stands in the thread, command by command');
    expect(text).toContain('the run goes on by itself when it is seen');
    expect(text).toContain('<@U0OPERATOR>');
    expect(text).not.toContain('asked and does not count');
  });

  test('its card has the state that the steps before it left, and not the one of the plan', () => {
    const report = { at: at(4), healthy: true, summary: '2 of 2 voters healthy; none may fail.', notes: [] };
    const plan = samplePlan({ gates: [GATE], before: [table('m-2 before')] });
    const planned = eventAt(2, { type: 'planned', plan, hash: SAMPLE_HASH });
    const view = { title: 'x', peopleOf: PEOPLE, replaces: null, displacedFrom: null };
    const early = renderCard(stateOf([REQUESTED, planned, OPENED]), view);
    const done = eventAt(3, {
      type: 'step-done',
      index: 0,
      output: { report: { ...report, tables: [table('m-1 alone')] } },
      note: '',
    });
    const late = renderCard(stateOf([REQUESTED, planned, done, OPENED]), view);

    expect(JSON.stringify(early.blocks)).toContain('m-2 before');
    expect(JSON.stringify(late.blocks)).toContain('m-1 alone');
    expect(JSON.stringify(late.blocks)).toContain('none may fail');
    expect(JSON.stringify(late.blocks)).not.toContain('m-2 before');
    expect(late.text).toContain('none may fail');
    expect(limitProblems(late)).toEqual([]);
  });

  test('its button asks whether it is done; it does not speak of running the plan', () => {
    const text = JSON.stringify(buttonBlocks(stateOf([...events]), '1'));

    expect(text).toContain('"Continue"');
    expect(text).toContain('Is it done?');
    expect(text).not.toContain('Run this plan');
  });

  test('its commands are whole in the thread, as a file when they are long', () => {
    const [entry] = renderThread(SAMPLE_RUN, events, 2, PEOPLE);

    expect(entry?.calls).toBe(true);
    expect(entry?.file?.content).toContain(COMMANDS);
  });

  test('the plan in the thread names it', () => {
    expect(renderThread(SAMPLE_RUN, events, 1, PEOPLE)[0]?.texts.join('\n')).toContain(
      'before step 2, to go on: Build the host for cp-4',
    );
  });

  test('seen by its watch: nobody is said to have approved', () => {
    const watched = settled({ by: [], observed: 'node cp-4 <!channel> is Ready' });
    const card = decisionLines(stateOf([...events, watched])).join('\n');
    const thread = renderThread(SAMPLE_RUN, [...events, watched], 3, PEOPLE)[0]?.texts.join('\n') ?? '';

    expect(card).toContain('Build the host for cp-4: seen ');
    expect(thread).toContain('Nobody had to answer; the run goes on.');
    for (const text of [card, thread]) {
      expect(text).toContain('node cp-4 &lt;!channel&gt; is Ready');
      expect(text).not.toMatch(/approved by|<!channel>/i);
    }
  });

  test('answered by a person: who it was', () => {
    expect(decisionLines(stateOf([...events, settled({})])).join('\n')).toContain('<@U0OPERATOR>');
  });
});

const [STEP] = samplePlan().steps;
const COMMITTING = samplePlan({ steps: STEP === undefined ? [] : [{ ...STEP, commits: true }], gates: [] });
const BEGAN = [
  REQUESTED,
  eventAt(2, { type: 'planned', plan: COMMITTING, hash: SAMPLE_HASH }),
  eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
] as const;
const CALL = { index: 0, item: 'cp-2', action: 'remove-member' } as const;
const INTENT = eventAt(4, { type: 'intent', ...CALL, facts: null });

function seen(result: 'done' | 'not-done'): RunEvent {
  return eventAt(5, { type: 'observed', ...CALL, result, note: '', evidence: null });
}

test.each([
  ['once its call was made', [INTENT, seen('done')], true],
  ['while nobody knows whether it was', [INTENT], true],
  ['not when it had no effect', [INTENT, seen('not-done')], false],
  ['not before', [], false],
] as const)('the button that cancels a run which commits itself says what that means: %s', (_when, more, says) => {
  const text = JSON.stringify(buttonBlocks(stateOf([...BEGAN, ...more]), '1'));

  expect(text.includes('What it removed is not replaced then')).toBe(says);
});

describe('a step that is begun although something stands against it', () => {
  const despite = 'prod is frozen by <@U0ANA>: <!here>; stopping here would leave the cluster worse off than going on';
  const begun = [...events, settled({}), eventAt(10, { type: 'step-started', index: 0, attempt: 1, despite })];

  test('says so on the card as long as it runs, and in the thread', () => {
    const words = 'although prod is frozen by <@U0ANA>: &lt;!here&gt;; stopping here';

    expect(stepLines(stateOf(begun)).join('\n')).toContain(`Begun ${words}`);
    expect(renderThread(SAMPLE_RUN, begun, 4, PEOPLE)[0]?.texts.join('\n')).toContain(`Step 1 is begun ${words}`);
    const done = eventAt(11, { type: 'step-done', index: 0, output: null, note: '' });
    expect(stepLines(stateOf([...begun, done])).join('\n')).not.toContain('Begun although');
  });
});

test('a card with the longest of these words keeps to the limits', () => {
  const long = `${'𝕏'.repeat(58)}<&> `.repeat(60);
  const gates = Array.from({ length: 6 }, (_, nth) => ({
    ...GATE,
    id: `gate-${nth}`,
    title: long,
    instructions: long,
  }));
  const planned = eventAt(2, { type: 'planned', plan: samplePlan({ gates }), hash: SAMPLE_HASH });
  const answered = gates.flatMap((gate) => [
    eventAt(3, { type: 'gate-opened', gate, hash: SAMPLE_HASH, expiresAt: at(43_200) }),
    { ...settled({ by: [], observed: long }), gate: gate.id },
  ]);
  const begin = eventAt(9, { type: 'step-started', index: 0, attempt: 1, despite: long });
  const view = { title: 'Replace', peopleOf: PEOPLE, replaces: null, displacedFrom: null };

  for (const told of [answered.slice(0, -1), [...answered, begin]])
    expect(limitProblems(renderCard(stateOf([REQUESTED, planned, ...told]), view))).toEqual([]);
});
