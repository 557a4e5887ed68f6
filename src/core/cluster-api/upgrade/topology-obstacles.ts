import { conditionIn, conditionWords } from '../conditions.ts';
import { DEFERRED_BY } from './change.ts';
import { freeIn, partWords } from './deferral.ts';
import type { GroupTarget, UpgradeObstacle } from './obstacle.ts';
import type { CapiTopology, TopologyPart } from './topology.ts';
import type { UpgradeView } from './view.ts';

/** What of a topology speaks against a change of a group that belongs to it. */
export function topologyObstacles(
  view: UpgradeView,
  { owner, to, behindControlPlane, isUndo }: GroupTarget,
): readonly UpgradeObstacle[] {
  const { topology, cluster } = view;
  if (topology === null) return [];
  if (isUndo)
    return [
      {
        id: 'capi-topology',
        words: `Cluster ${cluster.name} is built by ClusterClass ${topology.className}, which refuses an older version`,
      },
    ];
  const found: UpgradeObstacle[] = [];
  if (topology.hooks.length > 0)
    found.push({
      id: 'capi-topology',
      words: `Cluster ${cluster.name} carries ${topology.hooks.map((each) => `hook ${each}`).join(', ')}, which holds an upgrade before it begins`,
    });
  const reconciled = conditionIn(cluster.conditions, 'TopologyReconciled');
  if (reconciled?.status === 'False' && !HARMLESS.has(reconciled.reason) && topology.version !== to)
    found.push({ id: 'capi-topology', words: conditionWords(reconciled) });
  if (owner.kind === 'KubeadmControlPlane') return found;
  const own = topology.deployments.find(({ name }) => name === owner.topologyName);
  if (own === undefined)
    return [
      ...found,
      {
        id: 'capi-topology',
        words: `the topology of Cluster ${cluster.name} has no MachineDeployment ${owner.topologyName ?? owner.name}`,
      },
    ];
  if (own.held !== null)
    found.push({
      id: 'capi-topology',
      words: `nodegroup/${own.name} is held in the topology of Cluster ${cluster.name} by somebody`,
    });
  if (topology.version !== to && !behindControlPlane)
    found.push({
      id: 'capi-order',
      words: `the topology of Cluster ${cluster.name} is at ${topology.version}: a node group goes to the version of the topology; upgrade the control plane to ${to} first`,
    });
  return found;
}

/** Groups that wait because they are held back speak against nothing. */
const HARMLESS: ReadonlySet<string> = new Set(['MachineDeploymentsUpgradeDeferred', 'MachinePoolsUpgradeDeferred']);

/** What the topology brings to its version by itself, because nobody holds it back. */
function rollingAlong({ deployments, pools }: UpgradeView, topology: CapiTopology): readonly string[] {
  const { version } = topology;
  const free = freeIn(topology);
  const words = partWords({
    defer: behindOf(free.deployments, deployments, version),
    deferPools: behindOf(free.pools, pools, version),
  });
  return words === ''
    ? []
    : [`the topology is at ${version} already and does not hold ${words} back: they go there too`];
}

function behindOf(
  parts: readonly TopologyPart[],
  objects: readonly { readonly topologyName: string | null; readonly version: string }[],
  version: string,
): string[] {
  const behind = new Set(objects.flatMap((each) => (each.version === version ? [] : [each.topologyName])));
  return parts.flatMap(({ name }) => (behind.has(name) ? [name] : []));
}

/** What of a topology an approver is to know and what stops nothing; in words, each without a period. */
export function topologyWarnings(view: UpgradeView, { owner, to }: GroupTarget): readonly string[] {
  const { topology } = view;
  if (owner.kind === 'KubeadmControlPlane') return topology?.version === to ? rollingAlong(view, topology) : [];
  const own = topology?.deployments.find(({ name }) => name === owner.topologyName);
  return own !== undefined && own.deferred !== null && own.deferred !== DEFERRED_BY
    ? [
        `somebody else deferred nodegroup/${own.name} (${own.deferred === '' ? 'without a word' : own.deferred}): this takes the annotation away`,
      ]
    : [];
}
