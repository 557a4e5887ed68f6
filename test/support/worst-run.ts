import type { GateSpec, Plan } from '../../src/core/plan.ts';
import { type EndReason, isEndReason, OUTCOMES, REASONS } from '../../src/core/reasons.ts';
import type { RunEvent, RunEventOf } from '../../src/core/run-event.ts';
import type { RunState } from '../../src/core/run-state.ts';
import type { StateReport } from '../../src/core/state-report.ts';
import {
  at,
  decided,
  eventAt,
  SAMPLE_GATE,
  SAMPLE_HASH,
  SAMPLE_REPORT,
  samplePlan,
  sampleRequest,
  stateOf,
} from './sample-run.ts';

/** 63 characters: four bytes each, what must be escaped, a mention, marks that turn or hide text. */
export const WORST_NAME = `\u202E<!channel>&\`*_\u200B${'𝕏'.repeat(63 - 17)}\u2066`;
const LONG = `${WORST_NAME} `.repeat(20);
const STEPS = 50;
const ITEMS = itemsOf(WORST_NAME);

function itemsOf(name: string): string[] {
  return Array.from({ length: STEPS }, (_, index) => `${name}${index}`);
}

/** A plan of 50 steps with 50 items each, called `name` and a number, everything about them as long as `long`. */
export function worstPlan(name: string, long: string): Plan {
  const items = itemsOf(name);
  return samplePlan({
    steps: items.map((each) => ({
      kind: 'etcd.defragment@1',
      input: null,
      summary: `Defragment ${each}: ${long}`,
      risk: 'irreversible',
      items,
    })),
    checks: items.map((each, index) => ({
      id: each,
      verdict: index % 3 === 0 ? 'warn' : index % 3 === 1 ? 'block' : 'pass',
      title: long,
      evidence: long,
    })),
    forecast: items.map(() => long),
    estimatesMs: items.map(() => 86_399_000),
    notes: items.map(() => long),
    before: [{ title: long, columns: ['member', 'size'], rows: items.map((each) => [each, long]) }],
    locks: items,
  });
}

/** A report with tables of more rows than Slack shows. */
export function worstReport(name: string, long: string): StateReport {
  return {
    ...SAMPLE_REPORT,
    summary: long,
    notes: itemsOf(name).map(() => long),
    tables: [
      { title: long, columns: ['a', 'b'], rows: Array.from({ length: 200 }, () => [name, long]) },
      { title: long, columns: ['a'], rows: [[long]] },
    ],
  };
}

const REQUESTED = eventAt(0, { type: 'requested', request: sampleRequest({ text: LONG, rule: LONG, dryRun: false }) });
const PLANNED = eventAt(2, { type: 'planned', plan: worstPlan(WORST_NAME, LONG), hash: SAMPLE_HASH });

function opened(
  kind: 'approve' | 'typed' | 'choice',
  more: Pick<RunEventOf<'gate-opened'>, 'notInAdvance'> = {},
  over: Partial<GateSpec> = {},
): RunEvent {
  const asks = { expect: kind === 'typed' ? WORST_NAME : null, choices: kind === 'choice' ? ITEMS.slice(0, 5) : [] };
  const from = ITEMS.slice(0, 5);
  const gate = {
    ...SAMPLE_GATE,
    ...asks,
    kind,
    title: LONG,
    approvals: { ...SAMPLE_GATE.approvals, required: 9, from },
    ...over,
  };
  return eventAt(2, { type: 'gate-opened', hash: SAMPLE_HASH, expiresAt: at(1802), gate, ...more });
}

/** A schedule of the cluster with the longest name. */
const SCHEDULE = `sched-${WORST_NAME}-x7k2`;
const ASKED_IN_ADVANCE = eventAt(0, {
  type: 'requested',
  request: sampleRequest({
    text: LONG,
    rule: LONG,
    dryRun: true,
    standingQuestion: { schedule: SCHEDULE, until: at(90 * 86_400), words: LONG },
  }),
});
const MET_IN_ADVANCE = eventAt(2, {
  type: 'gate-settled',
  gate: 'approve',
  hash: SAMPLE_HASH,
  verdict: 'approved',
  note: null,
  by: ITEMS.slice(0, 9).map((user) => ({ team: 'T0HOME', user })),
  inAdvance: { schedule: SCHEDULE, question: LONG, at: at(1), until: at(90 * 86_400) },
});

const BEGUN: readonly RunEvent[] = [
  REQUESTED,
  PLANNED,
  opened('approve'),
  ...decided(20, 'approve', LONG),
  eventAt(21, { type: 'locks-taken', locks: ITEMS }),
  ...ITEMS.slice(0, 25).flatMap((item, index) => [
    eventAt(30, { type: 'step-started', index, attempt: 1 } as const),
    eventAt(30, { type: 'intent', index, item, action: LONG, facts: {} } as const),
    eventAt(31, { type: 'observed', index, item, action: LONG, result: 'done', note: LONG, evidence: LONG } as const),
    eventAt(32, { type: 'step-done', index, output: null, note: LONG } as const),
  ]),
  eventAt(33, { type: 'step-started', index: 25, attempt: 1 }),
  eventAt(34, { type: 'intent', index: 25, item: WORST_NAME, action: LONG, facts: {} }),
  eventAt(35, { type: 'cleanup-registered', id: 'pause', kind: 'pause@1', input: null, summary: LONG }),
];

const REPORT = worstReport(WORST_NAME, LONG);

const SCRATCH = { index: 25, state: null, note: LONG, at: at(40), notBefore: null, failures: 0 };

/** Endings: one reason for each outcome, and what came before. */
function endings(): readonly (readonly [string, RunState])[] {
  return OUTCOMES.map((outcome) => {
    const before: readonly RunEvent[] = PLAIN.has(outcome) ? [REQUESTED, PLANNED] : BEGUN;
    const report: readonly RunEvent[] =
      outcome === 'succeeded' ? [eventAt(40, { type: 'step-done', index: 49, output: REPORT, note: LONG })] : [];
    const end = {
      type: 'ended',
      outcome,
      reason: reasonFor(outcome),
      note: LONG,
      stepsDone: 25,
      stepsPlanned: 50,
    } as const;
    const failed = eventAt(41, { type: 'cleanup-failed', id: 'pause', note: LONG });
    return [outcome, stateOf([...before, ...report, failed, eventAt(90, end)])] as const;
  });
}

const PLAIN: ReadonlySet<string> = new Set(['nothing-to-do', 'planned', 'blocked']);

function reasonFor(outcome: (typeof OUTCOMES)[number]): EndReason {
  const found = Object.entries(REASONS).find(([, reason]) => reason.outcome === outcome)?.[0] ?? '';
  return isEndReason(found) ? found : 'done';
}

/** Every state a card can be in, each with the worst content there is. */
export function worstStates(): Readonly<Record<string, RunState>> {
  const cancel = eventAt(36, { type: 'cancel-requested', actor: { team: 'T0HOME', user: WORST_NAME } });
  return {
    planning: stateOf([REQUESTED]),
    'gate-approve': stateOf([REQUESTED, PLANNED, opened('approve')]),
    'gate-typed': stateOf([REQUESTED, PLANNED, opened('typed')]),
    'gate-choice': stateOf([REQUESTED, PLANNED, opened('choice')]),
    'gate-about': stateOf([
      REQUESTED,
      PLANNED,
      eventAt(30, { type: 'step-started', index: 0, attempt: 1 }),
      eventAt(32, { type: 'step-done', index: 0, output: { stuck: ITEMS.map(() => ({ words: LONG })) }, note: LONG }),
      opened('typed', {}, { beforeStep: 1, about: 'stuck' }),
    ]),
    'standing-asked': stateOf([ASKED_IN_ADVANCE, PLANNED, opened('approve')]),
    'standing-used': stateOf([REQUESTED, PLANNED, opened('approve'), MET_IN_ADVANCE]),
    'standing-not-counted': stateOf([
      REQUESTED,
      PLANNED,
      opened('approve', { notInAdvance: { schedule: SCHEDULE, why: `${LONG}${'<@U0APPROVER1> '.repeat(60)}` } }),
    ]),
    lock: stateOf([REQUESTED, PLANNED, eventAt(3, { type: 'lock-waiting', lock: WORST_NAME, heldBy: LONG })]),
    'lock-by-hand': stateOf([
      REQUESTED,
      PLANNED,
      eventAt(3, {
        type: 'lock-waiting',
        lock: WORST_NAME,
        heldBy: '',
        byHand: { user: WORST_NAME, reason: LONG, since: at(1) },
      }),
    ]),
    window: stateOf([REQUESTED, PLANNED, eventAt(3, { type: 'window-waiting', opensAt: at(90), words: LONG })]),
    frozen: stateOf([
      ...BEGUN,
      eventAt(60, {
        type: 'ended',
        outcome: 'blocked',
        reason: 'cluster-frozen',
        note: `<@U0ANA> ${LONG}`.repeat(20),
        stepsDone: 0,
        stepsPlanned: 50,
      }),
    ]),
    running: stateOf(BEGUN, SCRATCH),
    'running-tree': stateOf(BEGUN, { ...SCRATCH, tree: ITEMS.map((each) => `  ${each} ${LONG}`) }),
    cancelling: stateOf([...BEGUN, cancel], SCRATCH),
    ending: stateOf([...BEGUN, eventAt(37, { type: 'ending', reason: 'step-failed', note: LONG })]),
    'newer-worker': stateOf([...BEGUN, { v: 2, type: LONG, at: at(50) }]),
    ...Object.fromEntries(endings()),
  };
}
