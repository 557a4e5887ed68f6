import type { ClusterProfile } from '../core/cluster-profile.ts';
import type { Policy } from '../core/policy.ts';
import type { WindowSpec } from '../core/window.ts';
import type { ClusterConfig, Config } from './config.ts';

/** What runbooks and commands may know of a cluster: no addresses, no credentials. */
export function profileOf(cluster: ClusterConfig): ClusterProfile {
  return Object.freeze({
    name: cluster.name,
    platform: cluster.platform,
    etcdAccess: cluster.etcd?.access ?? null,
    defrag: cluster.defrag,
    replace: cluster.replace,
    hosts: cluster.etcd?.hosts?.facts ?? null,
    management: cluster.management === null ? null : { namespace: cluster.management.namespace },
    backups:
      cluster.backups === null ? null : { maxAgeMs: cluster.backups.maxAgeMs, retention: cluster.backups.retention },
    nodeShell: cluster.nodeShell,
    ...(cluster.nodes === undefined ? {} : { nodes: cluster.nodes }),
    windows: cluster.windows,
    channels: cluster.channels,
  });
}

/** Profiles of all configured clusters, in the order of the file. */
export function profilesOf(config: Config): readonly ClusterProfile[] {
  return config.clusters.map(profileOf);
}

/** What of a configuration is the policy: it may change while a process runs. */
export type PolicyConfig = Pick<Config, 'roles' | 'rules' | 'defaultApprovals'> &
  Partial<Pick<Config, 'longestStandingMs'>> & {
    /** Maintenance windows by cluster; absent: no cluster has any. Of clusters nothing else may change while a process runs. */
    readonly clusters?: readonly Pick<ClusterConfig, 'name' | 'windows'>[];
  };

/** The maintenance windows of a cluster; empty: it may be changed at any time, or there is none of that name. */
export function windowsOf({ clusters = [] }: Pick<PolicyConfig, 'clusters'>, cluster: string): readonly WindowSpec[] {
  return clusters.find((each) => each.name === cluster)?.windows ?? [];
}

/** Members of a Slack user group; `null`: it is not known who they are. */
export type MembersOf = (group: string) => readonly string[] | null;

/**
 * The policy of the configuration. `homeTeam` is the Slack team; while it is `null` nobody may anything. Through a group whose
 * members are not known nobody has a role, and what is denied to a role with such a group is denied to everybody.
 */
export function policyOf(config: PolicyConfig, homeTeam: string | null, membersOf: MembersOf = () => null): Policy {
  const unread = new Set(
    config.roles.filter((role) => role.groups.some((group) => membersOf(group) === null)).map((role) => role.name),
  );
  return Object.freeze({
    homeTeam,
    roles: config.roles.map(({ name, users, groups }) => ({
      name,
      users: [...new Set([...users, ...groups.flatMap((group) => membersOf(group) ?? [])])],
    })),
    rules: config.rules.map((rule) =>
      'deny' in rule && rule.deny.some((role) => unread.has(role)) ? { ...rule, deny: ['*'] } : rule,
    ),
    defaultApprovals: config.defaultApprovals,
    ...(config.longestStandingMs === undefined ? {} : { longestStandingMs: config.longestStandingMs }),
  });
}
