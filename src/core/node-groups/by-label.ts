import { isControlPlane, type NodeReading } from '../kubernetes/node.ts';
import type { GroupNode, NodeGroup } from './group.ts';
import { type GroupMark, groupValueOf } from './node-mark.ts';

/** Labels whose value names the group of a node, first that a node has. Source: the documentation of each. */
export const GROUP_LABELS = [
  'eks.amazonaws.com/nodegroup',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'node.cluster.x-k8s.io/pool',
  'machine.openshift.io/cluster-api-machineset',
] as const;

/** Name of the group of nodes that no label puts into one. */
export const REST = 'workers';

/** Labels that are looked at. `configured`: the only one then. */
export function labelsFor(configured: string | null): readonly string[] {
  return configured === null ? GROUP_LABELS : [configured];
}

/** Groups of nodes by their labels, by name. */
export function groupsByLabel(
  provider: string,
  nodes: readonly NodeReading[],
  labels: readonly string[],
): readonly NodeGroup[] {
  const workers = nodes.filter((node) => !isControlPlane(node));
  const groups = Map.groupBy(workers, (node) => groupValueOf(node, labels));
  return [...groups]
    .map(([value, members]) => groupOf(provider, { labels, value }, members))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function groupOf(provider: string, mark: GroupMark, nodes: readonly NodeReading[]): NodeGroup {
  const { labels, value } = mark;
  const used = labels.find((label) => nodes.some((node) => node.labels[label] === value));
  const object = value === null ? 'nodes without a label of a group' : `label ${used ?? ''}=${value}`;
  return {
    provider,
    kind: 'node-group',
    name: value ?? REST,
    object,
    uid: value === null ? `label/${REST}` : `label/${used ?? ''}/${value}`,
    version: null,
    replicas: null,
    nodes: nodes.map(groupNode).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    strategy: { maxSurge: 0, maxUnavailable: 1 },
    mark: { by: 'group-label', labels: [...labels], value },
    ...stateOf(nodes),
  };
}

function groupNode({ name, uid, kubeletVersion, ready }: NodeReading): GroupNode {
  return { name, uid, version: kubeletVersion, ready: ready === 'yes', machine: null };
}

/** Nobody tells what is under way; nodes that are not ready are seen. */
function stateOf(nodes: readonly NodeReading[]): Pick<NodeGroup, 'state' | 'why'> {
  const down = nodes.filter(({ ready }) => ready !== 'yes').map(({ name }) => name);
  return down.length === 0
    ? { state: 'steady', why: '' }
    : { state: 'sick', why: `${down.join(', ')} ${down.length === 1 ? 'is' : 'are'} not ready` };
}
