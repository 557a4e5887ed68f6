import { standardGate } from '../../src/core/gate.ts';
import type { RunEvent } from '../../src/core/run-event.ts';
import {
  at,
  eventAt,
  GATE_OPENED,
  PLANNED,
  SAMPLE_HASH,
  SAMPLE_SPEC,
  samplePlan,
  sampleRequest,
} from './sample-run.ts';

const SCHEDULE = 'sched-prod-x7k2';
const QUESTION = 'defrag-prod-q7k2';
const ANA = { team: 'T0HOME', user: 'U0APPROVER1' };
const BEN = { team: 'T0HOME', user: 'U0APPROVER2' };
const UNTIL = '2027-02-19T10:00:00.000Z';
const TWO = { required: 2, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };

const QUESTION_REQUEST = sampleRequest({
  dryRun: true,
  defaultApprovals: TWO,
  standingQuestion: { schedule: SCHEDULE, until: UNTIL, words: 'Fri 19 Feb 2027 11:00 Europe/Berlin' },
});

function questionGate() {
  const gate = standardGate(QUESTION_REQUEST, samplePlan().steps);
  if (gate === null) throw new Error('the sample plan needs no approval');
  return gate;
}

function vote(seconds: number, actor: typeof ANA): RunEvent {
  return eventAt(seconds, { type: 'voted', gate: 'approve', hash: SAMPLE_HASH, actor, verdict: 'approve', note: null });
}

const ASKED: readonly RunEvent[] = [
  eventAt(0, { type: 'requested', request: QUESTION_REQUEST }),
  PLANNED,
  eventAt(2, { type: 'gate-opened', gate: questionGate(), hash: SAMPLE_HASH, expiresAt: at(1802) }),
  vote(20, ANA),
];

const FIRED = eventAt(0, {
  type: 'requested',
  request: sampleRequest({ standing: { schedule: SCHEDULE, question: QUESTION, look: null } }),
});

const APPROVED = { type: 'gate-settled', gate: 'approve', hash: SAMPLE_HASH, note: null, verdict: 'approved' } as const;

/** A run whose gate was met by a standing approval the moment it opened. */
export const MET_IN_ADVANCE: readonly RunEvent[] = [
  FIRED,
  PLANNED,
  GATE_OPENED,
  eventAt(2, {
    ...APPROVED,
    by: [ANA, BEN],
    inAdvance: { schedule: SCHEDULE, question: QUESTION, at: '2026-11-14T09:00:00.000Z', until: UNTIL },
  }),
];

/** A run whose gate a standing approval does not meet, for this reason. */
export function notMet(why: string): readonly RunEvent[] {
  return [
    FIRED,
    PLANNED,
    eventAt(2, {
      type: 'gate-opened',
      gate: SAMPLE_SPEC,
      hash: SAMPLE_HASH,
      expiresAt: at(1802),
      notInAdvance: { schedule: SCHEDULE, why },
    }),
  ];
}

/** Events of runs that a standing approval is about, by what became of it. */
export const STANDING_EVENTS = {
  'standing-asked': ASKED,
  'standing-granted': [
    ...ASKED,
    vote(40, BEN),
    eventAt(40, { ...APPROVED, by: [ANA, BEN] }),
    eventAt(41, {
      type: 'ended',
      outcome: 'planned',
      reason: 'approved-in-advance',
      note: '',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ],
  'standing-impossible': [
    eventAt(0, { type: 'requested', request: QUESTION_REQUEST }),
    PLANNED,
    eventAt(3, {
      type: 'ended',
      outcome: 'blocked',
      reason: 'not-in-advance',
      note: '',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ],
  'standing-used': [
    ...MET_IN_ADVANCE,
    eventAt(3, { type: 'locks-taken', locks: ['cluster/prod/etcd'] }),
    eventAt(3, { type: 'step-started', index: 0, attempt: 1 }),
  ],
  'standing-not-counted': notMet('it was revoked by <@U0APPROVER2>, 2026-11-20 09:00 UTC'),
} as const satisfies Readonly<Record<string, readonly RunEvent[]>>;
