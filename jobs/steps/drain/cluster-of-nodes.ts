import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import { type Choice, MOST_NODES } from '../../../src/core/drain/facts.ts';
import { someOf } from '../../../src/core/drain/words.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import { nearestOf } from '../../../src/core/parse/edit-distance.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesError, KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';

const CALL_MS = 10_000;
/** Names of nodes of which one was meant; of more only the first. */
const MOST_NAMED = 12;

/** The blocking check of a cluster without Kubernetes; `null`: it has nodes. */
export function noNodes(cluster: ClusterProfile): Check | null {
  return cluster.platform === 'etcd'
    ? block('applicable', 'A bare etcd ring has no nodes', `${cluster.name} is configured as one`)
    : null;
}

/** Which cluster it is: the uid of its namespace kube-system. */
export async function identityOf(
  kubernetes: Pick<KubernetesPort, 'get'>,
  signal: AbortSignal,
): Promise<KubernetesResult<string>> {
  const home = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' };
  const got = await kubernetes.get(home, { timeoutMs: CALL_MS, signal });
  return got.ok ? { ok: true, value: got.value.metadata.uid } : got;
}

/** The blocking check of a cluster that could not be read. */
export function unreadCheck(error: KubernetesError, why: string = error.message): Check {
  return isAccessRefused(error.code)
    ? block('access', 'Drydock may not read the cluster', why)
    : block('reachable', 'Cluster unreachable', why);
}

/** The blocking check of names that no node has; `null`: each has one. */
export function unknownNodes(wanted: readonly string[], there: readonly string[]): Check | null {
  const unknown = wanted.filter((name) => !there.includes(name));
  if (unknown.length === 0) return null;
  const words = unknown.map((name) => {
    const nearest = nearestOf(name, there);
    return nearest === null ? `there is no node ${name}` : `there is no node ${name} (${nearest}?)`;
  });
  const all = `the cluster has ${someOf(there.toSorted(), MOST_NAMED)}`;
  return block('nodes', 'Not every node is there', [...words, all].join('; '));
}

/** The blocking check of a choice that no node fits; `null`: some do. */
export function noneChosen(
  names: readonly string[],
  chosen: readonly Choice[],
  there: readonly string[],
): Check | null {
  if (names.length > 0 || chosen.length === 0) return null;
  const what = chosen.map(({ words }) => words).join(', ');
  return block('nodes', `No node fits ${what}`, `the cluster has ${someOf(there.toSorted(), MOST_NAMED)}`);
}

/** The blocking check of more nodes than one run takes: groups and selectors may mean more than people would type. `null`: they are few enough. */
export function tooMany(count: number): Check | null {
  if (count <= MOST_NODES) return null;
  const evidence = `${count} nodes, ${MOST_NODES} at most; narrow it by a selector, or name nodes`;
  return block('nodes', 'Too many nodes for one run', evidence);
}

function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}
