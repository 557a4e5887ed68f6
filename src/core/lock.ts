import { z } from 'zod';

/**
 * The right to change something, held by one run or kept from all runs by a person. Names form a hierarchy by `/`:
 * `cluster/prod` stands over `cluster/prod/etcd` and `cluster/prod/nodegroup/a`.
 */
export const LockEntry = z.object({
  name: z.string(),
  runId: z.string(),
  /** Slack user id of the requester. */
  owner: z.string(),
  reason: z.string(),
  /** ISO time. */
  since: z.string(),
  /** `person`: locked by hand, and `runId` is empty. Absent: a run holds it. */
  holder: z.literal('person').optional(),
  /** By hand: random letters that tell this lock from any other under the same name. */
  mark: z.string().optional(),
});
export type LockEntry = z.infer<typeof LockEntry>;

/** Who holds a lock since when and why, in words; people as mentions. */
export function holderInWords(lock: LockEntry): string {
  const who = lock.holder === 'person' ? `<@${lock.owner}> by hand` : lock.runId;
  return `${lock.name} is held by ${who} since ${lock.since}: ${lock.reason}`;
}

/** Whether two lock names exclude each other: equal, or one stands over the other. */
export function locksConflict(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/**
 * The same locks, named after what the plan found instead of after the configuration's name for it. Two names for one
 * cluster or ring then exclude each other. Source: an etcd ring that was configured twice would lose two members at once.
 */
export function identityLocks(locks: readonly string[], cluster: string, identity: string): readonly string[] {
  if (identity === '') return [];
  const named = clusterLock(cluster);
  return locks
    .filter((lock) => lock === named || lock.startsWith(`${named}/`))
    .map((lock) => `identity/${identity}${lock.slice(named.length)}`);
}

/** The lock on a whole cluster. */
export function clusterLock(cluster: string): string {
  return `cluster/${cluster}`;
}

/** The lock on the etcd ring of a cluster. */
export function ringLock(cluster: string): string {
  return `cluster/${cluster}/etcd`;
}

/** The lock on the nodes of a cluster: of whoever cordons and drains nodes by name. Stands over the locks of its groups. */
export function nodesLock(cluster: string): string {
  return `cluster/${cluster}/nodes`;
}

/** The lock on one group of nodes, as people type it after `nodegroup/`. Groups may be changed side by side, but not while nodes are drained by name. */
export function nodeGroupLock(cluster: string, group: string): string {
  return `${nodesLock(cluster)}/${group}`;
}
