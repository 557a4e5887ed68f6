import { array, assert as assertProperty, boolean, constantFrom, property, record, string, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stricter } from '../../../src/core/policy/demands.ts';
import {
  type AllowRule,
  mayDecide,
  maySee,
  type Permission,
  type Policy,
  type PolicyRule,
  permit,
  rolesOf,
} from '../../../src/core/policy.ts';
import { sampleApprovals } from '../../support/run-samples.ts';

const two = sampleApprovals({ required: 2 });

/** Asks for a command without flags in some channel. */
function ask(given: Policy, actor: { team: string; user: string }, cluster: string, verb: string): Permission {
  return permit(given, { actor, cluster, verb, channel: 'C0', flags: [], nowMs: 0, outsideWindow: false });
}

/** A policy that has one of everything. */
const policy: Policy & { readonly rules: readonly AllowRule[] } = {
  homeTeam: 'T0',
  roles: [
    { name: 'operator', users: ['OP', 'BOTH'] },
    { name: 'approver', users: ['AP', 'BOTH'] },
    { name: 'viewer', users: ['VIEW'] },
    { name: 'empty', users: [] },
  ],
  rules: [
    { clusters: ['prod'], commands: ['defrag'], allow: ['operator'], approvals: null },
    { clusters: ['prod', 'stage'], commands: ['restore', 'upgrade nodegroup'], allow: ['operator'], approvals: two },
    { clusters: ['*'], commands: ['status', 'members'], allow: ['viewer', 'operator', 'approver'], approvals: null },
    { clusters: ['dev'], commands: ['defrag'], allow: ['viewer'], approvals: null },
    { clusters: ['dev'], commands: ['defrag'], allow: ['approver', 'viewer'], approvals: two },
    { clusters: ['prod'], commands: ['backup'], allow: ['empty'], approvals: null },
    { clusters: ['prod'], commands: ['backup'], allow: ['nobody-has-it'], approvals: null },
    { clusters: [], commands: ['drain'], allow: ['operator'], approvals: null },
    { clusters: ['prod'], commands: ['drain'], allow: [], approvals: null },
    { clusters: ['prod'], commands: [], allow: ['operator'], approvals: null },
  ],
  defaultApprovals: sampleApprovals(),
};

describe('who may do what', () => {
  it.each<[user: string, cluster: string, command: string, rule: number | null]>([
    ['OP', 'prod', 'defrag', 1],
    ['BOTH', 'prod', 'defrag', 1],
    ['AP', 'prod', 'defrag', null],
    ['VIEW', 'prod', 'defrag', null],
    ['NOBODY', 'prod', 'defrag', null],
    ['OP', 'stage', 'defrag', null],
    ['OP', 'dev', 'defrag', null],
    ['OP', 'prod2', 'defrag', null],
    ['OP', 'pro', 'defrag', null],
    ['OP', 'PROD', 'defrag', null],
    ['OP', '*', 'defrag', null],
    ['OP', '', 'defrag', null],
    ['OP', 'prod', 'restore', 2],
    ['OP', 'stage', 'restore', 2],
    ['OP', 'dev', 'restore', null],
    ['AP', 'prod', 'restore', null],
    ['OP', 'prod', 'upgrade nodegroup', 2],
    ['OP', 'prod', 'upgrade', null],
    ['OP', 'prod', 'upgrade controlplane', null],
    ['OP', 'prod', 'nodegroup', null],
    ['OP', 'prod', 'Defrag', null],
    ['OP', 'prod', 'defrag ', null],
    ['OP', 'prod', '', null],
    ['OP', 'prod', '*', null],
    ['OP', 'anything', 'status', 3],
    ['AP', 'anything', 'status', 3],
    ['VIEW', 'prod', 'status', 3],
    ['VIEW', 'dev', 'members', 3],
    ['VIEW', 'dev', 'defrag', 4],
    ['AP', 'dev', 'defrag', 5],
    ['BOTH', 'dev', 'defrag', 5],
    ['NOBODY', 'dev', 'status', null],
    ['operator', 'prod', 'defrag', null],
    ['op', 'prod', 'defrag', null],
    ['OP ', 'prod', 'defrag', null],
    ['', 'prod', 'status', null],
    ['OP', 'prod', 'backup', null],
    ['BOTH', 'prod', 'backup', null],
    ['OP', 'prod', 'drain', null],
    ['OP', 'prod', 'lock', null],
    ['VIEW', 'stage', 'restore', null],
    ['AP', 'stage', 'upgrade nodegroup', null],
  ])('%s on %s: %s → %s', (user, cluster, command, rule) => {
    const answer = ask(policy, { team: 'T0', user }, cluster, command);

    const expected =
      rule === null
        ? { ok: false, reason: 'not-permitted' }
        : { ok: true, approvals: policy.rules[rule - 1]?.approvals };
    expect(answer).toMatchObject(expected);
    expect(answer.ok ? answer.rule : `rule null: ${answer.why}`).toMatch(new RegExp(`^rule ${rule}: `));
  });

  it('names the rule, the role and the command, or the roles a person has', () => {
    expect(ask(policy, { team: 'T0', user: 'BOTH' }, 'prod', 'defrag')).toMatchObject({
      rule: 'rule 1: operator may defrag on prod',
    });
    expect(ask(policy, { team: 'T0', user: 'BOTH' }, 'prod', 'drain')).toMatchObject({
      why: 'Your roles (operator, approver), and no rule lets you drain on prod.',
    });
    expect(ask(policy, { team: 'T0', user: 'NOBODY' }, 'prod', 'drain')).toMatchObject({
      why: 'You have no role, and no rule lets you drain on prod.',
    });
  });

  it('lets nobody of another team do anything, nor anybody before the own team is known', () => {
    for (const user of ['OP', 'AP', 'VIEW', 'BOTH']) {
      expect(ask(policy, { team: 'T1', user }, 'prod', 'status')).toMatchObject({
        ok: false,
        reason: 'foreign-team',
      });
      expect(ask({ ...policy, homeTeam: null }, { team: 'T0', user }, 'prod', 'status')).toMatchObject({
        ok: false,
      });
      expect(rolesOf(policy, { team: 'T1', user })).toEqual([]);
      expect(mayDecide(policy, { team: 'T1', user }, sampleApprovals({ from: ['approver', 'operator'] }))).toBe(false);
    }
  });

  it('lets see what one may ask the status of, and decide with any of the roles asked for', () => {
    expect(maySee(policy, { team: 'T0', user: 'VIEW' }, 'prod')).toBe(true);
    expect(maySee(policy, { team: 'T0', user: 'NOBODY' }, 'prod')).toBe(false);
    expect(mayDecide(policy, { team: 'T0', user: 'AP' }, sampleApprovals({ from: ['empty', 'approver'] }))).toBe(true);
    expect(mayDecide(policy, { team: 'T0', user: 'OP' }, sampleApprovals())).toBe(false);
  });
});

const ROLES = ['operator', 'approver', 'viewer'] as const;
const role = constantFrom(...ROLES);
const cluster = constantFrom('prod', 'dev', '*');
const command = constantFrom('defrag', 'status', 'restore');
const user = constantFrom('OP', 'AP', 'VIEW', 'BOTH', 'NOBODY');
const rule = record<AllowRule>({
  clusters: array(cluster, { maxLength: 2 }),
  commands: array(command, { maxLength: 2 }),
  allow: array(role, { maxLength: 2 }),
  approvals: constantFrom(null, two),
});
const rules = array(rule, { maxLength: 6 });

/** Whether a person of the own team may, under these rules. */
function may(given: readonly PolicyRule[], who: string, where: string, what: string): boolean {
  return ask({ ...policy, rules: given }, { team: 'T0', user: who }, where, what).ok;
}

describe('for any rules', () => {
  it('the empty policy permits nothing, to nobody, whatever is asked', () => {
    assertProperty(
      property(user, string(), string(), (who, where, what) => {
        expect(may([], who, where, what)).toBe(false);
      }),
    );
  });

  it('a further rule takes nothing away, and gives only to its roles, on its clusters, for its commands', () => {
    assertProperty(
      property(rules, rule, user, cluster, command, (given, added, who, where, what) => {
        const before = may(given, who, where, what);
        const mine = rolesOf(policy, { team: 'T0', user: who });
        const named =
          added.allow.some((each) => mine.includes(each)) &&
          added.commands.includes(what) &&
          (added.clusters.includes(where) || added.clusters.includes('*'));

        expect(may([...given, added], who, where, what)).toBe(before || named);
        expect(may([added, ...given], who, where, what)).toBe(before || named);
      }),
    );
  });

  it('another team never may, whatever the rules and the ids are', () => {
    assertProperty(
      property(rules, user, string(), cluster, command, (given, who, team, where, what) => {
        const answer = ask({ ...policy, rules: given }, { team: `${team}x`, user: who }, where, what);

        expect(answer).toMatchObject({ ok: false, reason: 'foreign-team' });
      }),
    );
  });

  it('the stricter of two demands is never weaker than either, in votes, time and self-approval', () => {
    const demand = record({
      required: constantFrom(1, 2, 3),
      from: subarray<string>([...ROLES], { minLength: 1 }),
      requesterMayApprove: boolean(),
      expiresMs: constantFrom(1000, 60_000),
    });
    assertProperty(
      property(demand, demand, (a, b) => {
        const both = stricter(a, b);

        const votes = both.required + (both.also ?? []).reduce((sum, each) => sum + each.required, 0);
        expect(votes).toBeGreaterThanOrEqual(Math.max(a.required, b.required));
        expect(both.expiresMs).toBe(Math.min(a.expiresMs, b.expiresMs));
        expect(both.requesterMayApprove).toBe(a.requesterMayApprove && b.requesterMayApprove);
        expect(both.from.length).toBeGreaterThan(0);
        expect(stricter(both, both)).toEqual(both);
        expect(stricter(b, a)).toEqual(both);
      }),
    );
  });
});
