import { describe, expect, test } from 'vitest';
import { createRecordedPolicy } from '../../../src/app/recorded-policy.ts';
import type { PolicyConfig } from '../../../src/config/to-core.ts';
import type { GroupRecord } from '../../../src/core/ports/people.ts';
import { sampleApprovals } from '../../support/run-samples.ts';

const DAY_MS = 86_400_000;
const CONFIG: PolicyConfig = {
  roles: [
    { name: 'operator', users: ['U0OP'], groups: [] },
    { name: 'approver', users: ['U0ADA'], groups: ['S0APPROVERS'] },
  ],
  rules: [{ clusters: ['*'], commands: ['defrag'], deny: ['approver'] }],
  defaultApprovals: sampleApprovals(),
};

function policyWith(records: readonly GroupRecord[]) {
  return createRecordedPolicy({
    live: { config: () => CONFIG, groups: () => ['S0APPROVERS'] },
    store: {
      load: async (groups) => await Promise.resolve(records.filter(({ group }) => groups.includes(group))),
    },
    homeTeam: { get: () => 'T0HOME', refresh: async () => await Promise.resolve() },
  });
}

describe('the policy that records are judged by', () => {
  test('has the members of groups as they were stored last, however long ago', async () => {
    const policy = await policyWith([{ group: 'S0APPROVERS', users: ['U0BEN'], ageMs: 7 * DAY_MS }])();

    expect(policy.homeTeam).toBe('T0HOME');
    expect(policy.roles).toContainEqual({ name: 'approver', users: ['U0ADA', 'U0BEN'] });
    expect(policy.rules).toEqual(CONFIG.rules);
  });

  test('gives nobody a role through a group that was never read, and denies to everybody what it denies to that role', async () => {
    const policy = await policyWith([])();

    expect(policy.roles).toContainEqual({ name: 'approver', users: ['U0ADA'] });
    expect(policy.rules).toEqual([{ clusters: ['*'], commands: ['defrag'], deny: ['*'] }]);
  });

  test('is not made when the store cannot be reached', async () => {
    const policy = createRecordedPolicy({
      live: { config: () => CONFIG, groups: () => ['S0APPROVERS'] },
      store: { load: async () => await Promise.reject(new Error('away')) },
      homeTeam: { get: () => 'T0HOME', refresh: async () => await Promise.resolve() },
    });

    await expect(policy()).rejects.toThrow('away');
  });
});
