import type { Actor } from '../../src/core/actor.ts';
import type { Approvals, GateSpec, Plan, PlannedStep, Risk } from '../../src/core/plan.ts';
import { EVENT_VERSION, type RunEvent, type RunEventOf, type RunRequest } from '../../src/core/run-event.ts';
import { foldRun, type RunRecord, type RunState } from '../../src/core/run-state.ts';
import type { DraftGate } from '../../src/core/runbook.ts';
import { approver, operator } from './engine-harness.ts';

/** Time of sample events. */
export const SAMPLE_AT = '2026-01-01T03:00:00.000Z';

/** {@link SAMPLE_AT} in ms. */
export const SAMPLE_MS = Date.parse(SAMPLE_AT);

/** One approval by an approver within half an hour. */
export function sampleApprovals(over: Partial<Approvals> = {}): Approvals {
  return { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000, ...over };
}

/** The request of the operator. */
export function sampleRequest(over: Partial<RunRequest> = {}): RunRequest {
  return {
    actor: operator,
    cluster: 'prod',
    command: 'valve',
    policyVerb: 'valve',
    runbook: 'valve-turn',
    runbookVersion: 1,
    params: { valves: ['a'] },
    dryRun: false,
    waitForLock: false,
    origin: { channel: 'C0', threadTs: null },
    text: '/kube valve prod',
    rule: 'rule 1',
    approvals: null,
    defaultApprovals: sampleApprovals(),
    after: null,
    ...over,
  };
}

/** A step line. */
export function sampleStep(risk: Risk = 'disruptive', kind = 'valve.turn@1'): PlannedStep {
  return { kind, input: { valves: ['a'] }, summary: 'Turn a', risk, items: ['a'] };
}

/** A gate before a step. */
export function sampleGate(over: Partial<GateSpec> = {}): GateSpec {
  return {
    id: 'approve',
    kind: 'approve',
    beforeStep: 0,
    title: 'Approve this plan',
    approvals: sampleApprovals(),
    expect: null,
    choices: [],
    ...over,
  };
}

/** A gate as a runbook asks for it: one that only says to go on. */
export function sampleDraftGate(over: Partial<DraftGate> = {}): DraftGate {
  return { id: 'second', kind: 'continue', beforeStep: 1, title: 'Go on', expect: null, choices: [], ...over };
}

/** A plan of one disruptive step behind one gate. */
export function samplePlan(over: Partial<Plan> = {}): Plan {
  return {
    schema: 1,
    identity: 'plant-1',
    runbook: 'valve-turn',
    runbookVersion: 1,
    params: { valves: ['a'] },
    steps: [sampleStep()],
    gates: [sampleGate()],
    facts: { plant: 'a' },
    checks: [],
    forecast: [],
    notes: [],
    before: [],
    locks: ['cluster/prod/valves'],
    ...over,
  };
}

/** Hash of sample plans: of the right length, not a real one. */
export const SAMPLE_HASH = 'ab'.repeat(32);

const base = { v: EVENT_VERSION, at: SAMPLE_AT } as const;

/** Events by type, with what a test wants different. */
export const make = {
  requested: (over: Partial<RunRequest> = {}): RunEventOf<'requested'> => ({
    ...base,
    type: 'requested',
    request: sampleRequest(over),
  }),
  planned: (over: Partial<Plan> = {}): RunEventOf<'planned'> => ({
    ...base,
    type: 'planned',
    plan: samplePlan(over),
    hash: SAMPLE_HASH,
  }),
  opened: (over: Partial<GateSpec> = {}, expiresAt = '2026-01-01T03:30:00.000Z'): RunEventOf<'gate-opened'> => ({
    ...base,
    type: 'gate-opened',
    gate: sampleGate(over),
    hash: SAMPLE_HASH,
    expiresAt,
  }),
  voted: (actor: Actor = approver, note: string | null = null, gate = 'approve'): RunEventOf<'voted'> => ({
    ...base,
    type: 'voted',
    gate,
    hash: SAMPLE_HASH,
    actor,
    verdict: 'approve',
    note,
  }),
  settled: (
    verdict: RunEventOf<'gate-settled'>['verdict'] = 'approved',
    gate = 'approve',
  ): RunEventOf<'gate-settled'> => ({
    ...base,
    type: 'gate-settled',
    gate,
    hash: SAMPLE_HASH,
    verdict,
    by: verdict === 'expired' ? [] : [approver],
    note: null,
  }),
  locked: (): RunEvent => ({ ...base, type: 'locks-taken', locks: ['cluster/prod/valves'] }),
  started: (index = 0): RunEvent => ({ ...base, type: 'step-started', index, attempt: 1 }),
  intent: (index = 0, item = 'a'): RunEvent => ({ ...base, type: 'intent', index, item, action: 'turn', facts: {} }),
  observed: (index = 0, item = 'a'): RunEvent => ({
    ...base,
    type: 'observed',
    index,
    item,
    action: 'turn',
    result: 'done',
    note: 'turned',
    evidence: null,
  }),
  stepDone: (index = 0): RunEvent => ({ ...base, type: 'step-done', index, output: { ok: true }, note: 'done' }),
  registered: (id = 'sign'): RunEvent => ({
    ...base,
    type: 'cleanup-registered',
    id,
    kind: 'valve.sign@1',
    input: null,
    summary: 'warning sign',
  }),
  cleaned: (id = 'sign'): RunEvent => ({ ...base, type: 'cleanup-done', id }),
  cancelled: (): RunEvent => ({ ...base, type: 'cancel-requested', actor: operator }),
  ending: (reason: RunEventOf<'ending'>['reason'] = 'done'): RunEventOf<'ending'> => ({
    ...base,
    type: 'ending',
    reason,
    note: '',
  }),
  ended: (): RunEvent => ({
    ...base,
    type: 'ended',
    outcome: 'succeeded',
    reason: 'done',
    note: '',
    stepsDone: 1,
    stepsPlanned: 1,
  }),
};

/** A stored run with these events. */
export function recordOf(events: readonly unknown[], scratch: unknown = null): RunRecord {
  return { id: 'valve-prod-0001', version: events.length, epoch: 1, events, scratch };
}

/** The state after these events. */
export function stateOf(...events: readonly unknown[]): RunState {
  return foldRun(recordOf(events));
}

/** A run whose one gate is open. */
export function waitingState(gate: Partial<GateSpec> = {}, request: Partial<RunRequest> = {}): RunState {
  return stateOf(make.requested(request), make.planned({ gates: [sampleGate(gate)] }), make.opened(gate));
}
