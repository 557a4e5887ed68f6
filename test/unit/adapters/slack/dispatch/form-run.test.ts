import { beforeEach, expect, test } from 'vitest';
import { commands } from '../../../../../commands/index.ts';
import type { DispatchDeps } from '../../../../../src/adapters/slack/dispatch/deps.ts';
import { orderOf, type Stage } from '../../../../../src/adapters/slack/dispatch/form-order.ts';
import { answerOnPage } from '../../../../../src/adapters/slack/dispatch/form-page.ts';
import { dispatchForm, dispatchViewClick } from '../../../../../src/adapters/slack/dispatch/form-run.ts';
import { okAnswer } from '../../../../../src/core/answer.ts';
import { StoreUnavailable } from '../../../../../src/core/ports/run-store.ts';
import { EVENT_VERSION } from '../../../../../src/core/run-event.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock, flush } from '../../../../support/fake-clock.ts';
import { noAudit } from '../../../../support/no-audit.ts';
import { NO_CONTROL } from '../../../../support/no-control.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import { sampleCluster } from '../../../../support/sample-cluster.ts';
import { SAMPLE_HASH, samplePlan, sampleRequest } from '../../../../support/sample-run.ts';

const ACTOR = { team: 'T0HOME', user: 'U0OPERATOR' };
const NOTE = { channel: 'C0OPS', direct: false, command: 'defrag', cluster: 'prod', fields: {}, nonce: 'view:V1:h1' };
const RUN = 'defrag-prod-7f3k';

let clock: FakeClock;
let slack: FakeSlack;
let runs: FakeRunStore;
let deps: DispatchDeps;
let leaving: AbortController;

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('the form does not ask that'));
}

beforeEach(() => {
  clock = createFakeClock();
  runs = createFakeRunStore(clock);
  slack = createFakeSlack(clock);
  leaving = new AbortController();
  deps = {
    control: () => NO_CONTROL,
    audit: noAudit,
    desk: {
      request: async () => await Promise.resolve({ kind: 'queued', runId: RUN }),
      planAgain: unasked,
      vote: unasked,
      cancel: unasked,
      refused: unasked,
    },
    runs,
    cards: createFakeCardStore(runs),
    slack,
    commands,
    clusters: [sampleCluster()],
    clock,
    log: silentLog,
    policy: () => ({
      homeTeam: 'T0HOME',
      roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
      rules: [{ clusters: ['prod'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null }],
      defaultApprovals: sampleApprovals(),
    }),
    identity: () => null,
    leaving: leaving.signal,
    nonce: () => 'n',
  };
});

function order(stage: Stage) {
  const command = commands.find((each) => each.name === 'defrag');
  if (command === undefined) throw new Error('no defrag');
  const made = orderOf(deps, stage, { actor: ACTOR, note: NOTE, command, view: { id: 'V1', hash: null } });
  if ('mistake' in made) throw new Error(made.mistake);
  return made;
}

function titles(): readonly string[] {
  return slack.pages.map(({ view }) => view.title.text);
}

async function recordDryRun(): Promise<void> {
  const request = sampleRequest({ dryRun: true });
  await runs.create({
    id: RUN,
    cluster: 'prod',
    runbook: 'etcd-defrag',
    idempotencyKey: 'k',
    event: { v: EVENT_VERSION, at: clock.nowIso(), type: 'requested', request },
    audit: [],
    nowMs: clock.nowMs(),
  });
}

async function endDryRun(): Promise<void> {
  const at = clock.nowIso();
  const ended = { outcome: 'planned', reason: 'dry-run', note: '', stepsDone: 0, stepsPlanned: 2 } as const;
  await runs.append(RUN, {
    writer: { kind: 'other', idempotencyKey: null },
    seen: 1,
    events: [
      { v: EVENT_VERSION, at, type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH },
      { v: EVENT_VERSION, at, type: 'ended', ...ended },
    ],
    audit: [],
  });
}

test('a plan is shown once it is there, not before Slack shows the page that it replaces', async () => {
  await recordDryRun();
  await endDryRun();
  const done = dispatchForm(deps, order('plan'));
  await flush();
  expect(titles()).toEqual([]);
  await clock.advance(400);
  await done;

  expect(titles()).toEqual(['Plan']);
});

test('while Slack limits the rate the page waits, and is shown then', async () => {
  await recordDryRun();
  await endDryRun();
  slack.failNext('updateModal', { kind: 'rate-limited', retryAfterMs: 5000 });
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(5300);
  expect(titles()).toEqual([]);
  await clock.advance(200);
  await done;

  expect(titles()).toEqual(['Plan']);
});

test('the store may be away while a plan is waited for', async () => {
  await recordDryRun();
  runs.failures.failNext('read', 'before', 3);
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(2000);
  await endDryRun();
  await clock.advance(2000);
  await done;

  expect(titles()).toEqual(['Planning', 'Plan']);
});

test('planning that takes too long is left, and the page says so', async () => {
  await recordDryRun();
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(152_000);
  await done;

  expect(titles()).toEqual(['Planning', 'Planning']);
  expect(JSON.stringify(slack.pages)).toMatch(/Still planning after 2\u00A0min 3\d\u00A0s/);
});

test('a process that stops waits for no plan, and leaves the page as it is', async () => {
  await recordDryRun();
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(3000);
  leaving.abort();
  await done;

  expect(titles()).toEqual(['Planning']);
});

test('a plan that comes late replaces no page that the person has gone on to', async () => {
  const updateModal = slack.updateModal.bind(slack);
  let shown = { hash: 'of the acknowledgement', title: '' };
  slack.updateModal = async (id, view, hash) => {
    if (hash !== null && hash !== shown.hash) return { kind: 'refused', error: 'hash_conflict' };
    const result = await updateModal(id, view, hash);
    if (result.kind === 'ok') shown = { hash: result.value.hash, title: view.title.text };
    return result;
  };
  await recordDryRun();
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(500);
  const click = { actor: ACTOR, view: { id: 'V1', hash: shown.hash }, idempotencyKey: 'k', note: JSON.stringify(NOTE) };
  await dispatchViewClick(deps, { ...click, action: 'form.change' });
  expect(shown.title).toBe('Arguments');
  await endDryRun();
  await clock.advance(2000);
  await done;

  expect(shown.title).toBe('Arguments');
});

test('once the page was closed no plan is waited for', async () => {
  await recordDryRun();
  slack.failNext('updateModal', { kind: 'refused', error: 'not_found' });
  const done = dispatchForm(deps, order('plan'));
  await clock.advance(500);
  await done;

  expect(titles()).toEqual([]);
});

test('an answer that is too long for a page is sent as messages, and the page says so', async () => {
  const lines = Array.from(
    { length: 500 },
    (_, index) => `line ${index} of an answer that is far too long for one page`,
  );
  await answerOnPage(deps, order('plan'), 'Answer', okAnswer('Long', lines));

  expect(JSON.stringify(slack.pages)).toContain('The answer is too long for a page.');
  expect(slack.calls.filter((call) => call.method === 'ephemeral').length).toBeGreaterThan(5);
});

test('clicks that no page of ours has change nothing', async () => {
  const click = { actor: ACTOR, view: { id: 'V1', hash: 'h1' }, idempotencyKey: 'k', note: JSON.stringify(NOTE) };
  await dispatchViewClick(deps, { ...click, action: 'form.other' });
  await dispatchViewClick(deps, { ...click, action: 'form.change', note: 'not json' });
  await dispatchViewClick(deps, {
    ...click,
    action: 'form.change',
    note: JSON.stringify({ ...NOTE, command: 'gone' }),
  });

  expect(slack.calls).toEqual([]);
});

test('without the store a look again is told to the caller', async () => {
  deps = { ...deps, desk: { ...deps.desk, request: async () => await Promise.reject(new StoreUnavailable('gone')) } };
  const click = { actor: ACTOR, view: { id: 'V1', hash: 'h1' }, idempotencyKey: 'k', note: JSON.stringify(NOTE) };

  await expect(dispatchViewClick(deps, { ...click, action: 'form.look-again' })).rejects.toThrow(StoreUnavailable);
  expect(titles()).toEqual(['Planning']);
});
