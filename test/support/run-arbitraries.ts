import { type Arbitrary, array, boolean, constant, constantFrom, nat, oneof, record } from 'fast-check';
import type { Actor } from '../../src/core/actor.ts';
import type { GateSpec, Plan } from '../../src/core/plan.ts';
import { isEndReason, OUTCOMES, REASONS } from '../../src/core/reasons.ts';
import { RunEvent, type Scratch } from '../../src/core/run-event.ts';
import { approver, operator, secondApprover, stranger } from './engine-harness.ts';
import { make, SAMPLE_AT, SAMPLE_HASH, SAMPLE_MS, sampleGate, samplePlan, sampleStep } from './run-samples.ts';

/** End reasons, any. */
export const endReason = constantFrom(...Object.keys(REASONS).flatMap((code) => (isEndReason(code) ? [code] : [])));

/** People of the test policy, and one of another team. */
export const person: Arbitrary<Actor> = constantFrom<Actor[]>(operator, approver, secondApprover, stranger, {
  team: 'T0ELSE',
  user: approver.user,
});

const gateId = constantFrom('approve', 'second', 'third');
const hash = constantFrom(SAMPLE_HASH, 'cd'.repeat(32));
const index = nat(3);
const name = constantFrom('a', 'b');
const at = nat(7_200_000).map((ms) => new Date(SAMPLE_MS + ms).toISOString());
const iso = oneof(at, constantFrom('', 'soon', '2026-13-45'));

const gate: Arbitrary<GateSpec> = record({ id: gateId, beforeStep: index }).map((over) => sampleGate(over));

/** Plans of up to three steps with up to three gates. */
export const plan: Arbitrary<Plan> = record({
  steps: array(constantFrom(sampleStep('read'), sampleStep('reversible'), sampleStep('disruptive')), { maxLength: 3 }),
  gates: array(gate, { maxLength: 3 }),
  locks: constantFrom<string[][]>([], ['cluster/prod']),
}).map((over) => samplePlan(over));

const events: readonly Arbitrary<unknown>[] = [
  oneof(
    record({ actor: person, waitForLock: boolean(), dryRun: boolean() }),
    constant({ dryRun: true, standingQuestion: { schedule: 'sched-a', until: SAMPLE_AT, words: 'later' } }),
  ).map((over) => make.requested(over)),
  record({ type: constant('planned'), plan, hash }),
  record({ type: constant('question') }),
  record({ type: constant('gate-opened'), gate, hash, expiresAt: iso }),
  record({
    type: constant('voted'),
    gate: gateId,
    hash,
    actor: person,
    verdict: constantFrom('approve', 'reject'),
    note: constant(null),
  }),
  record({
    type: constant('gate-settled'),
    gate: gateId,
    hash,
    verdict: constantFrom('approved', 'rejected', 'expired'),
    by: array(person, { maxLength: 2 }),
    note: constantFrom(null, 'no'),
  }),
  record({ type: constant('lock-waiting'), lock: name, heldBy: name }),
  record({
    type: constant('lock-waiting'),
    lock: name,
    heldBy: constant(''),
    byHand: record({ user: name, reason: name, since: iso }),
  }),
  record({ type: constant('window-waiting'), opensAt: iso, words: name }),
  record({ type: constant('locks-taken'), locks: array(name, { maxLength: 2 }) }),
  record({ type: constant('step-started'), index, attempt: nat(3) }),
  record({ type: constant('intent'), index, item: name, action: name, facts: constant({}) }),
  record({
    type: constant('observed'),
    index,
    item: name,
    action: name,
    result: constantFrom('done', 'not-done', 'unknown'),
    note: name,
    evidence: constant(null),
  }),
  record({ type: constant('step-done'), index, output: nat(9), note: name }),
  record({ type: constant('cleanup-registered'), id: name, kind: name, input: constant(null), summary: name }),
  record({ type: constantFrom('cleanup-done'), id: name }),
  record({ type: constant('cleanup-failed'), id: name, note: name }),
  record({ type: constant('cancel-requested'), actor: person }),
  record({ type: constant('ending'), reason: endReason, note: name }),
  record({
    type: constant('ended'),
    outcome: constantFrom(...OUTCOMES),
    reason: endReason,
    note: name,
    stepsDone: nat(3),
    stepsPlanned: nat(3),
  }),
];

/** Any event that the format allows, sensible in its place or not. */
export const runEvent: Arbitrary<RunEvent> = oneof(...events).map((event) =>
  RunEvent.parse({ v: 1, at: SAMPLE_AT, ...Object(event) }),
);

const common = constantFrom<RunEvent[]>(
  make.planned({ steps: [sampleStep('read'), sampleStep()] }),
  make.locked(),
  make.settled('approved', 'approve'),
  make.settled('approved', 'second'),
  make.settled('approved', 'third'),
  make.started(0),
  make.stepDone(0),
  make.intent(0),
  make.observed(0),
  make.registered(),
);

const begun: readonly RunEvent[] = [make.requested()];

/** Events of a run that was requested: as they come in life, and others among them, in any order. */
export const runEvents: Arbitrary<readonly RunEvent[]> = array(
  oneof({ arbitrary: runEvent, weight: 1 }, { arbitrary: common, weight: 2 }),
  { maxLength: 25 },
).map((rest) => begun.concat(rest));

/** Step state of any step, or none. */
export const scratch: Arbitrary<Scratch | null> = oneof(
  constant(null),
  record({
    index,
    state: constantFrom(null, { turned: ['a'] }),
    note: name,
    at: constant(SAMPLE_AT),
    notBefore: oneof(constant(null), iso),
    failures: nat(5),
  }),
);
