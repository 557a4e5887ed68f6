import type { ClusterProfile } from '../core/cluster-profile.ts';
import type { Policy } from '../core/policy.ts';
import type { ClusterConfig, Config } from './config.ts';

/** What runbooks and commands may know of a cluster: no addresses, no credentials. */
export function profileOf(cluster: ClusterConfig): ClusterProfile {
  return Object.freeze({
    name: cluster.name,
    platform: cluster.platform,
    etcdAccess: cluster.etcd?.access ?? null,
    defrag: cluster.defrag,
    windows: cluster.windows,
    channels: cluster.channels,
  });
}

/** Profiles of all configured clusters, in the order of the file. */
export function profilesOf(config: Config): readonly ClusterProfile[] {
  return config.clusters.map(profileOf);
}

/** The policy of the configuration. `homeTeam` is the Slack team; while it is `null` nobody may anything. */
export function policyOf(config: Config, homeTeam: string | null): Policy {
  return Object.freeze({
    homeTeam,
    roles: config.roles,
    rules: config.rules,
    defaultApprovals: config.defaultApprovals,
  });
}
