import { compareVersions, isSameVersion, minorsBetween, minorsUp, parseVersion } from '../../kubernetes/version.ts';
import { findingsOf, untoldWords } from './findings.ts';
import { joinedWords } from './joined.ts';
import { MOST_BEHIND } from './kubeadm-skew.ts';
import { againstMinorStep } from './minor-step.ts';
import type { GroupTarget, UpgradeObstacle } from './obstacle.ts';
import type { CapiOwner } from './owner.ts';
import { type Amid, amidRoll, backFrom, isRolling, movingWords, stateOf } from './state.ts';
import { topologyObstacles } from './topology-obstacles.ts';
import { isByTopology, type UpgradeView } from './view.ts';

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
  if (!isRolling(view, owner)) return false;
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
  if ((minorsUp(owner.version, to) ?? 0) <= 0) return found;
  found.push(...againstMinorStep(view, owner).map((words) => ({ id: 'capi-order', words }) as const));
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
  const { owner, behindControlPlane } = target;
  const isStuck = owner.maxSurge === 0 && owner.maxUnavailable === 0;
  const words = `${owner.name} has maxSurge 0 and maxUnavailable 0: no machine could ever be replaced`;
  const { plane } = view;
  return [
    ...onDelete(owner, owner.strategy),
    ...(isStuck ? [{ id: 'capi-strategy', words } as const] : []),
    ...(plane === null || behindControlPlane
      ? []
      : behindPlane(view, target, plane).map((each) => ({ id: 'capi-order', words: each }) as const)),
  ];
}

/** What of the control plane speaks against a change of a node group, each without a period. */
function behindPlane(view: UpgradeView, target: GroupTarget, plane: CapiOwner): readonly string[] {
  const { owner, to } = target;
  const [above, next] = [parseVersion(plane.version), parseVersion(to)];
  if (above === null || next === null) return [];
  const skips = owner.skips.some((each) => each === 'All' || each === 'KubeadmVersionSkew');
  const isOver = compareVersions(next, above) > 0;
  const isFarBehind = !isOver && !skips && minorsBetween(next, above) > MOST_BEHIND;
  const is = `the control plane is at ${plane.version}`;
  const moving = movingWords(view, plane);
  const denied = amid(view, target) === null ? findingsOf(view, plane).denied : [];
  return [
    ...(isOver ? [`${is}: upgrade it to ${to} first`] : []),
    ...(isFarBehind ? [`${is}: kubeadm of ${to} cannot join machines to it, so none would be made`] : []),
    ...(moving.length > 0
      ? [`the control plane is not steady, so no machine would be made: ${moving.join('; ')}`]
      : []),
    ...(denied.length > 0 ? [`the control plane is not well: ${denied.join('; ')}`] : []),
  ];
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
  return amid(view, target) === null ? untold : [...untold, ...findingsOf(view, plane).denied];
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
