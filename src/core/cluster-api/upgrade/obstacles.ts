import { compareVersions, isSameVersion, minorsBetween, parseVersion } from '../../kubernetes/version.ts';
import { conditionIn, conditionWords } from '../conditions.ts';
import { DEFERRED_BY } from './change.ts';
import { freeIn, partWords } from './deferral.ts';
import { joinedWords } from './joined.ts';
import { MOST_BEHIND } from './kubeadm-skew.ts';
import { againstMinorStep } from './minor-step.ts';
import type { CapiOwner } from './owner.ts';
import { type Amid, amidRoll, backFrom, deniedWords, findingsOf, stateOf, untoldWords } from './state.ts';
import type { CapiTopology, TopologyPart } from './topology.ts';
import { isByTopology, type UpgradeView } from './view.ts';

/** What is asked for of one group. */
export interface GroupTarget {
  readonly owner: CapiOwner;
  readonly to: string;
  /** The control plane goes there earlier in the same plan: what holds of it then is not asked of it now. */
  readonly behindControlPlane: boolean;
  /** An earlier upgrade is taken back. */
  readonly isUndo: boolean;
}

/** One thing that speaks against a change now. `words`: without a period. */
export interface UpgradeObstacle {
  readonly id: 'group-state' | 'capi-version' | 'capi-strategy' | 'capi-order' | 'capi-topology';
  readonly words: string;
}

/** Everything that speaks against a change now; empty: nothing does. The same judgement for the plan and right before the call. */
export function upgradeObstacles(view: UpgradeView, target: GroupTarget): readonly UpgradeObstacle[] {
  const { owner } = target;
  return [
    ...stateObstacles(view, target),
    ...versionObstacles(target),
    ...(owner.kind === 'KubeadmControlPlane' ? planeObstacles(view, target) : deploymentObstacles(view, target)),
    ...(isByTopology(view, owner) ? topologyObstacles(view, target) : ownedObstacles(owner)),
  ];
}

/**
 * Whether a roll-out that has begun goes on with this, or is taken back: then only what it does not explain speaks against it. It goes on where
 * the group is on its way to this very version, and where Drydock held it halfway and a newer version is asked for.
 */
export function goesOn(view: UpgradeView, { owner, to, isUndo }: GroupTarget): boolean {
  if (findingsOf(view, owner).rolling.length === 0) return false;
  const [now, next] = [parseVersion(owner.version), parseVersion(to)];
  const isNewer = now !== null && next !== null && compareVersions(next, now) > 0;
  return isUndo || isSameVersion(owner.version, to) || (owner.held && isNewer);
}

function stateObstacles(view: UpgradeView, target: GroupTarget): readonly UpgradeObstacle[] {
  const words = amid(view, target)?.against ?? unsteadyWords(view, target);
  return words.length === 0 ? [] : [{ id: 'group-state', words: words.join('; ') }];
}

function unsteadyWords(view: UpgradeView, { owner }: GroupTarget): readonly string[] {
  const { state, why } = stateOf(view, owner);
  return state === 'steady' ? [] : [why];
}

/** A group that is taken back or goes on; `null`: it begins. */
function amid(view: UpgradeView, target: GroupTarget): Amid | null {
  const { owner, to, isUndo } = target;
  if (isUndo && owner.kind === 'MachineDeployment') return backFrom(view, owner);
  return goesOn(view, target) ? amidRoll(view, owner, { isSame: isSameVersion(owner.version, to) }) : null;
}

/** What is not well in a group that is taken back or goes on, and stops neither; in words, each without a period. */
export function besideWords(view: UpgradeView, target: GroupTarget): readonly string[] {
  return amid(view, target)?.beside ?? [];
}

function versionObstacles({ owner, to, isUndo }: GroupTarget): readonly UpgradeObstacle[] {
  const [now, next] = [parseVersion(owner.version), parseVersion(to)];
  if (now === null || next === null || isUndo) return [];
  const is = `${owner.kind} ${owner.name} is at ${owner.version}`;
  if (compareVersions(next, now) < 0)
    return [
      {
        id: 'capi-version',
        words: `${is}, and ${to} is older: Cluster API does not refuse that, and it breaks etcd and kubeadm`,
      },
    ];
  if (owner.kind === 'KubeadmControlPlane' && minorsBetween(now, next) > 1)
    return [{ id: 'capi-version', words: `${is}: ${to} is more than one minor version up` }];
  return [];
}

function planeObstacles(view: UpgradeView, { owner, to, isUndo }: GroupTarget): readonly UpgradeObstacle[] {
  const found: UpgradeObstacle[] = isUndo ? [...noWayBack(view, owner, to)] : [];
  const { replicas, maxSurge, stackedEtcd, strategy } = owner;
  if (stackedEtcd && replicas % 2 === 0)
    found.push({
      id: 'capi-strategy',
      words: `${owner.name} has ${replicas} replicas: with etcd on them only odd numbers are taken`,
    });
  if (maxSurge === 0 && replicas < 3)
    found.push({
      id: 'capi-strategy',
      words: `${owner.name} has maxSurge 0 and ${replicas} replicas: a machine would go before the next is there, which needs three`,
    });
  found.push(...onDelete(owner, strategy));
  const [now, next] = [parseVersion(owner.version), parseVersion(to)];
  if (now === null || next === null || minorsBetween(now, next) <= 0) return found;
  found.push(...againstMinorStep(view, owner, now).map((words) => ({ id: 'capi-order', words }) as const));
  return found;
}

/**
 * Why a control plane cannot return to an older version any more; empty: it can. Source: kubeadm and etcd keep no way back to an older minor
 * version; Cluster API's webhook refuses only jumps up.
 */
export function noWayBack(view: UpgradeView, { kind, version }: CapiOwner, to: string): readonly UpgradeObstacle[] {
  const joined = kind !== 'KubeadmControlPlane' || version === to ? null : joinedWords(view, version);
  if (joined === null) return [];
  const words = `${joined}: nothing brings etcd and the API server back to ${to}; go forward, or restore a backup`;
  return [{ id: 'capi-order', words }];
}

function deploymentObstacles(view: UpgradeView, target: GroupTarget): readonly UpgradeObstacle[] {
  const { owner, to, behindControlPlane } = target;
  const found: UpgradeObstacle[] = [...onDelete(owner, owner.strategy)];
  const { plane } = view;
  if (owner.maxSurge === 0 && owner.maxUnavailable === 0)
    found.push({
      id: 'capi-strategy',
      words: `${owner.name} has maxSurge 0 and maxUnavailable 0: no machine could ever be replaced`,
    });
  if (plane === null || behindControlPlane) return found;
  const [above, next] = [parseVersion(plane.version), parseVersion(to)];
  if (above === null || next === null) return found;
  if (compareVersions(next, above) > 0)
    found.push({ id: 'capi-order', words: `the control plane is at ${plane.version}: upgrade it to ${to} first` });
  else if (
    minorsBetween(next, above) > MOST_BEHIND &&
    !owner.skips.some((each) => each === 'All' || each === 'KubeadmVersionSkew')
  )
    found.push({
      id: 'capi-order',
      words: `the control plane is at ${plane.version}: kubeadm of ${to} cannot join machines to it, so none would be made`,
    });
  const { paused, rolling, disturbed } = findingsOf(view, plane);
  const moving = [...paused, ...rolling, ...disturbed];
  if (moving.length > 0)
    found.push({
      id: 'capi-order',
      words: `the control plane is not steady, so no machine would be made: ${moving.join('; ')}`,
    });
  const denied = amid(view, target) === null ? deniedWords(view, plane) : [];
  if (denied.length > 0) found.push({ id: 'capi-order', words: `the control plane is not well: ${denied.join('; ')}` });
  return found;
}

/**
 * What cannot be told of the control plane when a node group is to begin: it is waited for. Words, each without a period; empty: everything can,
 * or the group goes on or back, which does not wait.
 */
export function untoldPlane(view: UpgradeView, target: GroupTarget): readonly string[] {
  const { plane } = view;
  if (plane === null || target.owner.kind === 'KubeadmControlPlane' || amid(view, target) !== null) return [];
  return untoldWords(plane);
}

/** What people are to know of the health of the control plane, and what stops nothing; in words, each without a period. */
export function planeWarnings(view: UpgradeView, target: GroupTarget): readonly string[] {
  const { plane } = view;
  if (plane === null || target.behindControlPlane) return [];
  const untold = untoldWords(plane);
  const against = new Set(stateObstacles(view, target).flatMap(({ words }) => words.split('; ')));
  if (target.owner.kind === 'KubeadmControlPlane') return untold.filter((words) => !against.has(words));
  return amid(view, target) === null ? untold : [...untold, ...deniedWords(view, plane)];
}

function onDelete(owner: CapiOwner, strategy: string): readonly UpgradeObstacle[] {
  if (strategy === 'RollingUpdate') return [];
  const words = `${owner.kind} ${owner.name} has the strategy ${strategy}: its machines are replaced only when somebody deletes them, one by one; set RollingUpdate first`;
  return [{ id: 'capi-strategy', words }];
}

function ownedObstacles(owner: CapiOwner): readonly UpgradeObstacle[] {
  if (!owner.topologyOwned) return [];
  const words = `${owner.kind} ${owner.name} is owned by a topology controller, and its Cluster has no topology: a change would be taken back`;
  return [{ id: 'capi-topology', words }];
}

function topologyObstacles(
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
