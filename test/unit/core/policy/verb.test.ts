import { describe, expect, test } from 'vitest';
import { policyVerbOf, policyVerbsOf, ruleNames, ruleTouches, ruleWordsOf } from '../../../../src/core/policy/verb.ts';
import { type Policy, type PolicyRule, permit } from '../../../../src/core/policy.ts';

const UPGRADE = { policyVerb: 'upgrade', policyKinds: ['controlplane', 'nodegroup', 'all'] };
const DRAIN = { policyVerb: 'drain' };
const HELP = { policyVerb: null };

describe('what is asked of the policy', () => {
  test('is verb and kind where kinds count, else the verb', () => {
    expect(policyVerbOf(UPGRADE, [{ kind: 'nodegroup' }])).toBe('upgrade nodegroup');
    expect(policyVerbOf(UPGRADE, [])).toBe('upgrade');
    expect(policyVerbOf(DRAIN, [{ kind: 'node' }])).toBe('drain');
    expect(policyVerbOf(HELP, [{ kind: 'node' }])).toBeNull();
  });

  test('a form asks for each of the kinds', () => {
    expect(policyVerbsOf(UPGRADE)).toEqual(['upgrade controlplane', 'upgrade nodegroup', 'upgrade all']);
    expect(policyVerbsOf(DRAIN)).toEqual(['drain']);
    expect(policyVerbsOf(HELP)).toEqual([]);
  });

  test('rules may name the verb alone too', () => {
    expect(ruleWordsOf(UPGRADE)[0]).toBe('upgrade');
    expect(ruleWordsOf(HELP)).toEqual([]);
    expect(ruleNames(['upgrade'], 'upgrade nodegroup')).toBe(true);
    expect(ruleNames(['upgrade nodegroup'], 'upgrade nodegroup')).toBe(true);
    expect(ruleNames(['upgrade nodegroup'], 'upgrade')).toBe(false);
    expect(ruleNames(['upgrade nodegroup'], 'upgrade controlplane')).toBe(false);
    expect(ruleNames(['up'], 'upgrade all')).toBe(false);
  });

  test('what is said of one kind touches all kinds at once, and no other kind', () => {
    expect(ruleTouches(['upgrade controlplane'], 'upgrade all')).toBe(true);
    expect(ruleTouches(['upgrade'], 'upgrade all')).toBe(true);
    expect(ruleTouches(['upgrade all'], 'upgrade controlplane')).toBe(false);
    expect(ruleTouches(['upgrade controlplane'], 'upgrade nodegroup')).toBe(false);
    expect(ruleTouches(['upgrades controlplane', 'up', 'configure nodegroup'], 'upgrade all')).toBe(false);
    expect(ruleNames(['upgrade controlplane'], 'upgrade all')).toBe(false);
  });
});

const security = { required: 1, from: ['security'], requesterMayApprove: false, expiresMs: 1_800_000 };
const policyOf = (commands: readonly string[], more: readonly PolicyRule[]): Policy => ({
  homeTeam: 'T0HOME',
  roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
  rules: [{ clusters: ['*'], commands, allow: ['operator'], approvals: null }, ...more],
  defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
});

describe('a rule', () => {
  const asked = {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    cluster: 'capi',
    channel: 'C0OPS',
    flags: [],
    nowMs: 0,
    outsideWindow: false,
  };
  const may = (verb: string, commands: readonly string[], denied: readonly string[] = []): boolean =>
    permit(policyOf(commands, [{ clusters: ['*'], commands: denied, deny: ['operator'] }]), { ...asked, verb }).ok;
  const added = (verb: string, commands: readonly string[]): readonly string[] => {
    const permission = permit(policyOf(['upgrade'], [{ clusters: ['*'], commands, require: security }]), {
      ...asked,
      verb,
    });
    return permission.ok ? (permission.requires?.from ?? []) : ['refused'];
  };

  test('for one kind permits that kind only', () => {
    expect(may('upgrade nodegroup', ['upgrade nodegroup'])).toBe(true);
    expect(may('upgrade controlplane', ['upgrade nodegroup'])).toBe(false);
  });

  test('for the verb alone permits, and forbids, all kinds', () => {
    expect(may('upgrade all', ['upgrade'])).toBe(true);
    expect(may('upgrade all', ['upgrade'], ['upgrade all'])).toBe(false);
    expect(may('upgrade nodegroup', ['upgrade nodegroup'], ['upgrade'])).toBe(false);
  });

  test('against one kind holds against all kinds at once', () => {
    expect(may('upgrade all', ['upgrade'], ['upgrade controlplane'])).toBe(false);
    expect(may('upgrade all', ['upgrade all'], ['upgrade nodegroup'])).toBe(false);
    expect(may('upgrade nodegroup', ['upgrade'], ['upgrade controlplane'])).toBe(true);
    expect(may('upgrade controlplane', ['upgrade'], ['upgrade all'])).toBe(true);
  });

  test('that asks for more for one kind asks for it for all kinds at once', () => {
    expect(added('upgrade all', ['upgrade controlplane'])).toEqual(['security']);
    expect(added('upgrade nodegroup', ['upgrade controlplane'])).toEqual([]);
    expect(added('upgrade controlplane', ['upgrade controlplane'])).toEqual(['security']);
  });

  test('that permits kinds one by one does not permit all at once', () => {
    expect(may('upgrade all', ['upgrade controlplane', 'upgrade nodegroup'])).toBe(false);
  });
});
