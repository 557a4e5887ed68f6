import { isSameVersion, parseVersion } from '../../kubernetes/version.ts';
import type { EndReason } from '../../reasons.ts';
import { parseTime, spanAsSet } from '../../time.ts';
import { conditionIn, conditionWords } from '../conditions.ts';
import type { CapiChange } from './change.ts';
import { freeIn, namesOf, partsToHold, partWords } from './deferral.ts';
import { unwellWords } from './findings.ts';
import { bootWords, machineWords, stageOf } from './machine-words.ts';
import type { CapiOwner } from './owner.ts';
import { ownerSays } from './owner-says.ts';
import { machinesOf, nodeOf, ownerOfUid, type UpgradeMachine, type UpgradeView } from './view.ts';

/** How far a roll-out is, from one look. Words without a period. */
export type RollSeen =
  | {
      readonly kind: 'rolling';
      readonly done: number;
      readonly total: number;
      readonly words: string;
      readonly moved: string;
    }
  | { readonly kind: 'done'; readonly words: string }
  | { readonly kind: 'stopped'; readonly reason: EndReason; readonly words: string };

/** What is known beside the objects. */
export interface RollFacts {
  readonly nowMs: number;
  /** How long a new machine may take until its node is ready, ms. */
  readonly machineMs: number;
  /** Who wrote last what the change sets, in words; empty: nobody tells. */
  readonly writer: string;
}

/**
 * Judges a roll-out by its machines and nodes. It is over only when each of them is at the version and the owner's own counts and conditions
 * say so too: `Ready` alone is true also of a control plane that was put back. Source: the demonstration that this project started from.
 */
export function rollSeen(change: CapiChange, view: UpgradeView, facts: RollFacts): RollSeen {
  const owner = ownerOfUid(view, change.owner.uid);
  if (owner === null)
    return stopped('plan-drifted', `${change.owner.kind} ${change.owner.name} is gone or another one`);
  const taken = revertedWords(change, view, owner, facts.writer);
  if (taken !== null) return stopped('change-reverted', taken);
  const machines = machinesOf(view, owner);
  const ready = machines.filter((each) => isAtTarget(change, view, each));
  const waits = waitsFor(change, view, owner, machines);
  if (waits.length === 0)
    return { kind: 'done', words: `${ready.length} of ${owner.replicas} machines and their nodes are at ${change.to}` };
  const late = lateMachine(change, view, machines, facts);
  if (late !== null) return stopped('roll-stalled', late);
  return {
    kind: 'rolling',
    done: Math.min(ready.length, owner.replicas),
    total: owner.replicas,
    words: waits.join('; '),
    moved: movedOf(view, owner, machines),
  };
}

/**
 * A machine that is as the change wants it: at the version, with a ready node at the version, and not on its way out. What a provider appends to
 * a version is part of the version of a Machine; kubelets may leave it out.
 */
export function isAtTarget({ to }: Pick<CapiChange, 'to'>, view: UpgradeView, machine: UpgradeMachine): boolean {
  const node = nodeOf(view, machine);
  return (
    stageOf(machine, node) === 'ready' &&
    isSameVersion(machine.version, to) &&
    sameVersion(node?.kubeletVersion ?? '', to)
  );
}

/** Whether two texts name one version of Kubernetes: what providers append to a kubelet's is passed over. */
export function sameVersion(a: string, b: string): boolean {
  const [one, other] = [parseVersion(a), parseVersion(b)];
  if (one === null || other === null) return a === b;
  return one.major === other.major && one.minor === other.minor && one.patch === other.patch;
}

/** Whether somebody changed it back or to something else, in words; `null`: nobody did. */
export function revertedWords(change: CapiChange, view: UpgradeView, owner: CapiOwner, writer: string): string | null {
  const by = writer === '' ? '' : `; last written by ${writer}`;
  if (change.way === 'topology') {
    const { topology } = view;
    if (topology === null) return `Cluster ${change.cluster.name} has no topology any more`;
    if (topology.version !== change.to)
      return `the topology of Cluster ${change.cluster.name} is at ${topology.version}, not at ${change.to}${by}`;
    if (change.topologyName === null) {
      const free = partWords(namesOf(freeIn(partsToHold(topology, change))));
      return free === ''
        ? null
        : `the topology of Cluster ${change.cluster.name} does not hold ${free} back any more: they go to ${change.to} behind the control plane, and nobody approved that${by}`;
    }
    const own = topology.deployments.find(({ name }) => name === change.topologyName);
    return (own?.deferred ?? null) === null
      ? null
      : `${change.group} is deferred again in the topology of Cluster ${change.cluster.name}${by}`;
  }
  const name = `${owner.kind} ${owner.name}`;
  if (owner.version !== change.to) {
    const back = owner.version === change.from ? 'back at' : 'at';
    return `${name} is ${back} ${owner.version}, not at ${change.to}${by}`;
  }
  if (change.template !== null && owner.template?.name !== change.template.toName)
    return `${name} names template ${owner.template?.name ?? 'none'}, not ${change.template.toName}${by}`;
  return null;
}

/** What is not as it should be yet, most telling first; empty: everything is. */
function waitsFor(
  change: CapiChange,
  view: UpgradeView,
  owner: CapiOwner,
  machines: readonly UpgradeMachine[],
): readonly string[] {
  const away = machines.filter((each) => !isAtTarget(change, view, each));
  const busy = away.filter((each) => stageOf(each, nodeOf(view, each)) !== 'ready');
  const words = busy.map((each) => `${each.node ?? each.name} ${machineWords(each, nodeOf(view, each))}`);
  const old = away.length - busy.length;
  if (old > 0) words.push(old === 1 ? '1 old machine left' : `${old} old machines left`);
  if (words.length === 0 && machines.length !== owner.replicas)
    words.push(`${machines.length} machines are there and ${owner.replicas} are wanted`);
  if (owner.version !== change.to)
    words.push(`its topology controller has not set ${change.to} on ${owner.name} yet${blockedBy(view)}`);
  return words.length > 0 ? [...words, ...ownerSays(owner, busy.length > 0)] : ownWords(owner);
}

function blockedBy({ cluster }: UpgradeView): string {
  const said = conditionIn(cluster.conditions, 'TopologyReconciled');
  return said === null || said.status === 'True' ? '' : ` (${conditionWords(said)})`;
}

/** What its own object still denies, when machines and nodes are all there. */
function ownWords(owner: CapiOwner): readonly string[] {
  const { counts, conditions, replicas } = owner;
  const counted = [counts.replicas, counts.ready, counts.upToDate].every((each) => each === null || each === replicas);
  const rolling = conditionIn(conditions, 'RollingOut');
  const outdated = conditionIn(conditions, 'MachinesSpecUpToDate');
  return [
    ...(owner.observed ? [] : [`its controller has not seen the newest ${owner.name} yet`]),
    ...(counted
      ? []
      : [`${owner.name} counts ${counts.upToDate ?? 0} machines up to date and ${counts.ready ?? 0} ready`]),
    ...(rolling?.status === 'True' ? [conditionWords(rolling)] : []),
    ...(outdated?.status === 'False' ? [conditionWords(outdated)] : []),
    ...(owner.kind === 'KubeadmControlPlane' ? unwellWords(owner) : []),
  ];
}

/** A new machine that has no ready node after the time for it, in words; `null`: none. */
function lateMachine(
  { from, to }: CapiChange,
  view: UpgradeView,
  machines: readonly UpgradeMachine[],
  { nowMs, machineMs }: RollFacts,
): string | null {
  // A roll-out that goes on finds machines that were late before: it is given the time in which something has to move.
  if (from === to) return null;
  const late = machines.find((each) => {
    const stage = stageOf(each, nodeOf(view, each));
    const isComing =
      isSameVersion(each.version, to) && (stage === 'booting' || stage === 'joining' || stage === 'unready');
    return isComing && parseTime(each.createdAt) > 0 && nowMs - parseTime(each.createdAt) >= machineMs;
  });
  if (late === undefined) return null;
  const said = bootWords(late);
  const how = `Machine ${late.name} has had no ready node for ${spanAsSet(machineMs)}: ${machineWords(late, nodeOf(view, late))}`;
  return `${how}${said === '' ? '' : ` (${said})`}. Its owner goes on trying`;
}

/** Changes whenever something of the roll-out does. */
function movedOf(view: UpgradeView, owner: CapiOwner, machines: readonly UpgradeMachine[]): string {
  const each = machines.map((machine) => {
    const node = nodeOf(view, machine);
    const deleting = conditionIn(machine.conditions, 'Deleting');
    return [
      machine.uid,
      machine.version,
      machine.phase,
      stageOf(machine, node),
      node?.kubeletVersion ?? '',
      deleting?.reason ?? '',
      deleting?.message ?? '',
    ].join('/');
  });
  return [owner.version, owner.counts.ready ?? '', owner.counts.upToDate ?? '', ...each].join('|');
}

function stopped(reason: EndReason, words: string): RollSeen {
  return { kind: 'stopped', reason, words };
}
