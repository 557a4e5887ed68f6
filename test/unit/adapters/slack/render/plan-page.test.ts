import { describe, expect, test } from 'vitest';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { readDefinition } from '../../../../../playground/workspace/methods/views.ts';
import { renderAnswerPage } from '../../../../../src/adapters/slack/render/answer-page.ts';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { modalProblems } from '../../../../../src/adapters/slack/render/modal-limits.ts';
import {
  renderPlanningPage,
  renderPlanPage,
  renderWaitingPage,
} from '../../../../../src/adapters/slack/render/plan-page.ts';
import { okAnswer, refusedAnswer } from '../../../../../src/core/answer.ts';
import type { Plan } from '../../../../../src/core/plan.ts';
import type { EndReason, RunOutcome } from '../../../../../src/core/reasons.ts';
import { readableModal } from '../../../../support/readable-modal.ts';
import {
  eventAt,
  SAMPLE_GATE,
  SAMPLE_HASH,
  samplePlan,
  sampleRequest,
  stateOf,
} from '../../../../support/sample-run.ts';
import { WORST_NAME, worstStates } from '../../../../support/worst-run.ts';

const GATE = { ...SAMPLE_GATE, approvals: { ...SAMPLE_GATE.approvals, from: ['approver'] } };
const SAID = '/kube defrag prod --all';
const VIEW = {
  said: SAID,
  peopleOf: () => ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'],
  channel: 'C0OPS',
  link: 'https://example.slack.com/archives/C0OPS/p1700000000000100',
};
const PLACE = { said: SAID, place: 'C0ANY', ops: 'C0OPS' };

/** A dry run that ended. */
function dryRun(outcome: RunOutcome, reason: EndReason, note = '', plan: Plan | null = null) {
  const request = sampleRequest({ dryRun: true, text: `${SAID} --dry-run` });
  return stateOf([
    eventAt(0, { type: 'requested', request }),
    ...(plan === null ? [] : [eventAt(2, { type: 'planned', plan, hash: SAMPLE_HASH })]),
    ...(reason === 'cancelled' ? [eventAt(2, { type: 'cancel-requested', actor: request.actor })] : []),
    eventAt(3, { type: 'ended', outcome, reason, note, stepsDone: 0, stepsPlanned: plan?.steps.length ?? 0 }),
  ]);
}

const LOCKED = samplePlan({
  checks: [
    {
      id: 'lock',
      verdict: 'block',
      title: 'defrag-prod-2222 holds the lock',
      evidence: 'cluster/prod/etcd is held by defrag-prod-2222 since 2026-11-21T09:58:00.000Z (defrag)',
    },
    { id: 'healthy', verdict: 'pass', title: 'All members healthy', evidence: '3 of 3 answered twice' },
  ],
});
const NOTHING = samplePlan({ steps: [], forecast: [], notes: ['No member is worth it.'], locks: [] });
const TWO_GATES = [
  GATE,
  {
    ...GATE,
    id: 'typed',
    kind: 'typed' as const,
    title: 'Type the name of the cluster',
    beforeStep: 1,
    expect: 'prod',
  },
];

const PAGES: Readonly<Record<string, Modal>> = {
  planning: renderPlanningPage({ ...PLACE, sinceMs: null }, 'note'),
  'planning-ops': renderPlanningPage({ ...PLACE, place: null, sinceMs: null }, 'note'),
  'planning-hidden': renderPlanningPage({ ...PLACE, ops: null, sinceMs: null }, 'note'),
  'planning-long': renderPlanningPage({ ...PLACE, sinceMs: 150_000 }, 'note'),
  plan: renderPlanPage(dryRun('planned', 'dry-run', '', samplePlan({ gates: [GATE] })), VIEW, 'note'),
  'plan-two-gates': renderPlanPage(dryRun('planned', 'dry-run', '', samplePlan({ gates: TWO_GATES })), VIEW, 'note'),
  'plan-no-approval': renderPlanPage(dryRun('planned', 'dry-run', '', samplePlan()), { ...VIEW, link: null }, 'note'),
  blocked: renderPlanPage(dryRun('blocked', 'lock-held', 'defrag-prod-2222 holds the lock', LOCKED), VIEW, 'note'),
  'nothing-to-do': renderPlanPage(
    dryRun('nothing-to-do', 'nothing-to-do', 'No member is worth it.', NOTHING),
    VIEW,
    'note',
  ),
  failed: renderPlanPage(dryRun('failed', 'plan-failed', 'planning took longer than 120 s'), VIEW, 'note'),
  cancelled: renderPlanPage(dryRun('cancelled', 'cancelled'), VIEW, 'note'),
  requesting: renderWaitingPage(PLACE, 'change'),
  'requesting-direct': renderWaitingPage({ ...PLACE, place: null }, 'change'),
  'asking-read': renderWaitingPage(PLACE, 'read'),
  'asking-word': renderWaitingPage({ ...PLACE, ops: null, place: null }, 'word'),
  requested: answerPage(
    'Requested',
    okAnswer('defrag-prod-7f3k was requested.', [['Its card is in ', { channel: 'C0OPS' }, '.']]),
  ),
  refused: answerPage('Not started', refusedAnswer('not-permitted', 'You have no role.')),
  table: answerPage(
    'Answer',
    okAnswer('Runs', [], { title: 'Runs', columns: ['run', 'state'], rows: [['defrag-prod-7f3k', 'Failed']] }),
  ),
};

function answerPage(title: string, answer: Parameters<typeof renderAnswerPage>[2]): Modal {
  const page = renderAnswerPage(title, SAID, answer);
  if (page === null) throw new Error('too long');
  return page;
}

/** What Slack would refuse, judged by Drydock's own checker and by the local workspace's. */
function refusals(page: Modal): readonly string[] {
  const read = readDefinition(page);
  return [
    ...modalProblems(page),
    ...(checkBlocks(page.blocks, 'modal')?.messages ?? []),
    ...('refusal' in read ? [JSON.stringify(read.refusal)] : []),
  ];
}

test.each(Object.entries(PAGES))('%s, as in its golden file, within the limits', async (name, page) => {
  await expect(readableModal(page)).toMatchFileSnapshot(`golden/page-${name}.txt`);
  expect(refusals(page)).toEqual([]);
});

test('only a plan can be requested, and only it and pages without one lead back to the arguments', () => {
  const submits = Object.entries(PAGES).map(([name, page]) => [name, page.submit?.text] as const);
  const asking = submits.filter(([, submit]) => submit !== undefined);

  expect(Object.fromEntries(asking)).toEqual({
    plan: 'Request this run',
    'plan-two-gates': 'Request this run',
    'plan-no-approval': 'Start this run',
  });
});

describe('at its worst', () => {
  const { planned, blocked, failed, 'nothing-to-do': nothing } = worstStates();
  const gate = { ...GATE, title: WORST_NAME, approvals: { ...GATE.approvals, from: [WORST_NAME, `${WORST_NAME}2`] } };
  const states = { planned, blocked, failed, nothing };
  const cut = new Set(['planned', 'blocked', 'failed']);
  const people = Array.from({ length: 8 }, (_, index) => `U${index}${'X'.repeat(28)}`);

  test.each(Object.entries(states))(
    '%s stays within the limits, and counts what it leaves out',
    async (name, state) => {
      if (state === undefined || state.plan === null) throw new Error('no such state');
      const gates = Array.from({ length: 12 }, (_, index) => ({ ...gate, id: `g${index}` }));
      const view = { ...VIEW, said: WORST_NAME.repeat(30), peopleOf: () => people };
      const page = renderPlanPage({ ...state, plan: { ...state.plan, gates } }, view, 'x'.repeat(3000));

      expect(refusals(page)).toEqual([]);
      await expect(readableModal(page)).toMatchFileSnapshot(`golden/worst-page-${name}.txt`);
      expect(/… and \d+ more lines, whole in the thread of its card\./.test(JSON.stringify(page))).toBe(cut.has(name));
      expect(JSON.stringify(page)).not.toMatch(/<!(?:channel|here|everyone)|[\u202A-\u202E\u200B]/u);
    },
  );

  test.each([1, 100, 400])('an answer of %i worst lines is a page within the limits, or none', (count) => {
    const lines = Array.from({ length: count }, () => [{ code: WORST_NAME }, WORST_NAME]);
    const page = renderAnswerPage('Answer', WORST_NAME.repeat(30), okAnswer(WORST_NAME.repeat(30), lines));

    expect(page === null ? [] : refusals(page)).toEqual([]);
    expect(page === null).toBe(count > 1);
  });
});

test('the checker finds what Slack would refuse', () => {
  const page = renderPlanningPage({ ...PLACE, sinceMs: null }, 'note');
  const long = { type: 'plain_text', text: 'x'.repeat(25), emoji: false } as const;
  const broken: Modal = {
    ...page,
    title: long,
    private_metadata: 'x'.repeat(3001),
    blocks: [...page.blocks, ...page.blocks],
  };

  expect(modalProblems(broken)).toEqual([
    'title: 25 is over 24',
    'private_metadata: 3001 is over 3000',
    'a block_id is used twice',
    'a block_id is used twice',
  ]);
});
