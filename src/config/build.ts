import { dirname, resolve } from 'node:path';
import { DEFAULT_REPLACE } from '../core/cluster-profile.ts';
import type { Approvals } from '../core/plan.ts';
import type { PolicyRule } from '../core/policy.ts';
import { buildAnchors, buildBackups } from './build-backups.ts';
import { buildHosts, buildReplace } from './build-replace.ts';
import type { ClusterConfig, Config } from './config.ts';
import { deepFreeze } from './config.ts';
import { buildNodes } from './nodes-entry.ts';
import type { ApprovalsEntry, ClusterEntry, ConfigFile, RuleEntry } from './schema.ts';

const STANDARD: Approvals = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 30 * 60_000 };

/** Approvals for plans with a disruptive or irreversible step. Left out: 1 of role `approver`, 30 minutes. */
export function defaultApprovals(file: { readonly defaults: Pick<ConfigFile['defaults'], 'approvals'> }): Approvals {
  return completeApprovals(file.defaults.approvals ?? {}, STANDARD);
}

/**
 * Approvals of a rule; what it leaves out comes from the defaults, except what loosens: `requesterMayApprove` and `escalate` must
 * be said in the rule itself. Further demands (`also`) of the defaults hold only where the rule says nothing of who must agree.
 */
export function completeApprovals(entry: ApprovalsEntry, fallback: Approvals): Approvals {
  const { remind = fallback.remindMs, escalate } = entry;
  const own = entry.required !== undefined || entry.from !== undefined || entry.also !== undefined;
  const also = own ? entry.also : fallback.also;
  const expiresMs = entry.expires ?? fallback.expiresMs;
  return {
    required: entry.required ?? fallback.required,
    from: entry.from ?? fallback.from,
    requesterMayApprove: entry.requesterMayApprove ?? false,
    expiresMs,
    ...(also === undefined ? {} : { also }),
    ...(remind === undefined || (entry.remind === undefined && remind >= expiresMs) ? {} : { remindMs: remind }),
    ...(escalate === undefined ? {} : { escalate: { afterMs: escalate.after, to: escalate.to } }),
  };
}

/** A rule with its one effect. */
export function buildRule(entry: RuleEntry, fallback: Approvals): PolicyRule {
  const { clusters, commands, channels, when } = entry;
  const scope = {
    clusters,
    commands,
    ...(channels === undefined ? {} : { channels }),
    ...(when === undefined ? {} : { when }),
  };
  const flags = entry.flags === undefined ? {} : { flags: entry.flags };
  if (entry.deny !== undefined) return { ...scope, ...flags, deny: entry.deny };
  if (entry.require !== undefined) return { ...scope, ...flags, require: completeApprovals(entry.require, fallback) };
  const approvals = entry.approvals === undefined ? null : completeApprovals(entry.approvals, fallback);
  return { ...scope, allow: entry.allow ?? [], approvals };
}

/** Makes the frozen configuration of a file that passed every check. `file` is its absolute path. */
export function buildConfig(file: string, entry: ConfigFile): Config {
  const fallback = defaultApprovals(entry);
  const folder = dirname(file);
  return deepFreeze({
    file,
    clusters: Object.entries(entry.clusters).map(([name, cluster]) => buildCluster(name, cluster, folder)),
    roles: Object.entries(entry.roles).map(([name, role]) => ({
      name,
      users: [...new Set(role.users)],
      groups: [...new Set(role.groups)],
    })),
    rules: entry.policy.map((rule) => buildRule(rule, fallback)),
    defaultApprovals: fallback,
    longestStandingMs: entry.defaults.standing.longest,
    redis: { acceptRisk: entry.redis.acceptRisk ?? null },
    http: { host: entry.http.host ?? '0.0.0.0' },
    audit: buildAudit(folder, entry.audit),
    drills: {
      folder: absolute(folder, entry.drills.folder),
      programs: entry.drills.programs.map((each) => resolve(folder, each)),
    },
    runs: { keepFinishedMs: entry.runs.keepFinished, perPersonAndMinute: entry.runs.perPersonAndMinute },
  });
}

function buildAudit(folder: string, { mirror, anchorEvery, anchors }: ConfigFile['audit']): Config['audit'] {
  const path = absolute(folder, mirror);
  const file = path === null ? null : ({ kind: 'file', path } as const);
  return {
    mirror: mirror === 'stdout' ? { kind: 'stdout' } : file,
    anchorEveryMs: anchorEvery,
    anchors: anchors === undefined ? null : buildAnchors(folder, anchors),
  };
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
            hosts: buildHosts(etcd.hosts, folder),
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
    replace: etcd === undefined ? DEFAULT_REPLACE : buildReplace(etcd.replace),
    backups: buildBackups(entry.backups, folder),
    nodeShell: entry.nodeShell ?? null,
    nodes: buildNodes(entry.nodes),
    windows: (entry.windows ?? []).map(({ cron, tz, duration }) => ({ cron, tz, durationMs: duration })),
    channels: { ops: channels.ops, incidents: channels.incidents ?? null, audit: channels.audit ?? null },
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
