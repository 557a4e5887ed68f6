import type { GateSpec, Plan } from '../../src/core/plan.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest, type Scratch } from '../../src/core/run-event.ts';
import { foldRun, type RunRecord, type RunState } from '../../src/core/run-state.ts';
import type { StateReport } from '../../src/core/state-report.ts';

/** When sample runs begin. */
export const SAMPLE_START_MS = Date.UTC(2026, 10, 21, 10, 0, 0);
export const SAMPLE_HASH = '0123456789abcdef'.repeat(4);
export const SAMPLE_RUN = 'defrag-prod-7f3k';

/** An event without version and time, as a test writes it. */
export type Told = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'v' | 'at'> : never) : never;

/** A time of a sample run, `seconds` after its start. */
export function at(seconds: number): string {
  return new Date(SAMPLE_START_MS + seconds * 1000).toISOString();
}

/** An event `seconds` after the start. */
export function eventAt(seconds: number, told: Told): RunEvent {
  return { v: EVENT_VERSION, at: at(seconds), ...told };
}

/** A request for `/kube defrag prod` by the operator. */
export function sampleRequest(changes: Partial<RunRequest> = {}): RunRequest {
  return {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    cluster: 'prod',
    command: 'defrag',
    policyVerb: 'defrag',
    runbook: 'etcd-defrag',
    runbookVersion: 1,
    params: { members: [], all: false, moveLeader: false, pauseMs: null },
    dryRun: false,
    waitForLock: false,
    origin: { channel: 'C0OPS', threadTs: null },
    text: '/kube defrag prod',
    rule: 'rule 1: operator may defrag on prod',
    approvals: null,
    defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
    after: null,
    ...changes,
  };
}

/** A plan of one defragmentation and one look at the ring. */
export function samplePlan(changes: Partial<Plan> = {}): Plan {
  return {
    schema: 1,
    identity: 'cdf818194e3a8c32',
    runbook: 'etcd-defrag',
    runbookVersion: 1,
    params: {},
    steps: [
      {
        kind: 'etcd.defragment@1',
        input: null,
        summary: 'Defragment etcd-1, etcd-2, etcd-3: followers first, leader last',
        risk: 'disruptive',
        items: ['etcd-1', 'etcd-2', 'etcd-3'],
      },
      { kind: 'etcd.report@1', input: null, summary: 'Look at the whole ring', risk: 'read', items: [] },
    ],
    gates: [],
    facts: {},
    checks: [
      { id: 'healthy', verdict: 'pass', title: 'All members healthy', evidence: '3 of 3 answered twice' },
      { id: 'disk', verdict: 'warn', title: 'Free disk cannot be seen', evidence: 'direct access shows no disk' },
    ],
    forecast: ['Each member answers nothing for about 2 s; the ring keeps its quorum.'],
    notes: ['etcd-3 has the most to give back: 190 MiB.'],
    before: [
      {
        title: 'Members before',
        columns: ['member', 'size', 'in use'],
        rows: [
          ['etcd-1', '250 MiB', '52.0 MiB'],
          ['etcd-2', '250 MiB', '52.0 MiB'],
        ],
      },
    ],
    locks: ['cluster/prod/etcd'],
    ...changes,
  };
}

/** The gate of the sample plan. */
export const SAMPLE_GATE = {
  id: 'approve',
  kind: 'approve',
  beforeStep: 0,
  title: 'Approve this plan',
  approvals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
  expect: null,
  choices: [] as string[],
} as const;

/** The state report of the sample ring. */
export const SAMPLE_REPORT: StateReport = {
  at: at(60),
  healthy: true,
  summary: '3 of 3 members healthy, leader etcd-3, no alarms.',
  tables: [
    {
      title: 'Members',
      columns: ['member', 'role', 'size'],
      rows: [
        ['etcd-1', 'follower', '52.1 MiB'],
        ['etcd-2', 'follower', '52.0 MiB'],
        ['etcd-3', 'leader', '52.1 MiB'],
      ],
    },
  ],
  notes: ['Disk space of the members cannot be seen from here.'],
};

export const REQUESTED = eventAt(0, { type: 'requested', request: sampleRequest() });
export const PLANNED = eventAt(2, { type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH });
/** The gate of the sample plan, as events have it. */
export const SAMPLE_SPEC: GateSpec = {
  ...SAMPLE_GATE,
  approvals: { ...SAMPLE_GATE.approvals, from: ['approver'] },
};
export const GATE_OPENED = eventAt(2, {
  type: 'gate-opened',
  gate: SAMPLE_SPEC,
  hash: SAMPLE_HASH,
  expiresAt: at(1802),
});
const APPROVER = { team: 'T0HOME', user: 'U0APPROVER1' };

/** A vote that settles the sample gate. */
export function decided(seconds: number, verdict: 'approve' | 'reject', note: string | null): readonly RunEvent[] {
  const gate = { gate: 'approve', hash: SAMPLE_HASH, note };
  return [
    eventAt(seconds, { type: 'voted', ...gate, actor: APPROVER, verdict }),
    eventAt(seconds, {
      type: 'gate-settled',
      ...gate,
      by: [APPROVER],
      verdict: verdict === 'approve' ? 'approved' : 'rejected',
    }),
  ];
}

/** A defragmentation of one member that took two seconds. */
export function defragmented(seconds: number, item: string): readonly RunEvent[] {
  const act = { index: 0, item, action: 'defragment' };
  return [
    eventAt(seconds, { type: 'intent', ...act, facts: {} }),
    eventAt(seconds + 2, {
      type: 'observed',
      ...act,
      result: 'done',
      note: '250 MiB → 52.1 MiB',
      evidence: { before: 262144000, after: 54631424 },
    }),
  ];
}

/** A record of these events; the version is their number. */
export function recordOf(events: readonly unknown[], scratch: Scratch | null = null, id = SAMPLE_RUN): RunRecord {
  return { id, version: events.length, epoch: 1, events, scratch };
}

/** The state after these events. */
export function stateOf(events: readonly unknown[], scratch: Scratch | null = null, id = SAMPLE_RUN): RunState {
  return foldRun(recordOf(events, scratch, id));
}

/** A run from request to a success, event by event. */
export const SAMPLE_EVENTS: readonly RunEvent[] = [
  REQUESTED,
  PLANNED,
  GATE_OPENED,
  ...decided(20, 'approve', null),
  eventAt(21, { type: 'locks-taken', locks: ['cluster/prod/etcd'] }),
  eventAt(21, { type: 'step-started', index: 0, attempt: 1 }),
  ...defragmented(22, 'etcd-1'),
  ...defragmented(30, 'etcd-2'),
  ...defragmented(40, 'etcd-3'),
  eventAt(45, { type: 'step-done', index: 0, output: null, note: '594 MiB given back' }),
  eventAt(45, { type: 'step-started', index: 1, attempt: 1 }),
  eventAt(60, { type: 'step-done', index: 1, output: SAMPLE_REPORT, note: '' }),
  eventAt(60, { type: 'ending', reason: 'done', note: '' }),
  eventAt(60, { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 2, stepsPlanned: 2 }),
];
