import { isSameVersion } from '../../kubernetes/version.ts';
import type { NodeGroup } from '../../node-groups/group.ts';
import { type CapiCondition, conditionIn, conditionWords } from '../conditions.ts';
import type { CapiOwner } from './owner.ts';
import { machinesOf, nodeOf, type UpgradeMachine, type UpgradeView } from './view.ts';

/** How a group is, and why it is not steady. */
export type GroupState = Pick<NodeGroup, 'state' | 'why'>;

/** Conditions that must hold before machines are replaced. Source: Cluster API, KubeadmControlPlane's own preflight checks. */
const WELL = [
  'Available',
  'CertificatesAvailable',
  'EtcdClusterHealthy',
  'ControlPlaneComponentsHealthy',
  'MachinesReady',
] as const;

/** Those of which a control plane has to tell before it is changed. The others are not told for a moment whenever a connection is. */
const TOLD = ['CertificatesAvailable', 'EtcdClusterHealthy', 'ControlPlaneComponentsHealthy'] as const;

/** What is found of a group, each without a period. */
export interface GroupFindings {
  /** Somebody holds it, or its Cluster goes. */
  readonly paused: readonly string[];
  /** What every roll-out brings with it. */
  readonly rolling: readonly string[];
  /** What changes it besides. */
  readonly disturbed: readonly string[];
  /** What is not well although nothing rolls, or although something does and does not explain it. */
  readonly sick: readonly string[];
}

/** Looks at a group: its own object, its machines and their nodes; either doubt counts. */
export function findingsOf(view: UpgradeView, owner: CapiOwner): GroupFindings {
  const machines = machinesOf(view, owner);
  return {
    paused: pausedWords(view, owner),
    rolling: [...rollingWords(owner, machines), ...scalingWords(owner, machines)],
    disturbed: [...disturbedWords(owner), ...said(owner, ['Remediating'], ['True'])],
    sick: [
      ...deniedWords(view, owner),
      ...(owner.kind === 'KubeadmControlPlane' ? said(owner, TOLD, ['Unknown']) : []),
    ],
  };
}

/** Whether nothing is under way in a group. The first kind of finding is told with all others of its kind, and what is sick beside a change. */
export function stateOf(view: UpgradeView, owner: CapiOwner): GroupState {
  const { paused, rolling, disturbed, sick } = findingsOf(view, owner);
  if (paused.length > 0) return { state: 'paused', why: paused.join('; ') };
  const changing = [...rolling, ...disturbed];
  if (changing.length > 0) return { state: 'changing', why: [...changing, ...sickMeanwhile(view, owner)].join('; ') };
  if (sick.length > 0) return { state: 'sick', why: sick.join('; ') };
  if (owner.version === '') return { state: 'unknown', why: `${owner.kind} ${owner.name} names no version` };
  return { state: 'steady', why: '' };
}

/** What is found of a roll-out that has begun and is to go on, or is to be taken back. */
export interface Amid {
  /** What speaks against it; empty: nothing does. */
  readonly against: readonly string[];
  /** What people are to know of it. */
  readonly beside: readonly string[];
}

/**
 * Whether a roll-out that has begun may go on: everything that the roll-out itself does not explain is told. Old machines of a node group that
 * are sick are replaced by that, so they do not speak against it. `isSame`: to the very version, which is watched, and nothing is called.
 */
export function amidRoll(view: UpgradeView, owner: CapiOwner, { isSame }: { readonly isSame: boolean }): Amid {
  const isPlane = owner.kind === 'KubeadmControlPlane';
  const components = said(owner, ['ControlPlaneComponentsHealthy'], ['False']);
  const sick = sickMeanwhile(view, owner);
  // The new machine that does not come up is what this condition tells of.
  const beside = isPlane ? (isSame ? components : []) : sick;
  return {
    against: [
      ...pausedWords(view, owner),
      ...disturbedWords(owner),
      ...(healsNewOnly(view, owner) ? [] : said(owner, ['Remediating'], ['True'])),
      ...sick.filter((words) => !beside.includes(words)),
      ...versionlessWords(owner),
    ],
    beside,
  };
}

/** Whether a node group may be taken back, rolling or not: what is sick there is what it is taken back for. */
export function backFrom(view: UpgradeView, owner: CapiOwner): Amid {
  const { disturbed, sick } = findingsOf(view, owner);
  const leaves = deletingWords(owner);
  return {
    against: [...pausedWords(view, owner), ...leaves, ...versionlessWords(owner)],
    beside: [...disturbed.filter((words) => !leaves.includes(words)), ...sick],
  };
}

/** Why machines of a group are, or will be, at another version than it, each without a period; empty: none is, whether each is well or not. */
export function unsettledWords(view: UpgradeView, owner: CapiOwner): readonly string[] {
  return [...heldWords(owner), ...rollingWords(owner, machinesOf(view, owner)), ...versionlessWords(owner)];
}

/** Machines of a group that come and go without a change of its version, each without a period. */
export function comingWords(view: UpgradeView, owner: CapiOwner): readonly string[] {
  return [...scalingWords(owner, machinesOf(view, owner)), ...findingsOf(view, owner).disturbed];
}

/** What the conditions of a group deny, and which of its nodes are not ready. What cannot be told is not in it. */
export function deniedWords(view: UpgradeView, owner: CapiOwner): readonly string[] {
  return [...said(owner, WELL, ['False']), ...nodeWords(view, machinesOf(view, owner))];
}

/** Conditions of a control plane that cannot be told now, in words. */
export function untoldWords(owner: CapiOwner): readonly string[] {
  return said(owner, WELL, ['Unknown']);
}

function pausedWords({ cluster }: UpgradeView, owner: CapiOwner): readonly string[] {
  const name = `Cluster ${cluster.namespace}/${cluster.name}`;
  return [
    ...(cluster.deleting ? [`${name} is being deleted`] : []),
    ...(cluster.paused ? [`${name} is paused`] : []),
    ...heldWords(owner),
  ];
}

function heldWords({ kind, name, paused, held }: CapiOwner): readonly string[] {
  return paused && !held ? [`${kind} ${name} is paused`] : [];
}

function rollingWords(owner: CapiOwner, machines: readonly UpgradeMachine[]): readonly string[] {
  const name = `${owner.kind} ${owner.name}`;
  const old = machines.filter((each) => isOld(each, owner));
  return [
    ...(owner.held ? [`${name} was held by Drydock when a run ended in the middle`] : []),
    ...(owner.observed ? [] : [`its controller has not seen the newest ${name} yet`]),
    ...said(owner, ['RollingOut'], ['True']),
    ...said(owner, ['MachinesSpecUpToDate'], ['False']),
    ...(old.length > 0 ? [`${namesOf(old)} ${isAre(old)} not at ${owner.version}`] : []),
  ];
}

function scalingWords(owner: CapiOwner, machines: readonly UpgradeMachine[]): readonly string[] {
  const name = `${owner.kind} ${owner.name}`;
  const deleting = machines.filter(({ deletingSince }) => deletingSince !== null);
  const fresh = machines.filter(({ node, deletingSince }) => node === null && deletingSince === null);
  return [
    ...(deleting.length > 0 ? [`${namesOf(deleting)} ${isAre(deleting)} being deleted`] : []),
    ...(fresh.length > 0 ? [`${namesOf(fresh)} ${fresh.length === 1 ? 'has' : 'have'} no node yet`] : []),
    ...(machines.length === owner.replicas
      ? []
      : [`${name} has ${machines.length} machines and wants ${owner.replicas}`]),
  ];
}

function disturbedWords(owner: CapiOwner): readonly string[] {
  const sick = owner.remediating ? [`${owner.kind} ${owner.name} is replacing a machine that is sick`] : [];
  return [...deletingWords(owner), ...sick];
}

function deletingWords({ kind, name, deleting }: CapiOwner): readonly string[] {
  return deleting ? [`${kind} ${name} is being deleted`] : [];
}

function versionlessWords({ kind, name, version }: CapiOwner): readonly string[] {
  return version === '' ? [`${kind} ${name} names no version`] : [];
}

/** A health check that replaces new machines of a node group, which do not come up, is what going on and going back are for. */
function healsNewOnly(view: UpgradeView, owner: CapiOwner): boolean {
  if (owner.kind === 'KubeadmControlPlane') return false;
  const handed = machinesOf(view, owner).filter(
    ({ conditions }) => conditionIn(conditions, 'OwnerRemediated')?.status === 'False',
  );
  return handed.length > 0 && handed.every((each) => !isOld(each, owner));
}

/** What its own conditions deny. A control plane of which something cannot be told is not well: nobody can say how many members are there. */
export function unwellWords(owner: CapiOwner): readonly string[] {
  return said(owner, WELL, owner.kind === 'KubeadmControlPlane' ? ['False', 'Unknown'] : ['False']);
}

/** While machines are replaced a new one is not ready and cannot be judged. An old one that is sick, or a ring of etcd that is, is not explained by that. */
function sickMeanwhile(view: UpgradeView, owner: CapiOwner): readonly string[] {
  const old = machinesOf(view, owner).filter((each) => isOld(each, owner) && each.deletingSince === null);
  const types = WELL.filter((each) => each !== 'MachinesReady');
  return [...said(owner, types, ['False']), ...nodeWords(view, old)];
}

function nodeWords(view: UpgradeView, machines: readonly UpgradeMachine[]): readonly string[] {
  return machines.flatMap((machine) => {
    if (machine.node === null) return [];
    const node = nodeOf(view, machine);
    if (node === null) return [`node ${machine.node} of Machine ${machine.name} is gone`];
    return node.ready === 'yes' ? [] : [`node ${node.name} is not ready${node.why === '' ? '' : ` (${node.why})`}`];
  });
}

function isOld({ version }: UpgradeMachine, owner: CapiOwner): boolean {
  return version !== '' && owner.version !== '' && !isSameVersion(version, owner.version);
}

function said(
  owner: CapiOwner,
  types: readonly string[],
  statuses: readonly CapiCondition['status'][],
): readonly string[] {
  return types.flatMap((type) => {
    const found = conditionIn(owner.conditions, type);
    return found !== null && statuses.includes(found.status) ? [conditionWords(found)] : [];
  });
}

function namesOf(machines: readonly UpgradeMachine[]): string {
  return `${machines.length === 1 ? 'Machine' : 'Machines'} ${machines.map(({ name }) => name).join(', ')}`;
}

function isAre(machines: readonly UpgradeMachine[]): string {
  return machines.length === 1 ? 'is' : 'are';
}
