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

/** The rules as an undo is asked by them for what it takes back: allows hold anywhere, denies only without a condition. */
function anywhere(given: readonly PolicyRule[]): readonly PolicyRule[] {
  return given.flatMap((rule): readonly PolicyRule[] => {
    const { channels, when, ...rest } = rule;
    if ('allow' in rest) return [rest];
    const flags = 'flags' in rest ? rest.flags : undefined;
    return 'deny' in rest && [channels, when, flags].some((each) => each !== undefined) ? [] : [rule];
  });
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

  describe('by day or night', () => {
    const undo: PolicyRule = { ...SCOPE, commands: ['undo'], allow: ['operator'], approvals: null };
    const upgrade = { ...SCOPE, commands: ['upgrade'], allow: ['operator'], approvals: null };
    const day = { hours: '09:00-17:00', tz: 'UTC' };
    const night: Question = { ...ASKED, nowMs: Date.parse('2026-11-25T23:00:00.000Z'), outsideWindow: true };

    test.each<[what: string, rules: readonly PolicyRule[]]>([
      ['hours of the upgrade', [{ ...upgrade, when: day }]],
      ['channels of the upgrade', [{ ...upgrade, channels: ['C0UPGRADES'] }]],
      [
        'a freeze of upgrades',
        [upgrade, { ...SCOPE, commands: ['upgrade'], deny: ['*'], when: { ...day, hours: '22:00-06:00' } }],
      ],
      ['a window', [upgrade, { ...SCOPE, commands: ['upgrade'], deny: ['*'], when: 'outside-window' }]],
      ['a channel without upgrades', [upgrade, { ...SCOPE, commands: ['upgrade'], deny: ['*'], channels: ['C0OPS'] }]],
      ['a flag of upgrades', [upgrade, { ...SCOPE, commands: ['upgrade'], deny: ['*'], flags: ['outside-window'] }]],
    ])('is not kept by %s', (_what, given) => {
      const policy = policyOf(undo, ...given);

      expect(answer(policy, { ...night, flags: ['outside-window'] })).toBe('1 of approver');
      expect(permit(policy, { ...night, verb: 'upgrade controlplane', flags: ['outside-window'] }).ok).toBe(false);
    });

    test('keeps to its own hours, channels and freezes', () => {
      expect(answer(policyOf({ ...undo, when: day }, upgrade), night)).toBe(
        'not-permitted: rule 1 permits undo on prod only at 09:00-17:00 (UTC).',
      );
      expect(answer(policyOf({ ...undo, channels: ['C0UNDO'] }, upgrade), night)).toContain('wrong-channel: ');
      const freeze = { ...SCOPE, commands: ['undo'], deny: ['*'], when: 'outside-window' } as const;
      expect(answer(policyOf(undo, upgrade, freeze), night)).toContain('denied: ');
    });

    test('needs the role, which the hours of another one do not give', () => {
      const others = { ...upgrade, allow: ['approver'], when: day };

      expect(answer(policyOf(undo, others), night)).toContain(
        'not-permitted: undo needs the right to what it takes back',
      );
    });

    test('needs what the rule that holds now asks for, else the most of those that would hold at another time', () => {
      const own = { ...undo, approvals: { ...from('operator', 1), requesterMayApprove: true } };
      const byDay = { ...upgrade, when: day, approvals: from('approver', 1) };
      const elsewhere = { ...upgrade, channels: ['C0UPGRADES'], approvals: from('security', 2) };
      const lead = { ...upgrade, when: 'outside-window', approvals: from('lead', 1) } as const;

      expect(answer(policyOf(own, byDay, elsewhere, lead), night)).toBe('1 of lead and 1 of operator');
      expect(answer(policyOf(own, byDay, elsewhere), night)).toBe('1 of approver and 1 of operator and 2 of security');
      expect(permit(policyOf(own, byDay, elsewhere), night)).toMatchObject({
        rule:
          'rule 1: operator may undo on prod; rule 2 and rule 3: operator may upgrade controlplane on prod ' +
          '(to take it back, at any time and in any channel)',
      });
      const tonight = { ...SCOPE, commands: ['upgrade'], require: from('lead', 2), when: 'outside-window' } as const;
      expect(answer(policyOf(undo, upgrade, tonight), night)).toBe('1 of approver and 2 of lead');
    });
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
        const needed = (each: Question, by: Policy = policy): Approvals | null | undefined => {
          const permission = permit(by, each);
          if (!permission.ok) return undefined;
          return demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep('disruptive')]);
        };
        const rolesOf = (user: string): readonly string[] =>
          roles.filter(({ users }) => users.includes(user)).map(({ name }) => name);
        const meets = (demand: Approvals | null | undefined): boolean =>
          demand === null || (demand !== undefined && tally(demand, people, rolesOf, false).met);
        const undone = { ...asked, verb: other.verb };
        const there = (each: Question): Approvals | null | undefined =>
          permit(policy, each).ok ? needed(each) : needed(each, { ...policy, rules: anywhere(given) });
        const single = [needed(asked), there(undone)];
        const together = needed({ ...asked, undoes: other.verb });

        expect(together === undefined).toBe(single.includes(undefined));
        expect(meets(together) && !single.every(meets)).toBe(false);
        expect(together?.requesterMayApprove === true && single.some((each) => !each?.requesterMayApprove)).toBe(false);
      }),
    );
  });
});
