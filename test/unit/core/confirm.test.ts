import { assert, integer, property, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { unconfirmed } from '../../../src/core/confirm.ts';
import { approvingPeople, castBallot, standardGate } from '../../../src/core/gate.ts';
import type { Approvals, GateSpec, PlannedStep } from '../../../src/core/plan.ts';
import { demanded } from '../../../src/core/policy/waiting.ts';
import { type Policy, type PolicyRule, permit } from '../../../src/core/policy.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest } from '../../../src/core/run-event.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { approver, operator, secondApprover, stranger, testPolicy } from '../../support/engine-harness.ts';
import {
  make,
  SAMPLE_AT,
  SAMPLE_HASH,
  SAMPLE_MS,
  sampleApprovals,
  sampleGate,
  sampleRequest,
  sampleStep,
  stateOf,
} from '../../support/run-samples.ts';
import { membership, PEOPLE, question, ROLE_NAMES, rules } from './policy/arbitraries.ts';

interface Recorded {
  readonly request?: Partial<RunRequest>;
  readonly steps?: readonly PlannedStep[];
  readonly gate?: Partial<GateSpec>;
  readonly votes?: readonly RunEvent[];
  readonly by?: readonly Actor[];
}

/** A record of a run that says it was approved. */
function recorded({
  request = {},
  steps = [sampleStep()],
  gate = {},
  votes,
  by = [approver],
}: Recorded = {}): RunState {
  const spec = sampleGate(gate);
  return stateOf(
    make.requested(request),
    make.planned({ steps: [...steps], gates: [spec] }),
    make.opened(gate),
    ...(votes ?? by.map((actor) => make.voted(actor, spec.expect))),
    { ...make.settled('approved'), by: [...by] },
  );
}

const may: PolicyRule = { clusters: ['prod'], commands: ['valve'], allow: ['operator'], approvals: null };

function withRules(...more: readonly PolicyRule[]): Policy {
  return { ...testPolicy(), rules: [may, ...more] };
}

const atNight = (hours: string): Policy =>
  withRules({
    clusters: ['*'],
    commands: ['valve'],
    when: { hours, tz: 'UTC' },
    require: sampleApprovals({ required: 2 }),
  });

describe('what is recorded before a step', () => {
  it('holds when those who are entitled approved what the policy asks for', () => {
    expect(unconfirmed(recorded(), testPolicy(), 0)).toBeNull();
    expect(unconfirmed(recorded({ by: [approver, secondApprover] }), testPolicy(2), 0)).toBeNull();
  });

  it('holds without votes of its own: an earlier approval stands', () => {
    expect(unconfirmed(recorded({ votes: [] }), testPolicy(), 0)).toBeNull();
  });

  it('counts who stands in only where the gate itself escalated, also without votes of its own', () => {
    const approvals = sampleApprovals({ escalate: { afterMs: 1000, to: ['lead'] } });
    const roles = [...testPolicy().roles, { name: 'lead', users: ['U0LEAD'] }];
    const policy: Policy = { ...testPolicy(), roles, defaultApprovals: approvals };
    const lead = { ...approver, user: 'U0LEAD' };
    const decided = (...between: readonly RunEvent[]): RunState =>
      stateOf(
        make.requested({ defaultApprovals: approvals }),
        make.planned({ gates: [sampleGate({ approvals })] }),
        make.opened({ approvals }),
        ...between,
        { ...make.settled('approved'), by: [lead] },
      );
    const same = { v: EVENT_VERSION, at: SAMPLE_AT, gate: 'approve', hash: SAMPLE_HASH } as const;

    expect(unconfirmed(decided({ ...same, type: 'gate-escalated', to: ['lead'] }), policy, 0)).toBeNull();
    expect(unconfirmed(decided(), policy, 0)).toMatch(/1 of approver.*<@U0LEAD>/);
  });

  it.each<[string, Recorded, Policy, RegExp]>([
    ['somebody without a role approved', { by: [stranger] }, testPolicy(), /1 of approver.*<@U0NOBODY>/],
    ['nobody approved', { by: [], votes: [] }, testPolicy(), /approved by nobody/],
    ['the requester approved', { by: [operator] }, testPolicy(), /1 of approver.*<@U0OP>/],
    ['somebody of another team approved', { by: [{ ...approver, team: 'T1' }] }, testPolicy(), /1 of approver/],
    ['one approved twice', { by: [approver, approver] }, testPolicy(2), /2 of approver/],
    ['one of two approved', {}, testPolicy(2), /2 of approver.*<@U0AP1>/],
    [
      'the gate asks for less than the request',
      { request: { defaultApprovals: sampleApprovals({ required: 2 }) } },
      testPolicy(),
      /2 of approver/,
    ],
    [
      'the gate says the requester may approve',
      { by: [operator], gate: { approvals: sampleApprovals({ from: ['operator'], requesterMayApprove: true }) } },
      testPolicy(),
      /1 of operator/,
    ],
    ['nobody voted for the decision', { votes: [make.voted(secondApprover)] }, testPolicy(), /1 of approver/],
    ['the person who asked may not', { request: { actor: stranger } }, testPolicy(), /<@U0NOBODY> may not do this/],
    ['what is asked for is not permitted', { request: { cluster: 'vault' } }, testPolicy(), /may not do this/],
    ['a rule forbids it', {}, withRules({ clusters: ['*'], commands: ['*'], deny: ['*'] }), /rule 2 forbids/],
    [
      'a rule asks for another role',
      {},
      withRules({ clusters: ['*'], commands: ['valve'], require: sampleApprovals({ from: ['security'] }) }),
      /1 of security/,
    ],
    [
      'a step cannot be taken back, and the name was not asked for',
      { steps: [sampleStep('irreversible')] },
      testPolicy(),
      /does not ask for the name of the cluster/,
    ],
    [
      'the name was not typed',
      {
        steps: [sampleStep('irreversible')],
        gate: { kind: 'typed', expect: 'prod' },
        votes: [make.voted(approver, 'stage')],
      },
      testPolicy(),
      /1 of approver/,
    ],
  ])('does not hold when %s', (_when, given, policy, why) => {
    expect(unconfirmed(recorded(given), policy, 0)).toMatch(why);
  });

  it('does not hold for a plan whose gate was left out', () => {
    const state = stateOf(make.requested(), make.planned({ gates: [] }));

    expect(unconfirmed(state, testPolicy(), 0)).toBe(
      'The policy here asks for 1 of approver, and the record has no approval.',
    );
    expect(
      unconfirmed(
        stateOf(make.requested(), make.planned({ gates: [], steps: [sampleStep('reversible')] })),
        testPolicy(),
        0,
      ),
    ).toBeNull();
  });

  it('counts hours as they were when the gate was settled', () => {
    expect(unconfirmed(recorded(), atNight('04:00-05:00'), 0)).toBeNull();
    expect(unconfirmed(recorded(), atNight('03:00-04:00'), 0)).toMatch(/2 of approver/);
  });

  it('says nothing of gates before later steps', () => {
    const steps = [sampleStep('read'), sampleStep('reversible'), sampleStep('disruptive')];
    const gates = [sampleGate({ id: 'later', beforeStep: 2, approvals: sampleApprovals({ from: ['lead'] }) })];
    const policy = { ...testPolicy(), rules: [may] };
    const state = stateOf(
      make.requested(),
      make.planned({ steps, gates: [sampleGate({ beforeStep: 1 }), ...gates] }),
      make.opened({ beforeStep: 1 }),
      make.voted(),
      { ...make.settled('approved'), by: [approver] },
    );

    expect(unconfirmed(state, policy, 1)).toBeNull();
  });
});

/** A run that was asked for, and whose gate people answered by the rules. */
function decidedBy(policy: Policy, request: RunRequest, voters: readonly string[], escalates = false): RunState | null {
  const steps = [sampleStep('disruptive')];
  const gate = standardGate(request, steps);
  if (gate === null) return null;
  const events: RunEvent[] = [make.requested(request), make.planned({ steps, gates: [gate] }), make.opened(gate)];
  const to = [...(gate.approvals.escalate?.to ?? [])];
  if (escalates && to.length > 0)
    events.push({ v: EVENT_VERSION, at: SAMPLE_AT, type: 'gate-escalated', gate: gate.id, hash: SAMPLE_HASH, to });
  for (const user of voters) {
    const actor = { team: 'T0', user };
    const ballot = {
      gate: gate.id,
      hash: SAMPLE_HASH,
      verdict: 'approve',
      note: null,
      actor,
      channel: request.channel ?? null,
    } as const;
    const cast = castBallot(stateOf(...events), policy, ballot, SAMPLE_MS, SAMPLE_AT);
    if (cast.ok) events.push(...cast.events);
  }
  const state = stateOf(...events);
  return state.gates[0]?.settled?.verdict === 'approved' ? state : null;
}

function requestOf(policy: Policy, asked: Parameters<typeof permit>[1]): RunRequest | null {
  const permission = permit(policy, asked);
  if (!permission.ok) return null;
  const { actor, cluster, channel, outsideWindow } = asked;
  const own = { actor, cluster, channel, outsideWindow, policyVerb: asked.verb, flags: [...asked.flags] };
  const { approvals, requires } = permission;
  return sampleRequest({ ...own, approvals, requires, defaultApprovals: policy.defaultApprovals });
}

function policyOf(
  given: readonly PolicyRule[],
  members: Readonly<Record<string, readonly string[]>>,
  required = 1,
): Policy {
  const roles = Object.entries(members).map(([name, users]) => ({ name, users }));
  return { homeTeam: 'T0', roles, rules: given, defaultApprovals: sampleApprovals({ required }) };
}

describe('for any rules and people', () => {
  it.each([false, true])('what the gate settled is confirmed by the same policy (escalated: %s)', (escalates) => {
    let settled = 0;
    assert(
      property(rules, question, membership, shuffledSubarray<string>([...PEOPLE]), (given, asked, members, voters) => {
        const all: PolicyRule = { clusters: ['*'], commands: [asked.verb], allow: [...ROLE_NAMES], approvals: null };
        const policy = policyOf([...given, all], members);
        const at = { ...asked, nowMs: SAMPLE_MS };
        const request = requestOf(policy, at);
        const state = request === null ? null : decidedBy(policy, request, voters, escalates);
        if (state === null) return;
        settled += 1;
        expect(unconfirmed(state, policy, 0)).toBeNull();
      }),
      { numRuns: 300 },
    );
    expect(settled).toBeGreaterThan(10);
  });

  it('whoever is written into the record, it holds only for people who meet what the policy asks for', () => {
    const crowd = shuffledSubarray<string>([...PEOPLE]);
    assert(
      property(
        rules,
        question,
        membership,
        crowd,
        integer({ min: 1, max: 3 }),
        (given, asked, members, people, required) => {
          const policy = policyOf(given, members, required);
          const loose = sampleRequest({
            actor: asked.actor,
            cluster: asked.cluster,
            policyVerb: asked.verb,
            channel: asked.channel,
            flags: [...asked.flags],
            outsideWindow: asked.outsideWindow,
          });
          const by = people.map((user) => ({ team: 'T0', user }));
          const state = recorded({ request: loose, by });
          if (unconfirmed(state, policy, 0) !== null) return;
          const permission = permit(policy, { ...asked, nowMs: SAMPLE_MS });
          expect(permission.ok).toBe(true);
          const needed: Approvals | null = permission.ok
            ? demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep()])
            : null;
          const others = by.filter((actor) => actor.user !== asked.actor.user || needed?.requesterMayApprove === true);
          expect(needed === null || approvingPeople(policy, needed, others, false) !== null).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('without a known team nobody may', () => {
  expect(unconfirmed(recorded(), { ...testPolicy(), homeTeam: null }, 0)).toMatch(/may not do this/);
});
