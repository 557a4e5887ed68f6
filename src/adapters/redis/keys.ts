/** Prefix of every key. The braces make it one hash slot, so that Redis Cluster runs the scripts too. */
export const DEFAULT_PREFIX = '{drydock}:';

/** Keys that exist once. In the order in which `lua/shared.lua` takes them. */
export function sharedKeys(prefix: string): readonly string[] {
  return ['runs', 'due', 'finished', 'locks', 'audit', 'counters', 'cards:dirty', 'cards:touched'].map(
    (name) => `${prefix}${name}`,
  );
}

/** Keys of one run: its hash, its events, its lease. In the order in which `lua/shared.lua` takes them. */
export function runKeys(prefix: string, runId: string): readonly string[] {
  const run = `${prefix}run:${runId}`;
  return [run, `${run}:events`, `${run}:lease`];
}

/** Says which run a request made. */
export function requestKey(prefix: string, idempotencyKey: string): string {
  return `${prefix}request:${idempotencyKey}`;
}

/** Says who holds an elected office. */
export function officeKey(prefix: string, name: string): string {
  return `${prefix}elected:${name}`;
}

/** The newest incident of a cluster. */
export function incidentKey(prefix: string, cluster: string): string {
  return `${prefix}incident:${cluster}`;
}

/** How often the message of that incident was doubted. */
export function incidentDoubtsKey(prefix: string, cluster: string): string {
  return `${prefix}incident:${cluster}:doubts`;
}

/** Members of Slack user groups as they were read. */
export function groupsKey(prefix: string): string {
  return `${prefix}groups`;
}

/** Records of one kind in the control store. */
export function controlKey(prefix: string, kind: string): string {
  return `${prefix}control:${kind}`;
}

/** How far one that follows the audit log has come. */
export function auditMarkKey(prefix: string, name: string): string {
  return `${prefix}audit:mark:${name}`;
}

/** Channel on which changed runs are told. */
export function changedChannel(prefix: string): string {
  return `${prefix}changed`;
}

/** @throws Error when a prefix has no hash tag: the scripts would then fail on Redis Cluster. */
export function checkPrefix(prefix: string): string {
  if (!/^\{[^{}\s]+\}[^{}\s]*:$/.test(prefix))
    throw new Error('a Redis key prefix looks like {name}: (with the braces)');
  return prefix;
}
