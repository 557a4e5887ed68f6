import { assert, property, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Approvals } from '../../../../src/core/plan.ts';
import { demandWords, tally } from '../../../../src/core/policy/demands.ts';
import { demanded } from '../../../../src/core/policy/waiting.ts';
import { type Policy, type PolicyRule, permit, type Question } from '../../../../src/core/policy.ts';
import { sampleApprovals, sampleStep } from '../../../support/run-samples.ts';
import { membership, PEOPLE, question, rules } from './arbitraries.ts';

const ASKED: Question = {
  actor: { team: 'T0', user: 'U0OLGA' },
  channel: 'C0OPS',
  cluster: 'prod',
  verb: 'undo',
  undoes: 'upgrade controlplane',
  flags: [],
  nowMs: 0,
  outsideWindow: false,
};

const SCOPE = { clusters: ['prod'] } as const;
const MAY: PolicyRule = { ...SCOPE, commands: ['undo', 'upgrade'], allow: ['operator'], approvals: null };

function policyOf(...given: readonly PolicyRule[]): Policy {
  const roles = [{ name: 'operator', users: ['U0OLGA'] }];
  return { homeTeam: 'T0', roles, rules: given, defaultApprovals: sampleApprovals() };
}

/** What the undo needs before it changes something, in words; or why it is refused. */
function answer(policy: Policy, asked: Question = ASKED, risk: 'disruptive' | 'reversible' = 'disruptive'): string {
  const permission = permit(policy, asked);
  if (!permission.ok) return `${permission.reason}: ${permission.why}`;
  const needed = demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep(risk)]);
  return needed === null ? 'nobody' : demandWords(needed);
}

function from(role: string, required: number): Approvals {
  return { ...sampleApprovals(), from: [role], required };
}

describe('an undo', () => {
  test('is permitted where both it and what it takes back are', () => {
    expect(answer(policyOf(MAY))).toBe('1 of approver');
    expect(permit(policyOf(MAY), ASKED)).toMatchObject({
      rule: 'rule 1: operator may undo on prod; rule 1: operator may upgrade controlplane on prod',
      allow: ['operator'],
    });
  });

  test.each<[what: string, rule: PolicyRule]>([
    ['of its own', { ...SCOPE, commands: ['undo'], deny: ['*'] }],
    ['of what it takes back', { ...SCOPE, commands: ['upgrade controlplane'], deny: ['*'] }],
  ])('is refused by a deny %s', (_what, rule) => {
    expect(answer(policyOf(MAY, rule))).toContain('denied: ');
  });

  test('of all kinds is refused by a deny of one of them', () => {
    const rule = { ...SCOPE, commands: ['upgrade nodegroup'], deny: ['*'] };

    expect(answer(policyOf(MAY, rule), { ...ASKED, undoes: 'upgrade all' })).toContain('denied: ');
    expect(answer(policyOf(MAY, rule))).toBe('1 of approver');
  });

  test('is refused where no rule permits what it takes back, and says so', () => {
    const only = { ...SCOPE, commands: ['undo'], allow: ['operator'], approvals: null };

    expect(answer(policyOf(only))).toBe(
      'not-permitted: undo needs the right to what it takes back (upgrade controlplane) too: ' +
        'Your roles (operator), and no rule lets you upgrade controlplane on prod.',
    );
    expect(answer(policyOf({ ...only, commands: ['upgrade'] }))).toBe(
      'not-permitted: Your roles (operator), and no rule lets you undo on prod.',
    );
  });

  test('needs the most approvals of both', () => {
    const undo = { ...SCOPE, commands: ['undo'], allow: ['operator'] };
    const upgrade = { ...SCOPE, commands: ['upgrade'], allow: ['operator'] };
    const two = from('approver', 2);

    expect(answer(policyOf({ ...undo, approvals: null }, { ...upgrade, approvals: two }))).toBe('2 of approver');
    expect(answer(policyOf({ ...undo, approvals: two }, { ...upgrade, approvals: null }))).toBe('2 of approver');
    expect(answer(policyOf(MAY, { ...SCOPE, commands: ['upgrade controlplane'], require: from('security', 1) }))).toBe(
      '1 of approver and 1 of security',
    );
    // Looser than the defaults, which the other rule leaves it to.
    const easy = { ...from('approver', 1), requesterMayApprove: true };
    const policy = {
      ...policyOf({ ...undo, approvals: easy }, { ...upgrade, approvals: null }),
      defaultApprovals: two,
    };
    expect(answer(policy)).toBe('2 of approver');
    expect(answer(policyOf(MAY), ASKED, 'reversible')).toBe('nobody');
  });

  test('is never easier than either of both, whatever the rules', () => {
    const crowd = shuffledSubarray<string>([...PEOPLE]);
    assert(
      property(rules, question, question, membership, crowd, (given, asked, other, members, people) => {
        const roles = Object.entries(members).map(([name, users]) => ({ name, users }));
        const policy: Policy = { homeTeam: 'T0', roles, rules: given, defaultApprovals: sampleApprovals() };
        const needed = (each: Question): Approvals | null | undefined => {
          const permission = permit(policy, each);
          if (!permission.ok) return undefined;
          return demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep('disruptive')]);
        };
        const rolesOf = (user: string): readonly string[] =>
          roles.filter(({ users }) => users.includes(user)).map(({ name }) => name);
        const meets = (demand: Approvals | null | undefined): boolean =>
          demand === null || (demand !== undefined && tally(demand, people, rolesOf, false).met);
        const single = [needed(asked), needed({ ...asked, verb: other.verb })];
        const together = needed({ ...asked, undoes: other.verb });

        expect(together === undefined).toBe(single.includes(undefined));
        expect(meets(together) && !single.every(meets)).toBe(false);
        expect(together?.requesterMayApprove === true && single.some((each) => !each?.requesterMayApprove)).toBe(false);
      }),
    );
  });
});
