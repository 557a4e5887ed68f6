import type { RetentionLimits } from '../core/backup/retention.ts';
import type { AgeKeys, VaultSettings } from '../core/backup/vault-settings.ts';
import type { DefragSettings, NodeSettings, Platform, ReplaceSettings } from '../core/cluster-profile.ts';
import type { Approvals } from '../core/plan.ts';
import type { PolicyRule, Role } from '../core/policy.ts';
import type { HostFacts } from '../core/ports/hosts.ts';
import type { S3Place } from '../core/s3-place.ts';
import type { WindowSpec } from '../core/window.ts';

/** Certificate files of an etcd client, absolute. Content is read by workers only. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** How a worker reaches the etcd of one cluster. */
export interface EtcdConfig {
  readonly access: 'exec' | 'tunnel' | 'direct';
  /** Addresses with scheme and port; empty unless `direct`. */
  readonly endpoints: readonly string[];
  /** `null`: no TLS, or certificates come from a Kubernetes Secret. */
  readonly tls: TlsFiles | null;
  /** Kubernetes Secret with the certificates, `namespace/name`. */
  readonly tlsSecret: string | null;
  /** Access to the machines of a bare ring; `null`: none. */
  readonly hosts: HostsConfig | null;
}

/** How a worker reaches the machines of a bare ring. Files are absolute; their content is read by workers only. */
export interface HostsConfig {
  readonly ssh: {
    readonly user: string;
    /** Private key. */
    readonly key: string;
    /** The pinned keys of the hosts, as ssh keeps them. Nothing is trusted for being seen first. */
    readonly knownHosts: string;
    /** Default 22. */
    readonly port: number;
  };
  readonly facts: HostFacts;
}

/** Where files are kept: a folder (absolute path), or a bucket that keeps them for so long (`null`: is not asked to), ms. */
export type StorePlace =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 's3'; readonly s3: S3Place; readonly keepForMs: number | null };

/** How backups of one cluster are kept. */
export interface BackupsConfig {
  readonly store: StorePlace;
  /** Where manifests, certificates and keys of the control plane go; `null`: beside the snapshot. */
  readonly staticStore: StorePlace | null;
  readonly retention: RetentionLimits;
  readonly compression: VaultSettings['compression'];
  /** `null`: backups are stored as they are. */
  readonly encryption: AgeKeys | null;
  /** `null`: static files are encrypted as everything else. */
  readonly staticEncryption: AgeKeys | null;
  /** How old the newest good one may be before people are told, ms. Default a day. */
  readonly maxAgeMs: number;
}

/** One cluster. Paths are absolute: relative ones are taken from the folder of the configuration file. */
export interface ClusterConfig {
  readonly name: string;
  readonly platform: Platform;
  /** `null`: in-cluster (unused by platform `etcd`). */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Where the objects of cluster-api and eks-anywhere live; `kubeconfig` null: in-cluster. */
  readonly management: {
    readonly kubeconfig: string | null;
    readonly context: string | null;
    readonly namespace: string | null;
  } | null;
  readonly aws: { readonly region: string; readonly cluster: string; readonly roleArn: string | null } | null;
  readonly etcd: EtcdConfig | null;
  readonly defrag: DefragSettings;
  readonly replace: ReplaceSettings;
  /** `null`: none are taken. */
  readonly backups: BackupsConfig | null;
  /** Image of shells on nodes; `null`: none are opened. */
  readonly nodeShell: { readonly image: string } | null;
  /** Limits of drains and upgrades; absent: the defaults. */
  readonly nodes?: NodeSettings;
  /** Maintenance windows; empty: it may be changed at any time. */
  readonly windows: readonly WindowSpec[];
  readonly channels: { readonly ops: string; readonly incidents: string | null; readonly audit: string | null };
}

/** A role as it is configured: its people are the users and the members of the groups. */
export interface RoleConfig extends Role {
  /** Slack user group ids. */
  readonly groups: readonly string[];
}

/** The configuration, checked, complete and frozen. */
export interface Config {
  /** File it was read from, absolute. */
  readonly file: string;
  readonly clusters: readonly ClusterConfig[];
  readonly roles: readonly RoleConfig[];
  readonly rules: readonly PolicyRule[];
  readonly defaultApprovals: Approvals;
  /** The longest a standing approval of a schedule may last, ms. */
  readonly longestStandingMs: number;
  readonly redis: {
    /** Why weaker durability of Redis is accepted, in the installer's words; `null`: it is not accepted. */
    readonly acceptRisk: string | null;
  };
  readonly http: {
    /** Address that the HTTP side listens on. Default `0.0.0.0`: every interface. */
    readonly host: string;
  };
  readonly audit: {
    /** Where every entry is written as a line of JSON; `null`: nowhere. The path is absolute. */
    readonly mirror: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string } | null;
    /** How often the head of the chain is told in audit channels and kept in `anchors`, ms. Default an hour. */
    readonly anchorEveryMs: number;
    /** Where heads are kept; `null`: nowhere. */
    readonly anchors: StorePlace | null;
  };
  readonly drills: {
    /** Below which a worker restores backups to look into them, absolute; `null`: its folder for temporary files. */
    readonly folder: string | null;
    /** Folders with programs of etcd, absolute, looked through before `PATH`. */
    readonly programs: readonly string[];
  };
  readonly runs: {
    /** How long finished runs are kept in full, ms. Default 30 days. */
    readonly keepFinishedMs: number;
    /** Runs that one person may ask for at once, and in each minute after that. Default 60. */
    readonly perPersonAndMinute: number;
  };
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
