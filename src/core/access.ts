import type { Actor } from './actor.ts';
import { type ClusterProfile, hasManagedEtcd } from './cluster-profile.ts';
import { nearestOf } from './parse/edit-distance.ts';
import { maySee, noRule, type Permission, type Place, type Policy, permit, type Question, rolesOf } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { WindowState } from './window.ts';

/** A cluster a person may give a command on, or why not. */
export type Access =
  | { readonly ok: true; readonly cluster: ClusterProfile; readonly permission: Permission & { readonly ok: true } }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

/** The override with which a run does not wait for its maintenance window. */
export const OUTSIDE_WINDOW = 'outside-window';

/**
 * Whether a command uses the override: only where it is written and the window is closed now. `window`: `null`: there is
 * none. So the word alone never asks for more.
 */
export function usesOverride(flags: readonly string[], window: WindowState | null): boolean {
  return flags.includes(OUTSIDE_WINDOW) && window?.open === false;
}

/** What a person asks for; what is left out is not known, which counts against the person where a rule speaks of it. */
export type Asked = Pick<Question, 'actor' | 'cluster' | 'verb'> & Partial<Question>;

/**
 * Whether a person may give a command on a cluster, by name. The answer never tells whether a cluster exists that the
 * person may not see.
 */
export function reach(policy: Policy, clusters: readonly ClusterProfile[], asked: Asked): Access {
  const { actor, channel = null, nowMs = null, flags = [] } = asked;
  const outsideWindow = asked.outsideWindow ?? flags.includes(OUTSIDE_WINDOW);
  const permission = permit(policy, { ...asked, channel, nowMs, flags, outsideWindow });
  if (!permission.ok && permission.reason === 'foreign-team') return permission;
  const visible = visibleClusters(policy, clusters, actor, { channel, nowMs });
  const cluster = clusters.find((each) => each.name === asked.cluster);
  if (cluster !== undefined && permission.ok) return { ok: true, cluster, permission };
  if (!permission.ok && visible.some((each) => each.name === asked.cluster)) return permission;
  // Who sees nothing is told about the policy in the same words for every name.
  if (visible.length === 0 && !permission.ok) return noRule(rolesOf(policy, actor), asked);
  return { ok: false, reason: 'unknown-cluster', why: guess(asked.cluster, visible) };
}

/** The clusters a person may see there and then, in the order of the configuration. */
export function visibleClusters(
  policy: Policy,
  clusters: readonly ClusterProfile[],
  actor: Actor,
  place?: Place,
): readonly ClusterProfile[] {
  return clusters.filter((cluster) => maySee(policy, actor, cluster.name, place));
}

function guess(name: string, visible: readonly ClusterProfile[]): string {
  const names = visible.map((each) => each.name);
  const nearest = nearestOf(name, names);
  return nearest === null ? `You asked for "${name}".` : `You asked for "${name}". Did you mean ${nearest}?`;
}

const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['eks', 'EKS'],
  ['gke', 'GKE'],
  ['aks', 'AKS'],
]);

/** Why nothing can be done with the etcd of this cluster; `null`: it can. */
export function etcdOutOfReach(cluster: ClusterProfile): string | null {
  if (!hasManagedEtcd(cluster.platform)) return null;
  const provider = PROVIDERS.get(cluster.platform) ?? cluster.platform;
  return `${cluster.name}: ${provider} runs etcd itself and shows nothing of it.`;
}
