import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Card, renderCard } from '../../../../../src/adapters/slack/render/card.ts';
import { limitProblems } from '../../../../../src/adapters/slack/render/limits.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { readable } from '../../../../support/readable-message.ts';
import {
  at,
  decided,
  defragmented,
  eventAt,
  GATE_OPENED,
  PLANNED,
  REQUESTED,
  SAMPLE_EVENTS,
  SAMPLE_HASH,
  SAMPLE_REPORT,
  samplePlan,
  sampleRequest,
  stateOf,
} from '../../../../support/sample-run.ts';

const VIEW = {
  title: 'Defragment etcd',
  replaces: null,
  displacedFrom: null,
  peopleOf: () => ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'],
};
const RUNNING = SAMPLE_EVENTS.slice(0, 7);

function ended(
  outcome: 'failed' | 'needs-a-person' | 'cancelled',
  reason: 'member-unhealthy' | 'member-silent' | 'cancelled',
  note: string,
): readonly RunEvent[] {
  return [
    eventAt(50, { type: 'ending', reason, note }),
    eventAt(50, { type: 'ended', outcome, reason, note, stepsDone: 0, stepsPlanned: 2 }),
  ];
}

const SCRATCH = {
  index: 0,
  state: null,
  note: 'pausing 60 s before etcd-2',
  at: at(25),
  notBefore: at(85),
  failures: 0,
};
const BLOCKED = samplePlan({
  steps: [],
  before: [],
  forecast: [],
  notes: [],
  locks: [],
  checks: [
    {
      id: 'corrupt',
      verdict: 'block',
      title: 'CORRUPT alarm on etcd-2',
      evidence: 'alarm list: memberID 91bc3c398fb3c146 CORRUPT',
    },
  ],
});

/** A run that did all its steps on a ring that is not healthy afterwards. */
const SICK = JSON.stringify(SAMPLE_EVENTS).replaceAll('"healthy":true', '"healthy":false');

const CASES = {
  planning: stateOf([REQUESTED]),
  'waiting-for-people': stateOf([REQUESTED, PLANNED, GATE_OPENED]),
  rejected: stateOf([
    REQUESTED,
    PLANNED,
    GATE_OPENED,
    ...decided(20, 'reject', 'not during the release <!channel> & co'),
    eventAt(21, { type: 'ended', outcome: 'rejected', reason: 'rejected', note: '', stepsDone: 0, stepsPlanned: 2 }),
  ]),
  'waiting-for-lock': stateOf([
    REQUESTED,
    PLANNED,
    eventAt(3, { type: 'lock-waiting', lock: 'cluster/prod/etcd', heldBy: 'defrag-prod-2222' }),
  ]),
  'waiting-for-a-lock-by-hand': stateOf([
    REQUESTED,
    PLANNED,
    eventAt(3, {
      type: 'lock-waiting',
      lock: 'cluster/prod',
      heldBy: '',
      byHand: { user: 'U0ANA', reason: 'latency <!channel>', since: at(1) },
    }),
  ]),
  'waiting-for-window': stateOf([
    REQUESTED,
    PLANNED,
    GATE_OPENED,
    ...decided(20, 'approve', null),
    eventAt(21, {
      type: 'window-waiting',
      opensAt: '2026-11-29T01:00:00.000Z',
      words: 'Sun 29 Nov 2026 02:00 Europe/Berlin',
    }),
  ]),
  'cluster-frozen': stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    eventAt(50, {
      type: 'ended',
      outcome: 'blocked',
      reason: 'cluster-frozen',
      note: 'prod is frozen until Wed 2 Dec 2026 00:00 Europe/Berlin by <@U0ANA>: holiday <!channel>.',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ]),
  running: stateOf([...RUNNING, ...defragmented(22, 'etcd-1')], SCRATCH),
  cancelling: stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    eventAt(30, { type: 'cancel-requested', actor: { team: 'T0HOME', user: 'U0OPERATOR' } }),
  ]),
  succeeded: stateOf(SAMPLE_EVENTS),
  'succeeded-not-healthy': stateOf(z.array(z.unknown()).parse(JSON.parse(SICK))),
  failed: stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    ...ended('failed', 'member-unhealthy', 'etcd-2 answered: context deadline exceeded'),
  ]),
  'needs-a-person': stateOf([
    ...RUNNING,
    eventAt(22, { type: 'intent', index: 0, item: 'etcd-1', action: 'defragment', facts: {} }),
    eventAt(40, {
      type: 'observed',
      index: 0,
      item: 'etcd-1',
      action: 'defragment',
      result: 'unknown',
      note: 'silent for 15 min',
      evidence: null,
    }),
    ...ended('needs-a-person', 'member-silent', 'etcd-1 did not answer for 15 min after its turn'),
  ]),
  blocked: stateOf([
    REQUESTED,
    eventAt(2, { type: 'planned', plan: BLOCKED, hash: SAMPLE_HASH }),
    eventAt(2, { type: 'ended', outcome: 'blocked', reason: 'check-blocked', note: '', stepsDone: 0, stepsPlanned: 0 }),
  ]),
  'dry-run': stateOf([
    eventAt(0, { type: 'requested', request: sampleRequest({ dryRun: true, text: '/kube defrag prod --dry-run' }) }),
    PLANNED,
    eventAt(3, { type: 'ended', outcome: 'planned', reason: 'dry-run', note: '', stepsDone: 0, stepsPlanned: 2 }),
  ]),
  drifted: stateOf([
    ...RUNNING,
    eventAt(50, {
      type: 'ended',
      outcome: 'drifted',
      reason: 'plan-drifted',
      note: 'etcd-2 was replaced: 8211f1d0f64f3269 is gone',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ]),
} as const;

function ids(card: Card): readonly string[] {
  return card.blocks.map((block) => block.block_id);
}

function actionsOf(name: keyof typeof CASES): readonly string[] {
  const { blocks } = renderCard(CASES[name], VIEW);
  return blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((button) => button.action_id) : []));
}

describe('the card of a run', () => {
  test('says first that the cluster is not healthy, whatever became of the run', () => {
    const { text } = renderCard(CASES['succeeded-not-healthy'], VIEW);

    expect(text.indexOf('Not healthy')).toBeGreaterThanOrEqual(0);
    expect(text.indexOf('Not healthy')).toBeLessThan(text.indexOf('Succeeded'));
  });

  test.each(Object.entries(CASES))('%s, as in its golden file', async (name, state) => {
    const card = renderCard(state, VIEW);

    await expect(readable(card)).toMatchFileSnapshot(`golden/card-${name}.txt`);
    expect(limitProblems(card)).toEqual([]);
  });

  test('metadata names run, version, state, gate, plan hash and outcome', () => {
    expect(renderCard(CASES['waiting-for-people'], VIEW).metadata).toEqual({
      event_type: 'drydock_run',
      event_payload: {
        run: 'defrag-prod-7f3k',
        version: 3,
        state: 'waiting-for-people',
        gate: 'approve',
        plan_hash: SAMPLE_HASH,
      },
    });
    expect(renderCard(CASES.succeeded, VIEW).metadata.event_payload).toMatchObject({
      state: 'ended',
      outcome: 'succeeded',
    });
    expect(renderCard(CASES.planning, VIEW).metadata.event_payload).toEqual({
      run: 'defrag-prod-7f3k',
      version: 1,
      state: 'planning',
    });
  });

  test('another plan of the same run has other block ids', () => {
    const other = stateOf([REQUESTED, { ...PLANNED, hash: 'f'.repeat(64) }, { ...GATE_OPENED, hash: 'f'.repeat(64) }]);
    const first = ids(renderCard(CASES['waiting-for-people'], VIEW));
    const second = ids(renderCard(other, VIEW));

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

    expect(renderCard(stateOf(events), VIEW).text).toMatch(
      /⚠ \*Not healthy:\* The ring is not healthy: etcd-2 is silent\.[^]*\*Succeeded\* after/,
    );
  });

  test('a card that replaces an older one links to it', () => {
    const card = renderCard(CASES.running, { ...VIEW, replaces: 'https://example.slack.com/archives/C0OPS/p1' });

    expect(readable(card)).toContain('<https://example.slack.com/archives/C0OPS/p1|an older one>');
  });
});

test('the card of a run that only read says that the cluster is frozen, also at its end', () => {
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
      { id: 'other', verdict: 'warn', title: 'Other', evidence: 'not told any more' },
    ],
  });
  const state = stateOf([
    REQUESTED,
    eventAt(2, { type: 'planned', plan: look, hash: SAMPLE_HASH }),
    eventAt(9, { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 1, stepsPlanned: 1 }),
  ]);
  const text = readable(renderCard(state, VIEW));
  expect(text).toContain('prod is frozen until somebody lifts it by <@U0ANA>: holiday');
  expect(text).not.toContain('not told any more');
});
