import { assert, property, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { castBallot, standardGate } from '../../../../src/core/gate.ts';
import type { Approvals } from '../../../../src/core/plan.ts';
import { demandsOf, stricter, tally } from '../../../../src/core/policy/demands.ts';
import { demanded } from '../../../../src/core/policy/waiting.ts';
import { type Policy, type PolicyRule, permit, type Question } from '../../../../src/core/policy.ts';
import {
  make,
  SAMPLE_AT,
  SAMPLE_HASH,
  SAMPLE_MS,
  sampleApprovals,
  sampleRequest,
  sampleStep,
  stateOf,
} from '../../../support/run-samples.ts';
import { approvals, denyRule, membership, PEOPLE, question, requireRule, rules } from './arbitraries.ts';

type Members = Readonly<Record<string, readonly string[]>>;

function policyOf(given: readonly PolicyRule[], members: Members, defaults = sampleApprovals()): Policy {
  const roles = Object.entries(members).map(([name, users]) => ({ name, users }));
  return { homeTeam: 'T0', roles, rules: given, defaultApprovals: defaults };
}

/** Whether these people meet a demand. */
function meets(asked: Approvals | null, people: readonly string[], members: Members): boolean {
  const rolesOf = (user: string): readonly string[] =>
    Object.entries(members).flatMap(([role, users]) => (users.includes(user) ? [role] : []));
  return asked === null || tally(asked, people, rolesOf, false).met;
}

/** What a permitted question asks for before a plan that disrupts; `undefined`: it is refused. */
function askedFor(policy: Policy, asked: Question): Approvals | null | undefined {
  const permission = permit(policy, asked);
  return permission.ok
    ? demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep('disruptive')])
    : undefined;
}

const crowd = shuffledSubarray<string>([...PEOPLE]);

describe('for any rules', () => {
  it('a further deny never permits more, and never asks for less', () => {
    assert(
      property(rules, denyRule, question, membership, (given, added, asked, members) => {
        for (const more of [
          [added, ...given],
          [...given, added],
        ]) {
          const before = askedFor(policyOf(given, members), asked);
          const after = askedFor(policyOf(more, members), asked);
          expect(
            after === undefined || (before !== undefined && JSON.stringify(after) === JSON.stringify(before)),
          ).toBe(true);
        }
      }),
    );
  });

  it('a further requirement never permits more or less, and never asks for less', () => {
    assert(
      property(rules, requireRule, question, membership, crowd, (given, added, asked, members, people) => {
        const before = askedFor(policyOf(given, members), asked);
        const after = askedFor(policyOf([...given, added], members), asked);

        expect(after === undefined).toBe(before === undefined);
        const enough = after !== undefined && meets(after, people, members);
        expect(!enough || (before !== undefined && meets(before, people, members))).toBe(true);
        expect(after?.requesterMayApprove !== true || before?.requesterMayApprove !== false).toBe(true);
      }),
    );
  });

  it('nobody of another team may, whoever has the id here', () => {
    assert(
      property(rules, question, membership, (given, asked, members) => {
        const foreign = { ...asked, actor: { ...asked.actor, team: 'T1' } };
        expect(permit(policyOf(given, members), foreign)).toMatchObject({ ok: false, reason: 'foreign-team' });
      }),
    );
  });

  it('the requester alone never passes a step that cannot be taken back, unless a rule says so in words', () => {
    assert(
      property(rules, approvals, question, membership, (given, loose, asked, members) => {
        const policy = policyOf(given, members, { ...loose, requesterMayApprove: false });
        const permission = permit(policy, asked);
        if (!permission.ok) return;
        const request = sampleRequest({
          actor: asked.actor,
          cluster: asked.cluster,
          policyVerb: asked.verb,
          channel: asked.channel,
          flags: [...asked.flags],
          outsideWindow: asked.outsideWindow,
          approvals: permission.approvals,
          requires: permission.requires,
          defaultApprovals: policy.defaultApprovals,
        });
        const steps = [sampleStep('read'), sampleStep('irreversible')];
        const gate = standardGate(request, steps);

        expect(gate).toMatchObject({ kind: 'typed', expect: asked.cluster, beforeStep: 1 });
        if (gate === null || gate.approvals.requesterMayApprove) return;
        const state = stateOf(make.requested(request), make.planned({ steps, gates: [gate] }), make.opened(gate));
        const ballot = { gate: gate.id, hash: SAMPLE_HASH, verdict: 'approve', channel: asked.channel } as const;
        const own = { ...ballot, actor: asked.actor, note: asked.cluster };
        expect(castBallot(state, policy, own, SAMPLE_MS, SAMPLE_AT).ok).toBe(false);
      }),
    );
  });

  it('only a rule that says so lets the requester count', () => {
    assert(
      property(rules, question, membership, (given, asked, members) => {
        const after = askedFor(policyOf(given, members), asked);
        const says = given.some((rule) => 'allow' in rule && rule.approvals?.requesterMayApprove === true);
        expect(after?.requesterMayApprove !== true || says).toBe(true);
      }),
    );
  });
});

describe('the stricter of two approvals', () => {
  it('is the same whichever comes first, and as strict as itself', () => {
    assert(
      property(approvals, approvals, (a, b) => {
        const both = stricter(a, b);

        expect(stricter(b, a)).toEqual(both);
        expect(stricter(both, both)).toEqual(both);
        expect(stricter(both, a)).toEqual(both);
      }),
    );
  });

  it('is met only by people who meet both', () => {
    assert(
      property(approvals, approvals, membership, crowd, (a, b, members, people) => {
        const both = stricter(a, b);
        if (!meets(both, people, members)) return;
        expect([meets(a, people, members), meets(b, people, members)]).toEqual([true, true]);
      }),
    );
  });

  it('loosens nothing: not the time, not who asked, not who may stand in', () => {
    assert(
      property(approvals, approvals, (a, b) => {
        const both = stricter(a, b);

        expect(both.expiresMs).toBe(Math.min(a.expiresMs, b.expiresMs));
        expect(both.requesterMayApprove).toBe(a.requesterMayApprove && b.requesterMayApprove);
        for (const one of [a, b]) {
          expect(both.escalate?.to.every((role) => one.escalate?.to.includes(role)) ?? true).toBe(true);
          expect(both.escalate?.afterMs ?? Infinity).toBeGreaterThanOrEqual(one.escalate?.afterMs ?? Infinity);
        }
      }),
    );
  });
});

describe('votes and demands', () => {
  it('nobody counts twice, nobody without the role counts, and no order of votes counts fewer', () => {
    assert(
      property(approvals, membership, crowd, (asked, members, people) => {
        const rolesOf = (user: string): readonly string[] =>
          Object.entries(members).flatMap(([role, users]) => (users.includes(user) ? [role] : []));
        const { counted } = tally(asked, people, rolesOf, false);
        const all = counted.flat();

        expect(new Set(all).size).toBe(all.length);
        for (const [index, demand] of demandsOf(asked).entries()) {
          expect(counted[index]?.length ?? 0).toBeLessThanOrEqual(demand.required);
          expect(counted[index]?.every((user) => rolesOf(user).some((role) => demand.from.includes(role)))).toBe(true);
        }
        expect(tally(asked, people.toReversed(), rolesOf, false).counted.flat()).toHaveLength(all.length);
      }),
    );
  });
});
