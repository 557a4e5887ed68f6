import { dirname, resolve } from 'node:path';
import type { Approvals } from '../core/plan.ts';
import type { ClusterConfig, Config } from './config.ts';
import { deepFreeze } from './config.ts';
import type { ApprovalsEntry, ClusterEntry, ConfigFile } from './schema.ts';

const STANDARD: Approvals = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 30 * 60_000 };

/** Approvals for plans with a disruptive or irreversible step. Left out: 1 of role `approver`, 30 minutes. */
export function defaultApprovals(file: Pick<ConfigFile, 'defaults'>): Approvals {
  return completeApprovals(file.defaults.approvals ?? {}, STANDARD);
}

/**
 * Approvals of a rule; what it leaves out comes from the defaults, except `requesterMayApprove`: that must be said
 * in the rule itself.
 */
export function completeApprovals(entry: ApprovalsEntry, fallback: Approvals): Approvals {
  return {
    required: entry.required ?? fallback.required,
    from: entry.from ?? fallback.from,
    requesterMayApprove: entry.requesterMayApprove ?? false,
    expiresMs: entry.expires ?? fallback.expiresMs,
  };
}

/** Makes the frozen configuration of a file that passed every check. `file` is its absolute path. */
export function buildConfig(file: string, entry: ConfigFile): Config {
  const fallback = defaultApprovals(entry);
  const folder = dirname(file);
  return deepFreeze({
    file,
    clusters: Object.entries(entry.clusters).map(([name, cluster]) => buildCluster(name, cluster, folder)),
    roles: Object.entries(entry.roles).map(([name, role]) => ({ name, users: [...new Set(role.users)] })),
    rules: entry.policy.map((rule) => ({
      clusters: rule.clusters,
      commands: rule.commands,
      allow: rule.allow,
      approvals: rule.approvals === undefined ? null : completeApprovals(rule.approvals, fallback),
    })),
    defaultApprovals: fallback,
    redis: { acceptRisk: entry.redis.acceptRisk ?? null },
    http: { host: entry.http.host ?? '0.0.0.0' },
    runs: { keepFinishedMs: entry.runs.keepFinished },
  });
}

const UNCONFIGURED_DEFRAG = {
  minFragmented: 0.5,
  maxQuotaUsed: 0.5,
  pauseMs: 60_000,
  answerWithinMs: 15 * 60_000,
  sampleMs: 5000,
  quotaBytes: null,
} as const;

function buildCluster(name: string, entry: ClusterEntry, folder: string): ClusterConfig {
  const { etcd, management, aws, channels } = entry;
  const { tls } = etcd ?? {};
  return {
    name,
    platform: entry.platform,
    kubeconfig: absolute(folder, entry.kubeconfig),
    context: entry.context ?? null,
    management:
      management === undefined
        ? null
        : {
            kubeconfig: absolute(folder, management.kubeconfig),
            context: management.context ?? null,
            namespace: management.namespace ?? null,
          },
    aws: aws === undefined ? null : { ...aws, roleArn: aws.roleArn ?? null },
    etcd:
      etcd === undefined
        ? null
        : {
            access: etcd.access,
            endpoints: etcd.endpoints,
            tls: tlsFiles(folder, tls),
            tlsSecret: tls?.secret ?? null,
          },
    defrag:
      etcd === undefined
        ? UNCONFIGURED_DEFRAG
        : {
            minFragmented: etcd.defrag.minFragmented,
            maxQuotaUsed: etcd.defrag.maxQuotaUsed,
            pauseMs: etcd.defrag.pause,
            answerWithinMs: etcd.defrag.answerWithin,
            sampleMs: etcd.defrag.sample,
            quotaBytes: etcd.defrag.quota,
          },
    backups: buildBackups(entry, folder),
    windows: (entry.windows ?? []).map(({ cron, tz, duration }) => ({ cron, tz, durationMs: duration })),
    channels: { ops: channels.ops, incidents: channels.incidents ?? null, audit: channels.audit ?? null },
  };
}

function buildBackups(entry: ClusterEntry, folder: string): ClusterConfig['backups'] {
  if (entry.backups === undefined) return null;
  const { store, retention } = entry.backups;
  const limits = { keepLast: retention?.keepLast ?? null, maxAgeMs: retention?.maxAge ?? null };
  if (store.type === 'file') return { store: { type: 'file', path: resolve(folder, store.path) }, ...limits };
  const { bucket, prefix, region, endpoint, forcePathStyle } = store;
  return {
    store: {
      type: 's3',
      bucket,
      prefix: prefix ?? null,
      region: region ?? null,
      endpoint: endpoint ?? null,
      forcePathStyle: forcePathStyle ?? false,
    },
    ...limits,
  };
}

type TlsInput = NonNullable<ClusterEntry['etcd']>['tls'];

function tlsFiles(folder: string, tls: TlsInput): { ca: string; cert: string; key: string } | null {
  if (tls?.ca === undefined || tls.cert === undefined || tls.key === undefined) return null;
  return { ca: resolve(folder, tls.ca), cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
}

function absolute(folder: string, path: string | undefined): string | null {
  return path === undefined ? null : resolve(folder, path);
}
