import { z } from 'zod';
import type { RunEvent } from '../../src/core/run-event.ts';
import {
  at,
  decided,
  defragmented,
  eventAt,
  GATE_OPENED,
  PLANNED,
  REQUESTED,
  SAMPLE_EVENTS,
  SAMPLE_HASH,
  samplePlan,
  sampleRequest,
  stateOf,
} from './sample-run.ts';
import { STANDING_EVENTS } from './standing-cards.ts';

/** How the sample cards are looked at. */
export const CARD_VIEW = {
  title: 'Defragment etcd',
  replaces: null,
  displacedFrom: null,
  peopleOf: () => ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'],
};
const RUNNING = SAMPLE_EVENTS.slice(0, 7);

function ended(
  outcome: 'failed' | 'needs-a-person' | 'cancelled',
  reason: 'member-unhealthy' | 'member-silent' | 'cancelled',
  note: string,
): readonly RunEvent[] {
  return [
    eventAt(50, { type: 'ending', reason, note }),
    eventAt(50, { type: 'ended', outcome, reason, note, stepsDone: 0, stepsPlanned: 2 }),
  ];
}

const SCRATCH = {
  index: 0,
  state: null,
  note: 'pausing 60 s before etcd-2',
  at: at(25),
  notBefore: at(85),
  failures: 0,
};
/** A file of a plan. */
export const PATCH_FILE = {
  name: 'md-0.patch.yaml',
  title: 'MachineDeployment capi/capi-md-0 <@U0ANA>',
  text: 'spec:\n  template:\n    spec:\n      version: v1.31.4\n',
} as const;
const TREE = [
  'MachineDeployment/capi-md-0  2 of 3',
  '├─ capi-md-0-new-a  v1.31.4  Running',
  '├─ capi-md-0-old-b  v1.30.6  draining',
  '│    budget web/nginx allows 0 now',
  '└─ capi-md-0-old-c  v1.30.6  ``` <!channel>',
];
const BLOCKED = samplePlan({
  steps: [],
  before: [],
  forecast: [],
  notes: [],
  locks: [],
  checks: [
    {
      id: 'corrupt',
      verdict: 'block',
      title: 'CORRUPT alarm on etcd-2',
      evidence: 'alarm list: memberID 91bc3c398fb3c146 CORRUPT',
    },
  ],
});

/** The same with a plan that says how long each of its steps is likely to take, ms. */
function estimated(events: readonly RunEvent[], estimatesMs: readonly number[]): readonly RunEvent[] {
  return events.map((event) =>
    event.type === 'planned' ? { ...event, plan: samplePlan({ estimatesMs: [...estimatesMs] }) } : event,
  );
}

/** A run that did all its steps on a ring that is not healthy afterwards. */
const SICK = JSON.stringify(SAMPLE_EVENTS).replaceAll('"healthy":true', '"healthy":false');

/** A run in each state, by the name of its golden file. */
export const CARD_CASES = {
  planning: stateOf([REQUESTED]),
  'waiting-for-people': stateOf([REQUESTED, PLANNED, GATE_OPENED]),
  rejected: stateOf([
    REQUESTED,
    PLANNED,
    GATE_OPENED,
    ...decided(20, 'reject', 'not during the release <!channel> & co'),
    eventAt(21, { type: 'ended', outcome: 'rejected', reason: 'rejected', note: '', stepsDone: 0, stepsPlanned: 2 }),
  ]),
  'waiting-for-lock': stateOf([
    REQUESTED,
    PLANNED,
    eventAt(3, { type: 'lock-waiting', lock: 'cluster/prod/etcd', heldBy: 'defrag-prod-2222' }),
  ]),
  'waiting-for-a-lock-by-hand': stateOf([
    REQUESTED,
    PLANNED,
    eventAt(3, {
      type: 'lock-waiting',
      lock: 'cluster/prod',
      heldBy: '',
      byHand: { user: 'U0ANA', reason: 'latency <!channel>', since: at(1) },
    }),
  ]),
  'waiting-for-window': stateOf([
    REQUESTED,
    PLANNED,
    GATE_OPENED,
    ...decided(20, 'approve', null),
    eventAt(21, {
      type: 'window-waiting',
      opensAt: '2026-11-29T01:00:00.000Z',
      words: 'Sun 29 Nov 2026 02:00 Europe/Berlin',
    }),
  ]),
  'blocked-with-files': stateOf([
    REQUESTED,
    eventAt(2, { type: 'planned', plan: { ...BLOCKED, files: [PATCH_FILE] }, hash: SAMPLE_HASH }),
    eventAt(2, { type: 'ending', reason: 'check-blocked', note: 'CORRUPT alarm on etcd-2' }),
    eventAt(2, {
      type: 'ended',
      outcome: 'blocked',
      reason: 'check-blocked',
      note: 'CORRUPT alarm on etcd-2',
      stepsDone: 0,
      stepsPlanned: 0,
    }),
  ]),
  'cluster-frozen': stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    eventAt(50, {
      type: 'ended',
      outcome: 'blocked',
      reason: 'cluster-frozen',
      note: 'prod is frozen until Wed 2 Dec 2026 00:00 Europe/Berlin by <@U0ANA>: holiday <!channel>.',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ]),
  running: stateOf([...RUNNING, ...defragmented(22, 'etcd-1')], SCRATCH),
  'running-with-tree': stateOf(RUNNING, { ...SCRATCH, note: 'md-0: 1 of 3 machines at v1.31.4', tree: [...TREE] }),
  'running-with-estimate': stateOf([...estimated(RUNNING, [130_000, 5000]), ...defragmented(22, 'etcd-1')], {
    ...SCRATCH,
    note: 'etcd-1 is done in 2.0 s: 250 MiB → 52.1 MiB. 2 to go, the next in 60 s.',
  }),
  'running-past-its-estimate': stateOf([...estimated(RUNNING, [1000, 500]), ...defragmented(22, 'etcd-1')], SCRATCH),
  cancelling: stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    eventAt(30, { type: 'cancel-requested', actor: { team: 'T0HOME', user: 'U0OPERATOR' } }),
  ]),
  succeeded: stateOf(SAMPLE_EVENTS),
  'succeeded-not-healthy': stateOf(z.array(z.unknown()).parse(JSON.parse(SICK))),
  failed: stateOf([
    ...RUNNING,
    ...defragmented(22, 'etcd-1'),
    ...ended('failed', 'member-unhealthy', 'etcd-2 answered: context deadline exceeded'),
  ]),
  ending: stateOf(
    [
      ...RUNNING,
      ...defragmented(22, 'etcd-1'),
      ...['pause', 'probe'].map((id) =>
        eventAt(25, { type: 'cleanup-registered', id, kind: 'x@1', input: null, summary: `the ${id} <!channel>` }),
      ),
      eventAt(50, { type: 'ending', reason: 'member-silent', note: 'etcd-1 did not answer for 15 min after its turn' }),
      eventAt(51, { type: 'cleanup-done', id: 'pause' }),
    ],
    {
      ...SCRATCH,
      index: -1,
      state: { pause: 'not told any more', probe: 'no connection & <!here>. By hand: etcdctl del probe' },
    },
  ),
  'needs-a-person': stateOf([
    ...RUNNING,
    eventAt(22, { type: 'intent', index: 0, item: 'etcd-1', action: 'defragment', facts: {} }),
    eventAt(40, {
      type: 'observed',
      index: 0,
      item: 'etcd-1',
      action: 'defragment',
      result: 'unknown',
      note: 'silent for 15 min',
      evidence: null,
    }),
    ...ended('needs-a-person', 'member-silent', 'etcd-1 did not answer for 15 min after its turn'),
  ]),
  blocked: stateOf([
    REQUESTED,
    eventAt(2, { type: 'planned', plan: BLOCKED, hash: SAMPLE_HASH }),
    eventAt(2, { type: 'ended', outcome: 'blocked', reason: 'check-blocked', note: '', stepsDone: 0, stepsPlanned: 0 }),
  ]),
  'dry-run': stateOf([
    eventAt(0, { type: 'requested', request: sampleRequest({ dryRun: true, text: '/kube defrag prod --dry-run' }) }),
    PLANNED,
    eventAt(3, { type: 'ended', outcome: 'planned', reason: 'dry-run', note: '', stepsDone: 0, stepsPlanned: 2 }),
  ]),
  drifted: stateOf([
    ...RUNNING,
    eventAt(50, {
      type: 'ended',
      outcome: 'drifted',
      reason: 'plan-drifted',
      note: 'etcd-2 was replaced: 8211f1d0f64f3269 is gone',
      stepsDone: 0,
      stepsPlanned: 2,
    }),
  ]),
  'standing-asked': stateOf(STANDING_EVENTS['standing-asked']),
  'standing-granted': stateOf(STANDING_EVENTS['standing-granted']),
  'standing-impossible': stateOf(STANDING_EVENTS['standing-impossible']),
  'standing-used': stateOf(STANDING_EVENTS['standing-used']),
  'standing-not-counted': stateOf(STANDING_EVENTS['standing-not-counted']),
} as const;
