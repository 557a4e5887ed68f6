import type { RetentionLimits } from './backup/retention.ts';
import type { HostFacts } from './ports/hosts.ts';
import type { WindowSpec } from './window.ts';

/** Kinds of cluster. `etcd` is a bare ring without Kubernetes. */
export const PLATFORMS = ['kubeadm', 'openshift', 'cluster-api', 'eks', 'eks-anywhere', 'gke', 'aks', 'etcd'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Settings of defragmentation, as configured for one cluster. */
export interface DefragSettings {
  /** Selected when more than this share of the file is free (0 to 1). Default 0.5. */
  readonly minFragmented: number;
  /** Selected when the file uses more than this share of the quota (0 to 1). Default 0.5. */
  readonly maxQuotaUsed: number;
  /** Pause between members, ms. Default 60 s. */
  readonly pauseMs: number;
  /** How long a member may stay silent after its turn, ms. Default 15 min. */
  readonly answerWithinMs: number;
  /** Distance of the two samples of the health gate, ms. Default 5 s. */
  readonly sampleMs: number;
  /** Quota in bytes where the server does not tell it; `null`: etcd's default of 2 GiB is assumed and said. */
  readonly quotaBytes: number | null;
}

/** Times of the replacement of an etcd member, as configured for one cluster, ms. */
export interface ReplaceSettings {
  /** How long the member is watched before it is removed. Default 2 min. */
  readonly watchMs: number;
  /** How old a named backup may be. Default 1 h. */
  readonly backupAgeMs: number;
  /** How long a new machine may take until its node is there. Default 30 min. */
  readonly machineReadyMs: number;
  /** How long the new member may take to join after that. Default 20 min. */
  readonly joinedMs: number;
  /** How long a learner may take to catch up. Default 10 min. */
  readonly caughtUpMs: number;
  /** How long people may take to build a host. Default 12 h. */
  readonly hostBuiltMs: number;
  /** How long a node must be said not to be ready before its member is taken for lost. Default 1 min. */
  readonly nodeNotReadyMs: number;
  /** How long the list must stand still at the end where an operator adds members by itself. Default 1 min. */
  readonly stillMs: number;
}

/** The times where nothing is configured. */
export const DEFAULT_REPLACE = {
  watchMs: 2 * 60_000,
  backupAgeMs: 3_600_000,
  machineReadyMs: 30 * 60_000,
  joinedMs: 20 * 60_000,
  caughtUpMs: 10 * 60_000,
  hostBuiltMs: 12 * 3_600_000,
  nodeNotReadyMs: 60_000,
  stillMs: 60_000,
} as const satisfies ReplaceSettings;

/** Limits of changes to nodes, as configured for one cluster. Times in ms. */
export interface NodeSettings {
  /** Label whose value names the group of a node where no provider knows groups; `null`: the labels that are known. */
  readonly groupLabel: string | null;
  readonly drain: {
    /** Nodes that are drained at once at most, within budgets and zones. Default 3. */
    readonly parallelNodes: number;
    /** Pods of one node that are evicted at once at most. Default 10. */
    readonly parallelPods: number;
    /** How long one node may take before a person is asked. Default 30 min. */
    readonly nodeMs: number;
    /** How long all of them may take. Default 4 h. */
    readonly wholeMs: number;
    /** A pod that is still there so long after its grace period is stuck. Default 60 s. */
    readonly stuckMs: number;
  };
  readonly upgrade: {
    /** How long a new machine may take until its node is ready. Default 20 min. */
    readonly machineMs: number;
    /** How long a roll-out may stand still. Default 30 min. */
    readonly stallMs: number;
    /** How long a roll-out may take in all. Default 12 h. */
    readonly rollMs: number;
  };
}

/** The limits where nothing is configured. */
export const DEFAULT_NODES = {
  groupLabel: null,
  drain: { parallelNodes: 3, parallelPods: 10, nodeMs: 30 * 60_000, wholeMs: 4 * 3_600_000, stuckMs: 60_000 },
  upgrade: { machineMs: 20 * 60_000, stallMs: 30 * 60_000, rollMs: 12 * 3_600_000 },
} as const satisfies NodeSettings;

/** How backups of a cluster are kept, as configured. */
export interface BackupSettings {
  /** How old the newest good one may be before people are told, ms. */
  readonly maxAgeMs: number;
  readonly retention: RetentionLimits;
}

/** What runbooks may know of a cluster's configuration. No addresses, no credentials. */
export interface ClusterProfile {
  readonly name: string;
  readonly platform: Platform;
  /** How etcd is reached; `null`: not configured. */
  readonly etcdAccess: 'exec' | 'tunnel' | 'direct' | null;
  readonly defrag: DefragSettings;
  readonly replace: ReplaceSettings;
  /** Absent: {@link DEFAULT_NODES}. */
  readonly nodes?: NodeSettings;
  /** What is known of the machines of a bare ring; `null` or absent: no access to them is configured. */
  readonly hosts?: HostFacts | null;
  /** Where the objects that manage this cluster live; `null` or absent: it has none. `namespace` null: any. */
  readonly management?: { readonly namespace: string | null } | null;
  /** `null` or absent: no backups are configured. */
  readonly backups?: BackupSettings | null;
  /** With which image shells on nodes are opened; `null` or absent: none are. */
  readonly nodeShell?: { readonly image: string } | null;
  /** Maintenance windows; empty or absent: it may be changed at any time. */
  readonly windows?: readonly WindowSpec[];
  readonly channels: { readonly ops: string; readonly incidents: string | null; readonly audit: string | null };
}

/** Limits of changes to nodes of a cluster. */
export function nodeSettingsOf({ nodes }: Pick<ClusterProfile, 'nodes'>): NodeSettings {
  return nodes ?? DEFAULT_NODES;
}

/** Platforms on whose control-plane nodes Drydock may open shells: it knows what lies where on them. */
export function hasKnownNodes(platform: Platform): platform is 'kubeadm' | 'openshift' {
  return platform === 'kubeadm' || platform === 'openshift';
}

/** Platforms whose provider runs etcd and shows nothing of it. */
export function hasManagedEtcd(platform: Platform): boolean {
  return platform === 'eks' || platform === 'gke' || platform === 'aks';
}
