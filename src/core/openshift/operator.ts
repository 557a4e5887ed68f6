import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';

/** One condition, in the words of who wrote it. */
export interface ConditionReading {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  /** Without what looks like a secret. */
  readonly message: string;
}

/** The static pod of one node as the operator tells it. Revisions are numbers of its own. */
export interface NodeRevision {
  readonly node: string;
  readonly current: number;
  /** 0: it is not being changed. */
  readonly target: number;
  readonly failed: number;
}

/** What the resource of the etcd operator tells (`operator.openshift.io/v1` Etcd `cluster`). */
export interface EtcdOperatorReading {
  readonly uid: string;
  readonly conditions: readonly ConditionReading[];
  /** 0: not told. */
  readonly latestRevision: number;
  readonly nodes: readonly NodeRevision[];
  /** Empty: none. */
  readonly forceRedeploymentReason: string;
  readonly managementState: string;
}

const Conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().nullish(),
      message: z.string().nullish(),
    }),
  )
  .nullish();
const Etcd = z.object({
  spec: z.object({ forceRedeploymentReason: z.string().nullish(), managementState: z.string().nullish() }).prefault({}),
  status: z
    .object({
      conditions: Conditions,
      latestAvailableRevision: z.number().nullish(),
      nodeStatuses: z
        .array(
          z.object({
            nodeName: z.string(),
            currentRevision: z.number().nullish(),
            targetRevision: z.number().nullish(),
            lastFailedRevision: z.number().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** Reads the resource of the etcd operator. @throws ZodError when the object has not its shape. */
export function readEtcdOperator(object: KubernetesObject): EtcdOperatorReading {
  const { spec, status } = Etcd.parse(object);
  return {
    uid: object.metadata.uid,
    conditions: readings(status?.conditions),
    latestRevision: status?.latestAvailableRevision ?? 0,
    nodes: (status?.nodeStatuses ?? []).map((each) => ({
      node: each.nodeName,
      current: each.currentRevision ?? 0,
      target: each.targetRevision ?? 0,
      failed: each.lastFailedRevision ?? 0,
    })),
    forceRedeploymentReason: spec.forceRedeploymentReason ?? '',
    managementState: spec.managementState ?? '',
  };
}

/** Reads the conditions of a ClusterOperator or of ClusterVersion; empty: it has none. */
export function readConditions(object: KubernetesObject): readonly ConditionReading[] {
  const parsed = z.object({ status: z.object({ conditions: Conditions }).nullish() }).safeParse(object);
  return parsed.success ? readings(parsed.data.status?.conditions) : [];
}

function readings(raw: z.infer<typeof Conditions>): readonly ConditionReading[] {
  return (raw ?? []).map(({ type, status, reason, message }) => ({
    type,
    status,
    reason: reason ?? '',
    message: withoutSecrets(message ?? ''),
  }));
}

/** The condition of a type; `null`: it is not told. */
export function conditionOf(conditions: readonly ConditionReading[], type: string): ConditionReading | null {
  return conditions.find((each) => each.type === type) ?? null;
}

/** How the operator is, for people and for decisions. */
export interface EtcdOperatorWords {
  /** `2 of 3 members are available, cp-2 is unhealthy`, as the operator says; empty: it says nothing. */
  readonly members: string;
  /** It says that every member is available. */
  readonly membersAvailable: boolean;
  /** Every node runs the newest revision, by the operator's condition and by its list of nodes. */
  readonly atLatestRevision: boolean;
  /** `3 nodes are at revision 9`, or who is behind. */
  readonly revision: string;
}

/** What the operator says of members and revisions. Source: conditions `EtcdMembersAvailable` and `NodeInstallerProgressing`. */
export function etcdOperatorWords({ conditions, latestRevision, nodes }: EtcdOperatorReading): EtcdOperatorWords {
  const members = conditionOf(conditions, 'EtcdMembersAvailable');
  const installer = conditionOf(conditions, 'NodeInstallerProgressing');
  const behind = nodes.filter(
    ({ current, target }) => current !== latestRevision || (target !== 0 && target !== current),
  );
  const isRolledOut = installer?.status === 'False' && installer.reason === 'AllNodesAtLatestRevision';
  const message = members?.message ?? '';
  return {
    members: message,
    membersAvailable: members?.status === 'True' && !/unhealthy|not started|are available, /.test(message),
    atLatestRevision: isRolledOut && nodes.length > 0 && behind.length === 0,
    revision:
      behind.length === 0
        ? `${nodes.length} nodes are at revision ${latestRevision}`
        : behind.map(({ node, current }) => `${node} is at revision ${current} of ${latestRevision}`).join(', '),
  };
}

/** Controllers of the operator that complain of any member that is not healthy, whichever it is. */
const OF_A_SICK_MEMBER: ReadonlySet<string> = new Set([
  'EtcdMembersDegraded',
  'ClusterMemberControllerDegraded',
  'DefragControllerDegraded',
  'EtcdCertSignerControllerDegraded',
  'EtcdEndpointsDegraded',
  'EtcdStaticResourcesDegraded',
  'BackupControllerDegraded',
]);

/**
 * What speaks against a replacement in how the operator is: that it is degraded for another reason than the sick member, or rolls out
 * something to another node. Without a period; empty: nothing.
 *
 * @param clusterOperator conditions of ClusterOperator `etcd`
 * @param target names of the sick node and its member
 * @param others names of the other control-plane nodes
 */
export function operatorObstacles(
  clusterOperator: readonly ConditionReading[],
  operator: EtcdOperatorReading,
  target: readonly string[],
  others: readonly string[],
): readonly string[] {
  const degraded = conditionOf(clusterOperator, 'Degraded');
  const progressing = conditionOf(clusterOperator, 'Progressing');
  const missing = [
    ...(degraded === null ? ['it does not say whether it is degraded'] : []),
    ...(progressing === null ? ['it does not say whether it is progressing'] : []),
    ...(operator.managementState === '' || operator.managementState === 'Managed'
      ? []
      : [`it is ${operator.managementState}, so it adds no member`]),
  ];
  const complaints =
    degraded?.status === 'True' ? linesOf(degraded).filter((line) => !isOfTarget(line, target, others)) : [];
  const rolling = operator.nodes.filter(
    ({ node, current, target: next }) =>
      !target.includes(node) && (current !== operator.latestRevision || (next !== 0 && next !== current)),
  );
  const rollOut =
    progressing?.status === 'True' && (rolling.length > 0 || operator.nodes.length === 0)
      ? [`it rolls out a change (${progressing.reason || 'no reason told'}: ${progressing.message})`]
      : [];
  return [...missing, ...complaints.map((line) => `it is degraded: ${line}`), ...rollOut];
}

function linesOf({ reason, message }: ConditionReading): readonly string[] {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? [reason || 'no reason told'] : lines;
}

/** A line is of the sick member when its controller speaks of members as such, or when it names the sick node and no other one. */
function isOfTarget(line: string, target: readonly string[], others: readonly string[]): boolean {
  const [controller = ''] = line.split(':', 1);
  if (OF_A_SICK_MEMBER.has(controller) && !others.some((other) => saysUnhealthy(line, other))) return true;
  return target.some((name) => names(line, name)) && !others.some((other) => names(line, other));
}

/** Names are told apart as wholes: `cp-1` is not in `cp-10` nor in `etcd-cp-1.example`; it is in `pod/etcd-cp-1`. */
function names(line: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(
    `(?<![a-z0-9.-])(?:etcd-(?:guard-)?|(?:installer|revision-pruner)-\\d+-)?${escaped}(?![a-z0-9-]|\\.[a-z0-9])`,
  ).test(line);
}

function saysUnhealthy(line: string, name: string): boolean {
  return line
    .split(/[,;]/)
    .some((part) => names(part, name) && /unhealthy|not started|is not running|crash/i.test(part));
}

/** Why the cluster must not be touched because it is being updated; `null`: it is not. Without a period. */
export function updateInProgress(clusterVersion: readonly ConditionReading[]): string | null {
  const progressing = conditionOf(clusterVersion, 'Progressing');
  if (progressing === null) return 'ClusterVersion does not say whether an update is in progress';
  if (progressing.status === 'False') return null;
  return `an update is in progress (${progressing.message || progressing.reason || progressing.status})`;
}
