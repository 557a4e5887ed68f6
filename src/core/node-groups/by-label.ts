import { isControlPlane, type NodeReading } from '../kubernetes/node.ts';
import type { GroupNode, NodeGroup } from './group.ts';
import { groupLabelOf } from './node-mark.ts';

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

/** Groups of nodes by their labels, by name. One value of two labels is two groups of one name. */
export function groupsByLabel(
  provider: string,
  nodes: readonly NodeReading[],
  labels: readonly string[],
): readonly NodeGroup[] {
  const workers = nodes.filter((node) => !isControlPlane(node));
  const groups = Map.groupBy(workers, (node) => {
    const own = groupLabelOf(node, labels);
    return own === null ? '' : `${own.label}=${own.value}`;
  });
  return [...groups.values()]
    .map((members) => groupOf(provider, labels, members))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.uid < b.uid ? -1 : 1));
}

/** @param nodes at least one, all with the same label and value of a group */
function groupOf(provider: string, labels: readonly string[], nodes: readonly NodeReading[]): NodeGroup {
  const [first] = nodes;
  const own = first === undefined ? null : groupLabelOf(first, labels);
  return {
    provider,
    kind: 'node-group',
    name: own?.value ?? REST,
    object: own === null ? 'nodes without a label of a group' : `label ${own.label}=${own.value}`,
    uid: own === null ? `label/${REST}` : `label/${own.label}/${own.value}`,
    version: null,
    replicas: null,
    nodes: nodes.map(groupNode).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    strategy: { maxSurge: 0, maxUnavailable: 1 },
    mark: { by: 'group-label', labels: [...labels], value: own?.value ?? null, label: own?.label ?? null },
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
