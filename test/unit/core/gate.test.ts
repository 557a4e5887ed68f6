import { array, assert as assertProperty, constantFrom, property, record, shuffledSubarray, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ballot, type BallotResult, castBallot, standardGate } from '../../../src/core/gate.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { applyEvent, type RunState } from '../../../src/core/run-state.ts';
import { approver, operator, secondApprover, stranger, testPolicy } from '../../support/engine-harness.ts';
import { person } from '../../support/run-arbitraries.ts';
import {
  make,
  SAMPLE_AT,
  SAMPLE_HASH,
  SAMPLE_MS,
  sampleApprovals,
  sampleRequest,
  sampleStep,
  stateOf,
  waitingState,
} from '../../support/run-samples.ts';

const yes: Ballot = { gate: 'approve', hash: SAMPLE_HASH, actor: approver, verdict: 'approve', note: null };

function cast(
  state: RunState,
  ballot: Partial<Ballot> = {},
  policy: Policy = testPolicy(),
  nowMs = SAMPLE_MS,
): BallotResult {
  return castBallot(state, policy, { ...yes, ...ballot }, nowMs, SAMPLE_AT);
}

/** The state after a ballot that counted. */
function after(state: RunState, ballot: Partial<Ballot> = {}, policy: Policy = testPolicy()): RunState {
  const result = cast(state, ballot, policy);
  return result.ok ? result.events.reduce(applyEvent, state) : state;
}

const closed = [make.requested(), make.planned(), make.opened(), make.voted(), make.settled()] as const;
const withoutOpen = stateOf(make.requested(), make.planned());
const settled = stateOf(...closed, make.locked());

describe('refusals of a ballot', () => {
  it.each<[string, RunState, Partial<Ballot>, string]>([
    ['the run has ended', stateOf(...closed, make.ending(), make.ended()), {}, 'run-ended'],
    ['the run is ending', stateOf(...closed, make.ending()), {}, 'run-stopping'],
    [
      'a cancel was asked for',
      stateOf(make.requested(), make.planned(), make.opened(), make.cancelled()),
      {},
      'run-stopping',
    ],
    ['no gate is open yet', withoutOpen, {}, 'no-gate-open'],
    ['it names another gate', waitingState(), { gate: 'second' }, 'no-gate-open'],
    [
      'a gate behind the open one',
      stateOf(make.requested(), make.planned(), make.opened(), make.opened({ id: 'second' })),
      { gate: 'second' },
      'no-gate-open',
    ],
    ['it carries another hash', waitingState(), { hash: 'cd'.repeat(32) }, 'plan-changed'],
    ['the hash is too short to tell plans apart', waitingState(), { hash: SAMPLE_HASH.slice(0, 11) }, 'plan-changed'],
    ['there is no hash', waitingState(), { hash: '' }, 'plan-changed'],
    ['the hash has something behind it', waitingState(), { hash: `${SAMPLE_HASH}0` }, 'plan-changed'],
    ['the hash was edited in its last digit', waitingState(), { hash: `${SAMPLE_HASH.slice(0, -1)}0` }, 'plan-changed'],
    ['the hash differs by case', waitingState(), { hash: SAMPLE_HASH.toUpperCase() }, 'plan-changed'],
    ['it was decided before', settled, {}, 'gate-settled'],
    ['another hash at a settled gate', settled, { hash: 'cd'.repeat(32) }, 'plan-changed'],
    ['a stranger clicks', waitingState(), { actor: stranger }, 'not-an-approver'],
    ['a stranger rejects', waitingState(), { actor: stranger, verdict: 'reject' }, 'not-an-approver'],
    [
      'the id of an approver comes from another team',
      waitingState(),
      { actor: { ...approver, team: 'T0ELSE' } },
      'not-an-approver',
    ],
    ['the requester approves', waitingState({}, { actor: approver }), {}, 'requester-may-not-approve'],
    ['the record does not say who asked', stateOf(make.planned(), make.opened()), {}, 'requester-may-not-approve'],
    ['the text is not typed', waitingState({ kind: 'typed', expect: 'prod' }), {}, 'wrong-answer'],
    ['another text is typed', waitingState({ kind: 'typed', expect: 'prod' }), { note: 'Prod' }, 'wrong-answer'],
    ['nothing is chosen', waitingState({ kind: 'choice', choices: ['now', 'later'] }), {}, 'wrong-answer'],
    [
      'what is chosen is not on offer',
      waitingState({ kind: 'choice', choices: ['now'] }),
      { note: 'never' },
      'wrong-answer',
    ],
  ])('when %s', (_name, state, ballot, reason) => {
    expect(cast(state, ballot)).toMatchObject({ ok: false, reason });
  });

  it('when the time is over, at the very millisecond', () => {
    expect(cast(waitingState(), {}, testPolicy(), SAMPLE_MS + 1_799_999).ok).toBe(true);
    expect(cast(waitingState(), {}, testPolicy(), SAMPLE_MS + 1_800_000)).toMatchObject({
      ok: false,
      reason: 'gate-expired',
    });
  });

  it('say who decided, how, and who may', () => {
    expect(cast(settled)).toMatchObject({ why: 'It was approved by <@U0AP1>.' });
    const expired = stateOf(make.requested(), make.planned(), make.opened(), make.settled('expired'));
    expect(cast(expired)).toMatchObject({ reason: 'gate-settled', why: 'It was expired.' });
    expect(cast(waitingState(), { actor: stranger })).toMatchObject({ why: 'approver may decide.' });
    expect(cast(waitingState({ kind: 'typed', expect: 'prod' }))).toMatchObject({ why: 'Type exactly: prod' });
  });

  it('come before any write, whatever text the button carries', () => {
    assertProperty(
      property(record({ gate: string(), hash: string(), note: constantFrom(null, 'x') }), (edited) => {
        const result = cast(waitingState(), edited);

        expect(result).toMatchObject(
          SAMPLE_HASH.startsWith(edited.hash) && edited.hash.length >= 12 && edited.gate === 'approve'
            ? { ok: true }
            : { ok: false },
        );
      }),
    );
  });
});

describe('ballots that count', () => {
  it.each([12, 20, 64])('takes the first %i characters of the hash for the plan', (length) => {
    expect(cast(waitingState(), { hash: SAMPLE_HASH.slice(0, length) })).toMatchObject({
      ok: true,
      settled: 'approved',
    });
  });

  it('one rejection of someone entitled settles, also after approvals, also by the requester who is an approver', () => {
    const policy = testPolicy(2);
    const gate = { approvals: sampleApprovals({ required: 2 }) };
    const half = after(waitingState(gate), {}, policy);

    expect(cast(half, { actor: secondApprover, verdict: 'reject', note: 'no' }, policy)).toMatchObject({
      settled: 'rejected',
    });
    expect(cast(waitingState({}, { actor: approver }), { verdict: 'reject' })).toMatchObject({
      ok: true,
      settled: 'rejected',
    });
    expect(after(half, { verdict: 'reject' }, policy).gates[0]?.settled).toMatchObject({
      verdict: 'rejected',
      by: [approver],
    });
  });

  it('the requester counts only when the policy says so, and as any other approver', () => {
    const may = { approvals: sampleApprovals({ requesterMayApprove: true }) };

    const asker = sampleApprovals({ requesterMayApprove: true });
    const policy: Policy = {
      ...testPolicy(),
      rules: [{ clusters: ['prod'], commands: ['valve'], allow: ['operator', 'approver'], approvals: asker }],
    };
    expect(cast(waitingState(may, { actor: approver }), {}, policy)).toMatchObject({ ok: true, settled: 'approved' });
    expect(cast(waitingState(may), { actor: operator }, policy)).toMatchObject({
      ok: false,
      reason: 'not-an-approver',
    });
  });

  it('one person counts once, and keeps the vote of who lost the role only as history', () => {
    const gate = { approvals: sampleApprovals({ required: 2 }) };
    const half = after(waitingState(gate), {}, testPolicy(2));
    expect(cast(half)).toMatchObject({ ok: false, reason: 'already-voted' });
    const lost: Policy = {
      ...testPolicy(2),
      roles: [
        { name: 'operator', users: [operator.user] },
        { name: 'approver', users: [secondApprover.user, 'U0AP3'] },
      ],
    };

    expect(cast(half, { actor: secondApprover }, lost)).toMatchObject({ ok: true, settled: null });
    const more = after(half, { actor: secondApprover }, lost);
    expect(
      after(more, { actor: { ...approver, user: 'U0AP3' } }, lost).gates[0]?.settled?.by.map(({ user }) => user),
    ).toEqual([secondApprover.user, 'U0AP3']);
  });

  it('a typed text and a choice are kept; different choices do not add up', () => {
    expect(after(waitingState({ kind: 'typed', expect: 'prod' }), { note: 'prod' }).gates[0]?.settled?.note).toBe(
      'prod',
    );
    const approvals = sampleApprovals({ required: 2 });
    const choice = { kind: 'choice' as const, choices: ['now', 'later'], approvals };
    const half = after(waitingState(choice), { note: 'now' });
    expect(cast(half, { actor: secondApprover, note: 'never' })).toMatchObject({
      reason: 'wrong-answer',
      why: `Choose one of: now, later. <@${approver.user}> chose now; only the same choice counts together`,
    });

    expect(cast(half, { actor: secondApprover, note: 'later' })).toMatchObject({ ok: true, settled: null });
    expect(cast(half, { actor: secondApprover, note: 'now' })).toMatchObject({ ok: true, settled: 'approved' });
  });

  it('any crowd in any order settles once, with as many different entitled people as asked', () => {
    const crowd = Array.from({ length: 6 }, (_, each) => ({ ...approver, user: `U0C${each}` }));
    const policy: Policy = {
      ...testPolicy(),
      roles: [
        { name: 'operator', users: [operator.user] },
        { name: 'approver', users: crowd.map(({ user }) => user) },
      ],
    };
    assertProperty(
      property(
        shuffledSubarray([...crowd, ...crowd, operator, stranger]),
        constantFrom(1, 2, 3, 5),
        (voters, required) => {
          const start = waitingState({ approvals: sampleApprovals({ required }) });
          const end = voters.reduce((state, actor) => after(state, { actor }, policy), start);

          const able = new Set(voters.map(({ user }) => user).filter((user) => user.startsWith('U0C')));
          const by = end.gates[0]?.settled?.by.map(({ user }) => user) ?? [];
          expect(by).toHaveLength(able.size >= required ? required : 0);
          expect(new Set(by).size).toBe(by.length);
          expect(by.every((user) => able.has(user))).toBe(true);
        },
      ),
    );
  });

  it('nobody without the role ever moves a gate', () => {
    assertProperty(
      property(
        array(record({ actor: person, verdict: constantFrom('approve', 'reject') }), { maxLength: 6 }),
        (words) => {
          const entitled = words.filter(
            ({ actor }) =>
              actor.team === approver.team && [approver, secondApprover].some(({ user }) => user === actor.user),
          );
          const all = words.reduce((state, word) => after(state, word), waitingState());
          const only = entitled.reduce((state, word) => after(state, word), waitingState());

          expect(all).toEqual(only);
        },
      ),
    );
  });
});

describe('the gate that policy and defaults demand', () => {
  it.each<[string, readonly ('read' | 'reversible' | 'disruptive' | 'irreversible')[], number | null]>([
    ['nothing for no steps', [], null],
    ['nothing for reading', ['read'], null],
    ['nothing for what can be undone', ['read', 'reversible'], null],
    ['one before the first step that disrupts', ['disruptive'], 0],
    ['one before the first step that changes anything', ['read', 'reversible', 'irreversible'], 1],
  ])('by default: %s', (_name, risks, beforeStep) => {
    const gate = standardGate(
      sampleRequest(),
      risks.map((risk) => sampleStep(risk)),
    );

    expect(gate?.beforeStep ?? null).toBe(beforeStep);
  });

  it('is what the rule asks for in any case, also for reading', () => {
    const approvals = sampleApprovals({ required: 2 });

    expect(standardGate(sampleRequest({ approvals }), [sampleStep('read')])).toMatchObject({
      beforeStep: 0,
      approvals,
    });
    expect(standardGate(sampleRequest({ approvals }), [])).toBeNull();
  });
});
