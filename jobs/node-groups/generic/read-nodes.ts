import { type NodeReading, readNode } from '../../../src/core/kubernetes/node.ts';
import type { KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';

const LIST_MS = 20_000;

/** All nodes of a cluster. */
export async function readNodes(
  kubernetes: Pick<KubernetesPort, 'list'>,
  signal: AbortSignal,
): Promise<KubernetesResult<readonly NodeReading[]>> {
  const query = { apiVersion: 'v1', kind: 'Node', namespace: null };
  const listed = await kubernetes.list(query, { timeoutMs: LIST_MS, signal });
  return listed.ok ? { ok: true, value: listed.value.items.map(readNode) } : listed;
}
