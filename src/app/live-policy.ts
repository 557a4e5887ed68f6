import { type PolicyConfig, policyOf, windowsOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import type { WindowSpec } from '../core/window.ts';
import type { GroupMembers } from './group-members.ts';
import type { HomeTeam } from './home-team.ts';

/** The policy and the maintenance windows that are in force in this process. They change with the configuration file, roles also with who
 * is in which group. */
export interface LivePolicy {
  /** The policy as it is now, by what was read of groups last. */
  now(): Policy;
  /** What of the configuration it is made of. */
  config(): PolicyConfig;
  /** Puts another one in force. */
  take(config: PolicyConfig): void;
  /** The maintenance windows of a cluster; empty: it may be changed at any time. */
  windows(cluster: string): readonly WindowSpec[];
  /** Every user group that a role names. */
  groups(): readonly string[];
  /** Slack user ids of the people who have a role now. */
  peopleOf(role: string): readonly string[];
}

/** Makes it, with the configuration that the process started with. */
export function createLivePolicy(
  started: PolicyConfig,
  homeTeam: Pick<HomeTeam, 'get'>,
  members: Pick<GroupMembers, 'of'>,
): LivePolicy {
  let config = started;
  const now = (): Policy => policyOf(config, homeTeam.get(), (group) => members.of(group));
  return {
    now,
    config: () => config,
    take: (next) => {
      config = next;
    },
    windows: (cluster) => windowsOf(config, cluster),
    groups: () => groupsOf(config),
    peopleOf: (role) => now().roles.find((each) => each.name === role)?.users ?? [],
  };
}

/** Every user group that a role of a configuration names. */
export function groupsOf({ roles }: Pick<PolicyConfig, 'roles'>): readonly string[] {
  return [...new Set(roles.flatMap((role) => role.groups))];
}
