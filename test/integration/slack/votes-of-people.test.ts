import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runbooks } from '../../../jobs/index.ts';
import type { Fault } from '../../../playground/workspace/faults.ts';
import { TEAM } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { budgetSlack } from '../../../src/adapters/slack/budgeted-client.ts';
import { createSlackClient } from '../../../src/adapters/slack/client.ts';
import { createSlackPeople } from '../../../src/adapters/slack/people/slack-people.ts';
import { createFreshLook } from '../../../src/app/fresh-policy.ts';
import { type PolicyConfig, policyOf } from '../../../src/config/to-core.ts';
import type { RunWord } from '../../../src/core/command.ts';
import type { RequestDesk } from '../../../src/core/desk.ts';
import type { CallBudget } from '../../../src/core/ports/call-budget.ts';
import { EVENT_VERSION } from '../../../src/core/run-event.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createFakeCallBudget } from '../../fakes/call-budget.ts';
import { createFakeGroupStore } from '../../fakes/group-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { SAMPLE_GATE, SAMPLE_HASH, samplePlan, sampleRequest } from '../../support/sample-run.ts';

const GROUP = 'S0APPROVERS';
const APPROVALS = { required: 2, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };
const VOTERS = ['U0V1', 'U0V2', 'U0V3', 'U0V4'] as const;

let workspace: Workspace;
let runs: FakeRunStore;
let budget: CallBudget;
let runId: string;

beforeEach(async () => {
  workspace = await startWorkspace({ enforceLimits: true });
  for (const id of VOTERS) workspace.state.users.set(id, { id, name: id, isBot: false });
  workspace.state.groups.set(GROUP, { id: GROUP, handle: 'approvers', users: new Set(VOTERS) });
  runs = createFakeRunStore(systemClock);
  budget = createFakeCallBudget(systemClock);
  runId = await waitingRun();
});

afterEach(async () => {
  await workspace.stop();
});

async function waitingRun(): Promise<string> {
  const at = systemClock.nowIso();
  const id = 'defrag-prod-7f3k';
  const actor = { team: TEAM.id, user: 'U0OPERATOR' };
  const requested = { v: EVENT_VERSION, at, type: 'requested', request: sampleRequest({ actor }) } as const;
  const nowMs = systemClock.nowMs();
  await runs.create({
    id,
    cluster: 'prod',
    runbook: 'etcd-defrag',
    idempotencyKey: 'k',
    event: requested,
    audit: [],
    nowMs,
  });
  const gate = { ...SAMPLE_GATE, approvals: APPROVALS };
  const expiresAt = new Date(nowMs + 1_800_000).toISOString();
  await runs.append(id, {
    writer: { kind: 'other', idempotencyKey: null },
    seen: 1,
    events: [
      { v: EVENT_VERSION, at, type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH },
      { v: EVENT_VERSION, at, type: 'gate-opened', gate, hash: SAMPLE_HASH, expiresAt },
    ],
    audit: [],
  });
  return id;
}

const CONFIG: PolicyConfig = {
  roles: [
    { name: 'operator', users: ['U0OPERATOR'], groups: [] },
    { name: 'approver', users: [], groups: [GROUP] },
  ],
  rules: [{ clusters: ['*'], commands: ['defrag'], allow: ['operator'], approvals: null }],
  defaultApprovals: APPROVALS,
};

/** The desk of a further bot: its cached view knows all voters, what counts is what Slack says. */
function startBot(timeoutMs = 1000): RequestDesk {
  const { botToken: token, apiUrl } = workspace;
  const client = createSlackClient({ token, apiUrl, timeoutMs, log: silentLog, onCall: () => undefined });
  const slackFor = budgetSlack({ client, budget, log: silentLog });
  const people = createSlackPeople({ slackFor, clock: systemClock, homeTeam: () => TEAM.id });
  return createDesk({
    store: runs,
    doorbell: { ring: async () => undefined },
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    runbooks,
    admission: openAdmission(),
    policy: () => policyOf(CONFIG, TEAM.id, () => VOTERS),
    freshPolicy: createFreshLook({
      live: { config: () => CONFIG, groups: () => [GROUP] },
      people,
      store: createFakeGroupStore(systemClock),
      homeTeam: { get: () => TEAM.id },
      log: silentLog,
    }),
  });
}

async function approve(desk: RequestDesk, user: string): Promise<RunWord> {
  const actor = { team: TEAM.id, user };
  const gate = SAMPLE_GATE.id;
  return await desk.vote({
    runId,
    gate,
    hash: SAMPLE_HASH,
    actor,
    verdict: 'approve',
    note: null,
    idempotencyKey: `k-${user}`,
  });
}

async function state(): Promise<RunState> {
  const record = await runs.read(runId);
  if (record === null) throw new Error('the run is gone');
  return foldRun(record);
}

function callsOf(method: string): number {
  return workspace.calls.filter((call) => call.method === method).length;
}

test('four bots are clicked at once: each looks at Slack anew, one decision, no limit of Slack is passed', async () => {
  const words = await Promise.all(VOTERS.map(async (user) => await approve(startBot(), user)));
  const [gate] = (await state()).gates;

  expect(words.filter((word) => word.ok && word.settled === 'approved')).toHaveLength(1);
  expect(gate?.settled).toMatchObject({ verdict: 'approved' });
  expect(gate?.settled?.by).toHaveLength(2);
  expect(workspace.calls.filter((call) => call.fault !== undefined)).toEqual([]);
});

test('one bot is clicked four times at once: the votes share the look at the group', async () => {
  const desk = startBot();
  await Promise.all(VOTERS.map(async (user) => await approve(desk, user)));

  expect((await state()).gates[0]?.settled?.by).toHaveLength(2);
  expect(callsOf('usergroups.users.list')).toBeLessThanOrEqual(4);
});

test('an approver who left the group between the first click and the second does not count', async () => {
  const desk = startBot();
  expect(await approve(desk, 'U0V1')).toMatchObject({ ok: true, settled: null });
  workspace.state.groups.get(GROUP)?.users.delete('U0V1');
  expect(await approve(desk, 'U0V2')).toMatchObject({ ok: true, settled: null });
  expect(await approve(desk, 'U0V3')).toMatchObject({ ok: true, settled: 'approved' });

  expect((await state()).gates[0]?.settled?.by.map(({ user }) => user)).toEqual(['U0V2', 'U0V3']);
});

test('an approver who was deactivated in between does not count', async () => {
  const desk = startBot();
  await approve(desk, 'U0V1');
  workspace.state.users.set('U0V1', { id: 'U0V1', name: 'U0V1', isBot: false, deactivated: true });

  expect(await approve(desk, 'U0V2')).toMatchObject({ ok: true, settled: null });
});

test('when the group is emptied nobody may approve', async () => {
  const desk = startBot();
  workspace.state.groups.get(GROUP)?.users.clear();

  expect(await approve(desk, 'U0V1')).toMatchObject({ ok: false, reason: 'not-an-approver' });
});

describe.each([
  ['limits the rate', { kind: 'rate-limited', retryAfter: 30 }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['hangs', { kind: 'hang' }],
] as const satisfies readonly (readonly [string, Fault])[])('Slack %s at a vote', (_what, fault) => {
  test.each(['usergroups.users.list', 'users.info'])(
    'at %s: refused in words, audited, nothing is counted',
    async (method) => {
      const desk = startBot(200);
      await approve(desk, 'U0V1');
      workspace.faults.set(method, fault);
      const before = (await state()).version;
      const word = await approve(desk, 'U0V2');

      expect(word).toEqual({ ok: false, reason: 'people-unreadable', why: expect.stringMatching(/^Slack/) });
      expect((await state()).version).toBe(before);
      const audited = (await runs.auditEntries(0, 100)).map(({ entry }) => entry);
      expect(audited.at(-1)).toMatchObject({ action: 'refusal', reason: 'people-unreadable', actor: { user: 'U0V2' } });
    },
  );
});

test('what is refused whoever says it, is refused without asking Slack', async () => {
  const desk = startBot();
  await approve(desk, 'U0V1');
  await approve(desk, 'U0V2');
  const before = workspace.calls.length;

  expect(await approve(desk, 'U0V3')).toMatchObject({ ok: false, reason: 'gate-settled' });
  expect(workspace.calls).toHaveLength(before);
});
