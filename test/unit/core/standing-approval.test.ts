import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Approvals, Plan } from '../../../src/core/plan.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { RunRequest } from '../../../src/core/run-event.ts';
import {
  endOfGrant,
  judgeStanding,
  LOOK_STANDS_MS,
  remindOfGrant,
  type StandingApproval,
  type StandingCase,
  type StandingGrant,
  shapeOf,
} from '../../../src/core/standing-approval.ts';

const NOW = Date.UTC(2027, 0, 10, 3);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TEAM = 'T0HOME';
const ana = { team: TEAM, user: 'U0ANA' };
const ben = { team: TEAM, user: 'U0BEN' };
const operator = { team: TEAM, user: 'U0OP' };
const iso = (ms: number): string => new Date(ms).toISOString();
const ONE: Approvals = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };

const policy = (over: Partial<Policy> = {}): Policy => ({
  homeTeam: TEAM,
  roles: [
    { name: 'operator', users: ['U0OP'] },
    { name: 'approver', users: ['U0ANA', 'U0BEN'] },
    { name: 'security', users: ['U0ANA'] },
  ],
  rules: [{ clusters: ['prod'], commands: ['defrag'], allow: ['operator'], approvals: null }],
  defaultApprovals: ONE,
  ...over,
});

const plan = (over: Partial<Plan> = {}): Plan => ({
  schema: 1,
  identity: 'ring-1',
  runbook: 'etcd-defrag',
  runbookVersion: 1,
  params: { members: [], pauseMs: 60_000 },
  steps: [{ kind: 'etcd.defragment@1', input: {}, summary: 'x', risk: 'disruptive', items: ['m-1'] }],
  gates: [],
  facts: {},
  checks: [{ id: 'disk', verdict: 'warn', title: 'The disk is slow', evidence: '40 ms' }],
  forecast: [],
  notes: [],
  before: [],
  locks: [],
  ...over,
});

const GRANT: StandingGrant = {
  question: 'defrag-prod-q',
  shape: shapeOf(plan(), ['all']),
  approvals: ONE,
  escalated: false,
  by: [ana],
  askedAt: iso(NOW - 10 * DAY_MS),
  at: iso(NOW - 10 * DAY_MS + HOUR_MS),
  until: iso(NOW + 10 * DAY_MS),
  reminded: false,
  over: null,
};

const recordOf = (over: Partial<StandingGrant> = {}): StandingApproval => ({
  schedule: 'sched-prod-x',
  cluster: 'prod',
  asked: null,
  granted: { ...GRANT, ...over },
});

const LOOK = {
  at: iso(NOW - 60_000),
  people: [
    { user: 'U0ANA', roles: ['approver', 'security'] },
    { user: 'U0BEN', roles: ['approver'] },
    { user: 'U0OP', roles: ['operator'] },
  ],
};

const request = (over: Partial<RunRequest> = {}): RunRequest => ({
  actor: operator,
  cluster: 'prod',
  command: 'defrag',
  policyVerb: 'defrag',
  runbook: 'etcd-defrag',
  runbookVersion: 1,
  params: {},
  dryRun: false,
  waitForLock: false,
  origin: { channel: 'C0OPS', threadTs: null },
  text: '/kube defrag prod --all',
  rule: 'rule 1',
  approvals: null,
  requires: null,
  channel: 'C0OPS',
  flags: ['all'],
  outsideWindow: false,
  defaultApprovals: ONE,
  standing: { schedule: 'sched-prod-x', question: 'defrag-prod-q', look: LOOK },
  after: null,
  ...over,
});

const caseOf = (over: Partial<StandingCase> = {}): StandingCase => ({
  record: recordOf(),
  request: request(),
  plan: plan(),
  gate: {
    id: 'approve',
    kind: 'approve',
    beforeStep: 0,
    title: 'Approve this plan',
    approvals: ONE,
    expect: null,
    choices: [],
  },
  policy: policy(),
  nowMs: NOW,
  ...over,
});

function why(over: Partial<StandingCase>): string {
  const verdict = judgeStanding(caseOf(over));
  return verdict.counts ? 'counts' : verdict.why;
}

const standing = (over: object): Partial<StandingCase> => ({
  request: request({ standing: { schedule: 'sched-prod-x', question: 'defrag-prod-q', look: LOOK, ...over } }),
});
const gate = (over: object): Partial<StandingCase> => ({ gate: { ...caseOf().gate, ...over } });
const warn = (id: string, title: string) => ({ id, verdict: 'warn' as const, title, evidence: '' });

test('it counts for a plan like the one that was shown, by who granted it', () => {
  expect(judgeStanding(caseOf())).toEqual({ counts: true, by: [ana], grant: GRANT });
});

describe('it counts as well', () => {
  test.each<readonly [string, Partial<StandingCase>]>([
    ['for other members', { plan: plan({ steps: plan().steps.map((step) => ({ ...step, items: ['m-2', 'm-3'] })) }) }],
    ['without a warning that was shown', { plan: plan({ checks: [] }) }],
    ['for parameters in another order', { plan: plan({ params: { pauseMs: 60_000, members: [] } }) }],
    ['one moment before its end', { nowMs: NOW, record: recordOf({ until: iso(NOW + 1) }) }],
    [
      'for other measurements',
      { plan: plan({ checks: [{ ...warn('disk', 'The disk is slow'), evidence: '90 ms' }] }) },
    ],
  ])('%s', (_what, over) => {
    expect(why(over)).toBe('counts');
  });
});

describe('it does not count', () => {
  test.each<readonly [string, Partial<StandingCase>, string]>([
    ['when there is no record', { record: null }, 'there is none'],
    ['when nothing was granted', { record: { ...recordOf(), granted: null } }, 'there is none'],
    ['for the record of another schedule', { record: { ...recordOf(), schedule: 'sched-prod-y' } }, 'there is none'],
    ['for a run that was proposed without', { request: proposedWithout() }, 'there is none'],
    ['when another one was granted since', standing({ question: 'defrag-prod-p' }), 'another one was granted'],
    ['at its end', { record: recordOf({ until: iso(NOW) }) }, 'it is over'],
    ['when the limit is shorter now', { policy: policy({ longestStandingMs: 10 * DAY_MS }) }, 'it is over'],
    [
      'when it was marked as over, whatever the clock says',
      { record: recordOf({ over: { why: 'expired', at: iso(NOW - 1), by: null } }), nowMs: NOW - DAY_MS },
      'over since 2027-01-10',
    ],
    [
      'when it was revoked',
      { record: recordOf({ over: { why: 'revoked', at: iso(NOW), by: ben } }) },
      'revoked by <@U0BEN>',
    ],
    ['after a drift', { request: request({ after: 'defrag-prod-1' }) }, 'changed since'],
    ['at a typed gate', gate({ kind: 'typed', expect: 'prod' }), 'each time'],
    ['at a choice', gate({ kind: 'choice', choices: ['a'] }), 'each time'],
    ['at a gate of the runbook', gate({ id: 'wait' }), 'each time'],
    [
      'for what cannot be taken back',
      { plan: plan({ steps: plan().steps.map((step) => ({ ...step, risk: 'irreversible' as const })) }) },
      'each time',
    ],
    ['for another cluster', { plan: plan({ identity: 'ring-2' }) }, 'another cluster'],
    [
      'for a cluster that does not say which it is',
      { plan: plan({ identity: '' }), record: recordOf({ shape: { ...GRANT.shape, identity: '' } }) },
      'another cluster',
    ],
    ['for another runbook', { plan: plan({ runbook: 'etcd-compact' }) }, 'another one'],
    ['for another version of it', { plan: plan({ runbookVersion: 2 }) }, 'another version'],
    ['for other parameters', { plan: plan({ params: { members: ['m-1'], pauseMs: 60_000 } }) }, 'command is another'],
    [
      'for a parameter more',
      { plan: plan({ params: { members: [], pauseMs: 60_000, x: null } }) },
      'command is another',
    ],
    ['for other flags', { request: request({ flags: [] }) }, 'command is another'],
    ['for a step more', { plan: plan({ steps: [...plan().steps, ...plan().steps] }) }, 'other steps'],
    [
      'for another risk',
      { plan: plan({ steps: plan().steps.map((step) => ({ ...step, risk: 'reversible' as const })) }) },
      'other steps or risks',
    ],
    ['with a new warning', { plan: plan({ checks: [warn('disk', 'The disk is full')] }) }, 'disk: The disk is full'],
    ['with people not looked up', standing({ look: null }), 'could not be looked up'],
    ['with a look that is old', standing({ look: { ...LOOK, at: iso(NOW - LOOK_STANDS_MS) } }), 'looked up in time'],
    ['with a look of tomorrow', standing({ look: { ...LOOK, at: iso(NOW + DAY_MS) } }), 'looked up in time'],
    [
      'when the person who scheduled it may not any more',
      { policy: policy({ rules: [] }) },
      'may not ask for it now: Your roles (operator), and no rule lets you defrag on prod',
    ],
    ['when the policy asks for two', { policy: policy({ defaultApprovals: { ...ONE, required: 2 } }) }, 'more now: 2'],
    [
      'when the policy asks another role, though who granted it has it',
      { policy: policy({ defaultApprovals: { ...ONE, from: ['security'] } }) },
      'more now: 1 of approver and 1 of security',
    ],
    ['when the gate itself asks for more', gate({ approvals: { ...ONE, required: 2 } }), 'more now: 2'],
    [
      'when who granted it asks',
      { request: request({ actor: ana }), policy: policy({ rules: everybody() }) },
      'do not meet',
    ],
    [
      'when who granted it is in no list of the worker',
      {
        policy: policy({
          roles: policy().roles.map((role) => ({ ...role, users: role.users.filter((u) => u !== 'U0ANA') })),
        }),
      },
      'do not meet',
    ],
    [
      'when the bot saw that the role is gone',
      standing({
        look: { ...LOOK, people: LOOK.people.map((one) => (one.user === 'U0ANA' ? { ...one, roles: [] } : one)) },
      }),
      'do not meet',
    ],
    [
      'when the bot did not look at who granted it',
      standing({ look: { ...LOOK, people: LOOK.people.slice(1) } }),
      'meet',
    ],
    [
      'when somebody of another workspace granted it',
      { record: recordOf({ by: [{ team: 'T0X', user: 'U0ANA' }] }) },
      'meet',
    ],
  ])('%s', (_what, over, words) => {
    expect(why(over)).toContain(words);
  });
});

function proposedWithout(): RunRequest {
  const { standing: _none, ...rest } = request();
  return rest;
}

function everybody() {
  return [{ clusters: ['prod'], commands: ['defrag'], allow: ['operator', 'approver'], approvals: null }];
}

test('reminds seven days before its end, or half its time before', () => {
  const lasting = (ms: number) => ({ ...GRANT, at: GRANT.askedAt, until: iso(Date.parse(GRANT.askedAt) + ms) });
  const before = (ms: number): number => endOfGrant(lasting(ms), policy()) - remindOfGrant(lasting(ms), policy());
  expect([before(60 * DAY_MS), before(4 * DAY_MS)]).toEqual([7 * DAY_MS, 2 * DAY_MS]);
});

const approvals = fc.record({
  required: fc.integer({ min: 1, max: 3 }),
  from: fc.uniqueArray(fc.constantFrom('approver', 'security', 'lead'), { minLength: 1 }),
  requesterMayApprove: fc.boolean(),
  expiresMs: fc.constant(1_800_000),
});
const people = fc.uniqueArray(fc.constantFrom('U0ANA', 'U0BEN', 'U0CYD', 'U0OP'));
const roles = fc.record({ approver: people, security: people, lead: people });
const world = fc.record({
  granted: approvals,
  asked: approvals,
  by: fc.uniqueArray(fc.constantFrom('U0ANA', 'U0BEN', 'U0CYD', 'U0OP'), { minLength: 1 }),
  now: roles,
  seen: roles,
  nowMs: fc.integer({ min: NOW - 20 * DAY_MS, max: NOW + 20 * DAY_MS }),
  lookMs: fc.integer({ min: -20 * 60_000, max: 20 * 60_000 }),
  longestDays: fc.integer({ min: 1, max: 40 }),
  change: fc.constantFrom('none', 'none', 'none', 'identity', 'params', 'risk', 'warning'),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const CHANGED: Readonly<Record<World['change'], Partial<Plan>>> = {
  none: {},
  identity: { identity: 'ring-2' },
  params: { params: {} },
  risk: { steps: [] },
  warning: { checks: [warn('x', 'y')] },
};

function judged({ granted, asked, by, now, seen, nowMs, lookMs, longestDays, change }: World) {
  const listed = Object.entries(now).map(([name, users]) => ({ name, users }));
  const look = {
    at: iso(nowMs - lookMs),
    people: ['U0ANA', 'U0BEN', 'U0CYD', 'U0OP'].map((user) => ({
      user,
      roles: [
        ...Object.entries(seen).flatMap(([name, users]) => (users.some((one) => one === user) ? [name] : [])),
        'operator',
      ],
    })),
  };
  return judgeStanding(
    caseOf({
      record: recordOf({ approvals: granted, by: by.map((user) => ({ team: TEAM, user })) }),
      request: request({ standing: { schedule: 'sched-prod-x', question: 'defrag-prod-q', look } }),
      plan: plan(CHANGED[change]),
      policy: policy({
        roles: [{ name: 'operator', users: ['U0OP'] }, ...listed],
        defaultApprovals: asked,
        longestStandingMs: longestDays * DAY_MS,
      }),
      gate: { ...caseOf().gate, approvals: granted },
      nowMs,
    }),
  );
}

describe('whatever the world is like', () => {
  test('what counts is unexpired, like the plan that was shown, freshly looked up, and demands no more', () => {
    let counted = 0;
    fc.assert(
      fc.property(world, (given) => {
        const verdict = judged(given);
        if (!verdict.counts) return;
        counted += 1;
        const { nowMs, lookMs, longestDays, change, granted, asked } = given;
        expect(change).toBe('none');
        expect(nowMs).toBeLessThan(NOW + 10 * DAY_MS);
        expect(nowMs).toBeLessThan(NOW - 10 * DAY_MS + longestDays * DAY_MS);
        expect(Math.abs(lookMs)).toBeLessThan(LOOK_STANDS_MS);
        expect(asked.from.toSorted()).toEqual(granted.from.toSorted());
        expect(asked.required).toBeLessThanOrEqual(granted.required);
      }),
      { numRuns: 6000 },
    );
    expect(counted).toBeGreaterThan(0);
  });

  test('who counts granted it, has a role it takes by both looks, and did not ask for it unless that may be', () => {
    fc.assert(
      fc.property(world, (given) => {
        const verdict = judged({
          ...given,
          asked: given.granted,
          change: 'none',
          lookMs: 0,
          nowMs: NOW,
          longestDays: 40,
        });
        if (!verdict.counts) return;
        const takes = (each: World['now'], user: string): boolean =>
          given.granted.from.some((role) => each[role].some((one) => one === user));
        const counting = verdict.by.map(({ user }) => user);
        expect(new Set(counting).size).toBe(given.granted.required);
        for (const user of counting) {
          expect([given.by.some((one) => one === user), takes(given.now, user), takes(given.seen, user)]).toEqual([
            true,
            true,
            true,
          ]);
          expect(user === 'U0OP' && !given.granted.requesterMayApprove).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
