import { listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import { isGoing, isReady } from '../kubernetes/controllers/objects.ts';
import type { NodeCount, Sample } from './history.ts';

/** What the cluster says of the workload, as objects of its API. */
export interface Seen {
  readonly pods: readonly unknown[];
  readonly nodes: readonly unknown[];
  readonly deployment: unknown;
  readonly budget: unknown;
}

/** Reads a sample. A budget that no controller has looked at yet has no say. */
export function sampleOf({ pods, nodes, deployment, budget }: Seen, at: number): Sample {
  return {
    at,
    ready: pods.filter((pod) => isReady(pod) && !isGoing(pod)).length,
    needed: numberAt(budget, 'status', 'desiredHealthy') ?? null,
    wanted: numberAt(deployment, 'spec', 'replicas') ?? 0,
    nodes: versionsOf(nodes),
  };
}

function versionsOf(nodes: readonly unknown[]): readonly NodeCount[] {
  const versions = nodes
    .map((node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion'))
    .filter((each) => each !== '');
  return [...new Set(versions)]
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((version) => ({ version, count: versions.filter((each) => each === version).length }));
}

/** Names of pods with this finalizer, and the finalizers that stay when it is taken away. */
export function heldBy(
  pods: readonly unknown[],
  finalizer: string,
): readonly { readonly name: string; readonly rest: readonly unknown[] }[] {
  return pods
    .filter((pod) => listAt(pod, 'metadata', 'finalizers').includes(finalizer))
    .map((pod) => ({
      name: textAt(pod, 'metadata', 'name'),
      rest: listAt(pod, 'metadata', 'finalizers').filter((each) => each !== finalizer),
    }));
}

/** One pod of each node, the first by name; pods that end or have no node do not count. */
export function oneOfEachNode(pods: readonly unknown[]): readonly string[] {
  const placed = pods.filter((pod) => !isGoing(pod) && textAt(pod, 'spec', 'nodeName') !== '');
  const names = [...Map.groupBy(placed, (pod) => textAt(pod, 'spec', 'nodeName')).values()].map(
    (there) => there.map((pod) => textAt(pod, 'metadata', 'name')).toSorted()[0],
  );
  return names.flatMap((name) => name ?? []).toSorted();
}
