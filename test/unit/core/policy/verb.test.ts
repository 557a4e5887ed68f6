import { describe, expect, test } from 'vitest';
import { policyVerbOf, policyVerbsOf, ruleNames, ruleWordsOf } from '../../../../src/core/policy/verb.ts';
import { permit } from '../../../../src/core/policy.ts';

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
    permit(
      {
        homeTeam: 'T0HOME',
        roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
        rules: [
          { clusters: ['*'], commands, allow: ['operator'], approvals: null },
          { clusters: ['*'], commands: denied, deny: ['operator'] },
        ],
        defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
      },
      { ...asked, verb },
    ).ok;

  test('for one kind permits that kind only', () => {
    expect(may('upgrade nodegroup', ['upgrade nodegroup'])).toBe(true);
    expect(may('upgrade controlplane', ['upgrade nodegroup'])).toBe(false);
  });

  test('for the verb alone permits, and forbids, all kinds', () => {
    expect(may('upgrade all', ['upgrade'])).toBe(true);
    expect(may('upgrade all', ['upgrade'], ['upgrade all'])).toBe(false);
    expect(may('upgrade nodegroup', ['upgrade nodegroup'], ['upgrade'])).toBe(false);
  });
});
