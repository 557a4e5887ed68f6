import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { unconfirmed } from '../../../src/core/confirm.ts';
import type { GateSpec } from '../../../src/core/plan.ts';
import type { PolicyRule } from '../../../src/core/policy.ts';
import type { RunEvent } from '../../../src/core/run-event.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { approver, operator, stranger, testPolicy } from '../../support/engine-harness.ts';
import { make, sampleApprovals, sampleGate, sampleStep, stateOf } from '../../support/run-samples.ts';

/** That a gate was settled by these people, or by what was seen. */
function settledBy(gate: GateSpec, by: readonly Actor[], observed?: string): RunEvent {
  return { ...make.settled('approved', gate.id), by: [...by], ...(observed === undefined ? {} : { observed }) };
}

describe('what is recorded of the gates of a runbook', () => {
  const steps = [sampleStep('read'), sampleStep('disruptive')];
  const typed = sampleGate({ id: 'member', kind: 'typed', beforeStep: 1, expect: 'cp-2' });
  const unwatched = sampleGate({
    id: 'host',
    kind: 'continue',
    beforeStep: 1,
    approvals: sampleApprovals({ from: ['approver', 'operator'], requesterMayApprove: true }),
  });
  const goOn: GateSpec = { ...unwatched, watch: { kind: 'host@1', input: null } };
  const first = [make.opened(), make.voted(), make.settled('approved')] as const;

  function withGate(gate: GateSpec, ...answer: readonly RunEvent[]): RunState {
    const planned = make.planned({ steps, gates: [sampleGate(), gate] });
    return stateOf(make.requested(), planned, ...first, { ...make.opened(gate), gate }, ...answer);
  }

  it('holds when each was answered as the plan asks, by people or by what its watch saw', () => {
    const answered = withGate(typed, make.voted(approver, 'cp-2', 'member'), settledBy(typed, [approver]));
    expect(unconfirmed(answered, testPolicy(), 1)).toBeNull();
    const byRequester = withGate(goOn, make.voted(operator, null, 'host'), settledBy(goOn, [operator]));
    expect(unconfirmed(byRequester, testPolicy(), 1)).toBeNull();
    expect(unconfirmed(withGate(goOn, settledBy(goOn, [], 'cp-4 is Ready')), testPolicy(), 1)).toBeNull();
  });

  it.each<[string, RunState, RegExp]>([
    ['it was left open', withGate(typed), /asks "Approve this plan" before this step/],
    ['nobody answered a typed gate', withGate(typed, settledBy(typed, [])), /approved by nobody/],
    [
      'something is said to be seen at a typed gate',
      withGate({ ...typed, watch: { kind: 'host@1', input: null } }, settledBy(typed, [], 'seen')),
      /approved by nobody/,
    ],
    [
      'something is said to be seen at a gate without a watch',
      withGate(unwatched, settledBy(unwatched, [], 'seen')),
      /approved by nobody/,
    ],
    ['a watched gate says neither who nor what', withGate(goOn, settledBy(goOn, [])), /approved by nobody/],
    [
      'the requester typed the name',
      withGate(typed, make.voted(operator, 'cp-2', 'member'), settledBy(typed, [operator])),
      /1 of approver.*<@U0OP>/,
    ],
    [
      'another name was typed',
      withGate(typed, make.voted(approver, 'cp-3', 'member'), settledBy(typed, [approver])),
      /1 of approver/,
    ],
    [
      'a stranger said to go on',
      withGate(goOn, make.voted(stranger, null, 'host'), settledBy(goOn, [stranger])),
      /1 of approver or operator/,
    ],
  ])('does not hold when %s', (_when, state, why) => {
    expect(unconfirmed(state, testPolicy(), 1)).toMatch(why);
  });

  it('does not hold when the gate that was opened asks for less than the one of the plan', () => {
    const lax = { ...typed, expect: null, kind: 'approve' } as const;
    const planned = make.planned({ steps, gates: [sampleGate(), typed] });
    const answer = [{ ...make.opened(), gate: lax }, make.voted(approver, null, 'member'), settledBy(lax, [approver])];

    expect(unconfirmed(stateOf(make.requested(), planned, ...first, ...answer), testPolicy(), 1)).toMatch(
      /does not have it answered as the plan asks it/,
    );
  });

  it('asks for what the policy here asks for, also at a typed gate', () => {
    const state = withGate(typed, make.voted(approver, 'cp-2', 'member'), settledBy(typed, [approver]));
    const security: PolicyRule = {
      clusters: ['*'],
      commands: ['valve'],
      require: sampleApprovals({ from: ['security'] }),
    };

    const may: PolicyRule = { clusters: ['prod'], commands: ['valve'], allow: ['operator'], approvals: null };

    expect(unconfirmed(state, { ...testPolicy(), rules: [may, security] }, 1)).toMatch(/1 of security/);
  });
});
