import { describe, expect, test } from 'vitest';
import { type Card, renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import { CARD_CASES, CARD_VIEW } from '../../../../support/card-cases.ts';
import { readable } from '../../../../support/readable-message.ts';
import {
  eventAt,
  GATE_OPENED,
  PLANNED,
  REQUESTED,
  SAMPLE_EVENTS,
  SAMPLE_HASH,
  SAMPLE_REPORT,
  samplePlan,
  stateOf,
} from '../../../../support/sample-run.ts';

function ids(card: Card): readonly string[] {
  return card.blocks.map((block) => block.block_id);
}

function actionsOf(name: keyof typeof CARD_CASES): readonly string[] {
  const { blocks } = renderCard(CARD_CASES[name], CARD_VIEW);
  return blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((button) => button.action_id) : []));
}

describe('the card of a run', () => {
  test('says first that the cluster is not healthy, whatever became of the run', () => {
    const { text } = renderCard(CARD_CASES['succeeded-not-healthy'], CARD_VIEW);

    expect(text.indexOf('Not healthy')).toBeGreaterThanOrEqual(0);
    expect(text.indexOf('Not healthy')).toBeLessThan(text.indexOf('Succeeded'));
  });

  test.each(Object.entries(CARD_CASES))('%s, as in its golden file', async (name, state) => {
    const card = renderCard(state, CARD_VIEW);

    await expect(readable(card)).toMatchFileSnapshot(`golden/card-${name}.txt`);
    expect(limitProblems(card)).toEqual([]);
  });

  test('metadata names run, version, state, gate, plan hash and outcome', () => {
    expect(renderCard(CARD_CASES['waiting-for-people'], CARD_VIEW).metadata).toEqual({
      event_type: 'drydock_run',
      event_payload: {
        run: 'defrag-prod-7f3k',
        version: 3,
        state: 'waiting-for-people',
        gate: 'approve',
        plan_hash: SAMPLE_HASH,
      },
    });
    expect(renderCard(CARD_CASES.succeeded, CARD_VIEW).metadata.event_payload).toMatchObject({
      state: 'ended',
      outcome: 'succeeded',
    });
    expect(renderCard(CARD_CASES.planning, CARD_VIEW).metadata.event_payload).toEqual({
      run: 'defrag-prod-7f3k',
      version: 1,
      state: 'planning',
    });
  });

  test('another plan of the same run has other block ids', () => {
    const other = stateOf([REQUESTED, { ...PLANNED, hash: 'f'.repeat(64) }, { ...GATE_OPENED, hash: 'f'.repeat(64) }]);
    const first = ids(renderCard(CARD_CASES['waiting-for-people'], CARD_VIEW));
    const second = ids(renderCard(other, CARD_VIEW));

    expect(second).toHaveLength(first.length);
    expect(first.filter((id) => second.includes(id))).toEqual([]);
  });

  test('after the decision there is no button but Cancel, after the end none at all', () => {
    expect(actionsOf('waiting-for-people')).toEqual(['gate.approve', 'gate.reject', 'run.cancel']);
    expect(actionsOf('running')).toEqual(['run.cancel']);
    expect(actionsOf('cancelling')).toEqual([]);
    expect(actionsOf('succeeded')).toEqual([]);
    expect(actionsOf('rejected')).toEqual([]);
    expect(actionsOf('drifted')).toEqual(['run.plan-again']);
  });

  test('a run that only looked, at a cluster that is not well, does not look like a success', () => {
    const report = { ...SAMPLE_REPORT, healthy: false, summary: 'The ring is not healthy: etcd-2 is silent.' };
    const told = eventAt(60, { type: 'step-done', index: 1, output: report, note: '' });
    const events = [...SAMPLE_EVENTS.slice(0, -3), told, ...SAMPLE_EVENTS.slice(-2)];

    expect(renderCard(stateOf(events), CARD_VIEW).text).toMatch(
      /⚠ \*Not healthy:\* The ring is not healthy: etcd-2 is silent\.[^]*\*Succeeded\* after/,
    );
  });

  test('a card that replaces an older one links to it', () => {
    const card = renderCard(CARD_CASES.running, {
      ...CARD_VIEW,
      replaces: 'https://example.slack.com/archives/C0OPS/p1',
    });

    expect(readable(card)).toContain('<https://example.slack.com/archives/C0OPS/p1|an older one>');
  });
});

test('the card of a run that only read says that the cluster is frozen and that it hosts Drydock, also at its end', () => {
  const look = samplePlan({
    steps: [{ kind: 'look@1', input: null, summary: 'Look', risk: 'read', items: [] }],
    gates: [],
    checks: [
      {
        id: 'frozen',
        verdict: 'warn',
        title: 'Frozen',
        evidence: 'prod is frozen until somebody lifts it by <@U0ANA>: holiday',
      },
      { id: 'hosts-drydock', verdict: 'warn', title: 'This cluster hosts Drydock', evidence: 'the run stands still' },
      { id: 'other', verdict: 'warn', title: 'Other', evidence: 'not told any more' },
    ],
  });
  const state = stateOf([
    REQUESTED,
    eventAt(2, { type: 'planned', plan: look, hash: SAMPLE_HASH }),
    eventAt(9, { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 1, stepsPlanned: 1 }),
  ]);
  const text = readable(renderCard(state, CARD_VIEW));
  expect(text).toContain('prod is frozen until somebody lifts it by <@U0ANA>: holiday');
  expect(text).toContain('⚠ Warning: *This cluster hosts Drydock* — the run stands still');
  expect(text).not.toContain('not told any more');
});
