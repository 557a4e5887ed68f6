import { policyOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import type { GroupStore } from '../core/ports/people.ts';
import type { HomeTeam } from './home-team.ts';
import type { LivePolicy } from './live-policy.ts';

/** What it needs. */
export interface RecordedPolicyDeps {
  readonly live: Pick<LivePolicy, 'config' | 'groups'>;
  readonly store: Pick<GroupStore, 'load'>;
  readonly homeTeam: Pick<HomeTeam, 'get' | 'refresh'>;
}

/**
 * The policy of this process's configuration with the members of groups as they were stored last, however old that is: a decision
 * was made on fresh ones, and a run must not stop because Slack is away. A group that was never read counts as not known. Throws
 * `StoreUnavailable` when the store cannot be reached.
 */
export function createRecordedPolicy({ live, store, homeTeam }: RecordedPolicyDeps): () => Promise<Policy> {
  return async () => {
    await homeTeam.refresh();
    const groups = live.groups();
    const records = groups.length === 0 ? [] : await store.load(groups);
    const members = new Map(records.map(({ group, users }) => [group, users]));
    return policyOf(live.config(), homeTeam.get(), (group) => members.get(group) ?? null);
  };
}
