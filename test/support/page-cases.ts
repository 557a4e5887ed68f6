import { renderAnswerPage } from '../../src/adapters/slack/render/answer-page.ts';
import type { Modal } from '../../src/adapters/slack/render/modal.ts';
import { renderPlanningPage, renderPlanPage, renderWaitingPage } from '../../src/adapters/slack/render/plan-page.ts';
import { okAnswer, refusedAnswer } from '../../src/core/answer.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { EndReason, RunOutcome } from '../../src/core/reasons.ts';
import { eventAt, SAMPLE_GATE, SAMPLE_HASH, samplePlan, sampleRequest, stateOf } from './sample-run.ts';
import { WORST_NAME, worstStates } from './worst-run.ts';

const GATE = { ...SAMPLE_GATE, approvals: { ...SAMPLE_GATE.approvals, from: ['approver'] } };
const SAID = '/kube defrag prod --all';
const VIEW = {
  said: SAID,
  peopleOf: () => ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'],
  channel: 'C0OPS',
  link: 'https://example.slack.com/archives/C0OPS/p1700000000000100',
};
/** Where the sample pages are looked at. */
export const PLACE = { said: SAID, place: 'C0ANY', ops: 'C0OPS' };

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

/** A page of the form in each state, by the name of its golden file. */
export const PAGE_CASES: Readonly<Record<string, Modal>> = {
  planning: renderPlanningPage({ ...PLACE, sinceMs: null }, 'note'),
  'planning-ops': renderPlanningPage({ ...PLACE, place: null, sinceMs: null }, 'note'),
  'planning-hidden': renderPlanningPage({ ...PLACE, ops: null, sinceMs: null }, 'note'),
  'planning-long': renderPlanningPage({ ...PLACE, sinceMs: 150_000 }, 'note'),
  plan: renderPlanPage(dryRun('planned', 'dry-run', '', samplePlan({ gates: [GATE] })), VIEW, 'note'),
  'plan-two-gates': renderPlanPage(
    dryRun(
      'planned',
      'dry-run',
      '',
      samplePlan({ gates: TWO_GATES, locks: ['cluster/prod/etcd', 'identity/af40/etcd'] }),
    ),
    VIEW,
    'note',
  ),
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

/** Pages of plans and answers as long as they can be, by the name of their golden file. */
export const WORST_PAGES: Readonly<Record<string, Modal>> = worstPages();

function worstPages(): Readonly<Record<string, Modal>> {
  const { planned, blocked, failed, 'nothing-to-do': nothing } = worstStates();
  const gate = { ...GATE, title: WORST_NAME, approvals: { ...GATE.approvals, from: [WORST_NAME, `${WORST_NAME}2`] } };
  const gates = Array.from({ length: 12 }, (_, index) => ({ ...gate, id: `g${index}` }));
  const people = Array.from({ length: 8 }, (_, index) => `U${index}${'X'.repeat(28)}`);
  const view = { ...VIEW, said: WORST_NAME.repeat(30), peopleOf: () => people };
  const pages = Object.entries({ planned, blocked, failed, nothing }).map(([name, state]) => {
    if (state === undefined || state.plan === null) throw new Error(`no state ${name} with a plan`);
    return [name, renderPlanPage({ ...state, plan: { ...state.plan, gates } }, view, 'x'.repeat(3000))] as const;
  });
  return Object.fromEntries(pages);
}
