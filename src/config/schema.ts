import { z } from 'zod';
import { PLATFORMS } from '../core/cluster-profile.ts';
import { LONGEST_STANDING_MS } from '../core/standing-approval.ts';
import { AnchorsEntry } from './anchors-entry.ts';
import { BackupsEntry, DrillsEntry } from './backups-entry.ts';
import { NodesEntry } from './nodes-entry.ts';
import { duration, share, size } from './quantities.ts';
import { HostsEntry, ReplaceEntry } from './replace-entry.ts';

/** Names of clusters: `^[a-z0-9][a-z0-9-]{0,30}$`. */
export const CLUSTER_NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;
/** Names of roles. */
export const ROLE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text that is not empty');
const flag = z.boolean({ error: 'expected true or false' });
const count = z
  .number({ error: 'expected a whole number, 1 or more' })
  .int('expected a whole number')
  .min(1, 'expected a whole number, 1 or more');
const userId = z.string({ error: 'expected a Slack user id such as U012ABC3D' }).regex(/^[UW][A-Z0-9_]{2,}$/, {
  error: 'expected a Slack user id such as U012ABC3D, not a name',
});
const groupId = z.string({ error: 'expected a Slack user group id such as S012ABC3D' }).regex(/^S[A-Z0-9_]{2,}$/, {
  error: 'expected a Slack user group id such as S012ABC3D, not its name',
});
const channelId = z.string({ error: 'expected a Slack channel id such as C012ABC3D' }).regex(/^[CG][A-Z0-9_]{2,}$/, {
  error: 'expected a Slack channel id such as C012ABC3D, not a name',
});
const endpoint = z.string({ error: 'expected an address such as https://10.0.0.11:2379' }).refine(isEndpoint, {
  error: 'expected an address such as https://10.0.0.11:2379, with scheme and port and nothing behind the port',
});

function isEndpoint(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.pathname === '/' && /:\d+\/?$/.test(value);
}

const roleNames = z.array(text, { error: 'expected a list of role names' }).min(1, 'expected at least one role');

const DemandEntry = z.strictObject(
  { required: count, from: roleNames },
  { error: 'expected { required: 1, from: [role] }' },
);

const EscalateEntry = z.strictObject(
  { after: duration(1000), to: roleNames },
  { error: 'expected { after: 20m, to: [role] }' },
);

/** How approvals are written. Everything may be left out; see `completeApprovals` for what then holds. */
export const ApprovalsEntry = z.strictObject({
  required: count.optional(),
  from: roleNames.optional(),
  /** Further demands, met by other people. */
  also: z.array(DemandEntry, { error: 'expected a list of { required: 1, from: [role] }' }).min(1).optional(),
  requesterMayApprove: flag.optional(),
  expires: duration(1000).optional(),
  remind: duration(1000).optional(),
  escalate: EscalateEntry.optional(),
});
export type ApprovalsEntry = z.infer<typeof ApprovalsEntry>;

/** Certificates of an etcd client: files, or a Kubernetes Secret. */
export const TlsEntry = z.strictObject({
  ca: text.optional(),
  cert: text.optional(),
  key: text.optional(),
  secret: z
    .string()
    .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, 'expected namespace/name')
    .optional(),
});

const DefragEntry = z.strictObject({
  minFragmented: share().default(0.5),
  maxQuotaUsed: share().default(0.5),
  pause: duration().default(60_000),
  answerWithin: duration(1000).default(15 * 60_000),
  /** Distance of the two samples of the health gate. */
  sample: duration().default(5000),
  /** Where the server does not tell its quota. */
  quota: size().nullable().default(null),
});

/** How etcd is reached and treated. */
export const EtcdEntry = z.strictObject({
  access: z.enum(['exec', 'tunnel', 'direct'], { error: 'expected exec, tunnel or direct' }),
  endpoints: z.array(endpoint, { error: 'expected a list of addresses' }).default([]),
  tls: TlsEntry.optional(),
  /** The machines of a bare ring. */
  hosts: HostsEntry.optional(),
  defrag: DefragEntry.prefault({}),
  replace: ReplaceEntry.prefault({}),
});

/** The name of an image as the kubelet takes it. Whether there is one of that name, nobody knows before it is pulled. */
const imageName = z
  .string({ error: 'expected the name of an image' })
  .regex(/^[a-z0-9][a-z0-9._-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/, {
    error: 'expected the name of an image such as registry.example.com/busybox:1.37, best with its digest',
  });

/** How shells on nodes are opened. */
const NodeShellEntry = z.strictObject({ image: imageName }, { error: 'expected { image: … }' });

/** A maintenance window. Cron expression and zone are checked apart (`check-windows.ts`). */
const WindowEntry = z.strictObject(
  { cron: text, tz: text, duration: duration(60_000) },
  { error: 'expected { cron: "0 2 * * SUN", tz: Europe/Berlin, duration: 4h }' },
);

/** One cluster. */
export const ClusterEntry = z.strictObject({
  platform: z.enum(PLATFORMS, { error: `expected one of ${PLATFORMS.join(', ')}` }),
  kubeconfig: text.optional(),
  context: text.optional(),
  management: z
    .strictObject({ kubeconfig: text.optional(), context: text.optional(), namespace: text.optional() })
    .optional(),
  aws: z.strictObject({ region: text, cluster: text, roleArn: text.optional() }).optional(),
  etcd: EtcdEntry.optional(),
  backups: BackupsEntry.optional(),
  nodeShell: NodeShellEntry.optional(),
  nodes: NodesEntry.optional(),
  windows: z
    .array(WindowEntry, { error: 'expected a list of { cron, tz, duration }' })
    .min(1, 'expected at least one window; left out, the cluster may be changed at any time')
    .optional(),
  channels: z.strictObject(
    { ops: channelId, incidents: channelId.optional(), audit: channelId.optional() },
    {
      error:
        'expected a mapping with at least ops: the channel for cards that cannot be posted where the command was typed',
    },
  ),
});
export type ClusterEntry = z.infer<typeof ClusterEntry>;

/** A role: who has it. */
export const RoleEntry = z.strictObject({
  users: z.array(userId, { error: 'expected a list of Slack user ids' }).default([]),
  groups: z.array(groupId, { error: 'expected a list of Slack user group ids' }).default([]),
});
export type RoleEntry = z.infer<typeof RoleEntry>;

function names(what: string) {
  return z.array(text, { error: `expected a list of ${what}` }).min(1, `expected at least one of ${what}`);
}

const WhenEntry = z.union([z.literal('outside-window'), z.strictObject({ hours: text, tz: text })], {
  error: 'expected outside-window, or { hours: "Mon-Fri 09:00-17:00", tz: Europe/Berlin }',
});

/** One rule of the policy. That it has exactly one effect is checked apart (`check-rules.ts`). */
export const RuleEntry = z.strictObject({
  clusters: names('cluster names'),
  commands: names('commands'),
  allow: names('role names').optional(),
  deny: names('role names').optional(),
  require: ApprovalsEntry.optional(),
  approvals: ApprovalsEntry.optional(),
  channels: z
    .array(channelId, { error: 'expected a list of Slack channel ids' })
    .min(1, 'expected at least one channel; left out, it holds in all')
    .optional(),
  when: WhenEntry.optional(),
  flags: names('flags').optional(),
});
export type RuleEntry = z.infer<typeof RuleEntry>;

/** Where the audit log is told beside Redis. */
const AuditSection = z.strictObject({
  /** `stdout`, or a path. */
  mirror: text.optional(),
  anchorEvery: duration(60_000).default(3_600_000),
  anchors: AnchorsEntry.optional(),
});
/**
 * `drydock.yaml`, version 1. Names of clusters and roles are checked apart (`check-names.ts`): a bad name must not hide what
 * is wrong below it. Unknown fields are refused.
 * Its fields are a contract: fields may be added, none changed.
 */
export const ConfigFile = z.strictObject({
  version: z.literal(1, { error: 'expected 1, the version of this format' }),
  clusters: z
    .record(z.string(), ClusterEntry, { error: 'expected a mapping of cluster names to clusters' })
    .refine((clusters) => Object.keys(clusters).length > 0, { error: 'expected at least one cluster' }),
  roles: z.record(z.string(), RoleEntry, { error: 'expected a mapping of role names to people' }).default({}),
  policy: z.array(RuleEntry, { error: 'expected a list of rules' }).default([]),
  defaults: z
    .strictObject({
      approvals: ApprovalsEntry.optional(),
      /** The longest a standing approval of a schedule may last. */
      standing: z.strictObject({ longest: duration(3_600_000).default(LONGEST_STANDING_MS) }).prefault({}),
    })
    .prefault({}),
  redis: z.strictObject({ acceptRisk: text.optional() }).prefault({}),
  http: z.strictObject({ host: text.optional() }).prefault({}),
  audit: AuditSection.prefault({}),
  drills: DrillsEntry.prefault({}),
  runs: z
    .strictObject({
      keepFinished: duration(60_000).default(30 * 86_400_000),
      /** Runs that one person may ask for at once, and in each minute after that. */
      perPersonAndMinute: count.default(60),
    })
    .prefault({}),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
