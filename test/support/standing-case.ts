import type { Approvals, Plan } from '../../src/core/plan.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { RunRequest } from '../../src/core/run-event.ts';
import {
  type StandingApproval,
  type StandingCase,
  type StandingGrant,
  shapeOf,
} from '../../src/core/standing-approval.ts';

/** The moment of judging, ms. */
export const NOW = Date.UTC(2027, 0, 10, 3);
/** An hour, ms. */
export const HOUR_MS = 3_600_000;
/** A day, ms. */
export const DAY_MS = 24 * HOUR_MS;
/** The workspace. */
export const TEAM = 'T0HOME';
/** Who granted it. */
export const ana = { team: TEAM, user: 'U0ANA' };
/** Another approver. */
export const ben = { team: TEAM, user: 'U0BEN' };
/** Who scheduled it. */
export const operator = { team: TEAM, user: 'U0OP' };
/** ISO time of ms. */
export const iso = (ms: number): string => new Date(ms).toISOString();
/** One approver, not the requester. */
export const ONE: Approvals = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };

/** A policy under which it counts. */
export const policy = (over: Partial<Policy> = {}): Policy => ({
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

/** A plan like the one that was shown. */
export const plan = (over: Partial<Plan> = {}): Plan => ({
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

/** A grant that stands. */
export const GRANT: StandingGrant = {
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

/** A record with that grant. */
export const recordOf = (over: Partial<StandingGrant> = {}): StandingApproval => ({
  schedule: 'sched-prod-x',
  cluster: 'prod',
  asked: null,
  granted: { ...GRANT, ...over },
});

/** A look at people just now. */
export const LOOK = {
  at: iso(NOW - 60_000),
  people: [
    { user: 'U0ANA', roles: ['approver', 'security'] },
    { user: 'U0BEN', roles: ['approver'] },
    { user: 'U0OP', roles: ['operator'] },
  ],
};

/** The request of a firing. */
export const request = (over: Partial<RunRequest> = {}): RunRequest => ({
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

/** A case in which it counts. */
export const caseOf = (over: Partial<StandingCase> = {}): StandingCase => ({
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

/** A warning of a plan. */
export const warn = (id: string, title: string) => ({ id, verdict: 'warn' as const, title, evidence: '' });
