import { isSameVersion } from '../../kubernetes/version.ts';
import { type CapiCondition, conditionIn, conditionWords } from '../conditions.ts';
import type { CapiOwner } from './owner.ts';
import { machinesOf, nodeOf, type UpgradeMachine, type UpgradeView } from './view.ts';

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

/** Everything that is found of a group, apart by what it is; each without a period. Who judges takes what matters to the question. */
export interface GroupFindings {
  /** Its Cluster goes, or somebody paused that. */
  readonly cluster: readonly string[];
  /** Somebody paused the group. That Drydock did is in `rolling`. */
  readonly held: readonly string[];
  /** It has no version. */
  readonly versionless: readonly string[];
  /** A change of its version is under way, or was held in the middle. */
  readonly rolling: readonly string[];
  /** Machines come and go, with a change of its version or without. */
  readonly scaling: readonly string[];
  /** The group is being deleted. */
  readonly leaving: readonly string[];
  /** Sick machines are being replaced. */
  readonly healing: readonly string[];
  /** What its conditions deny, and which of its nodes are not ready. */
  readonly denied: readonly string[];
  /** Of those, what no roll-out explains: a new machine cannot be judged yet. An old one that is sick, or a ring of etcd that is, can. */
  readonly deniedOfOld: readonly string[];
  /** What a control plane does not tell and has to before it is changed. */
  readonly untold: readonly string[];
}

/** Looks at a group: its own object, its machines and their nodes; either doubt counts. */
export function findingsOf(view: UpgradeView, owner: CapiOwner): GroupFindings {
  const { kind, version, deleting, remediating } = owner;
  const name = `${kind} ${owner.name}`;
  const machines = machinesOf(view, owner);
  const old = machines.filter((each) => isOld(each, owner));
  const oldAndStaying = old.filter(({ deletingSince }) => deletingSince === null);
  const ofItself = WELL.filter((each) => each !== 'MachinesReady');
  return {
    cluster: clusterWords(view),
    held: owner.paused && !owner.held ? [`${name} is paused`] : [],
    versionless: version === '' ? [`${name} names no version`] : [],
    rolling: rollingWords(owner, old),
    scaling: scalingWords(owner, machines),
    leaving: deleting ? [`${name} is being deleted`] : [],
    healing: [
      ...(remediating ? [`${name} is replacing a machine that is sick`] : []),
      ...said(owner, ['Remediating'], ['True']),
    ],
    denied: [...said(owner, WELL, ['False']), ...nodeWords(view, machines)],
    deniedOfOld: [...said(owner, ofItself, ['False']), ...nodeWords(view, oldAndStaying)],
    untold: kind === 'KubeadmControlPlane' ? said(owner, TOLD, ['Unknown']) : [],
  };
}

/** Conditions of a control plane that cannot be told now, in words. */
export function untoldWords(owner: CapiOwner): readonly string[] {
  return said(owner, WELL, ['Unknown']);
}

/** What a control plane does not say to be well, in words: where something cannot be told, nobody can say how many members are there. */
export function unwellWords(plane: CapiOwner): readonly string[] {
  return said(plane, WELL, ['False', 'Unknown']);
}

/** What a condition of a group says where it denies; empty: it does not. */
export function deniedBy(owner: CapiOwner, type: (typeof WELL)[number]): readonly string[] {
  return said(owner, [type], ['False']);
}

/** A health check that replaces new machines of a node group, which do not come up, is what going on and going back are for. */
export function healsNewOnly(view: UpgradeView, owner: CapiOwner): boolean {
  if (owner.kind === 'KubeadmControlPlane') return false;
  const handed = machinesOf(view, owner).filter(
    ({ conditions }) => conditionIn(conditions, 'OwnerRemediated')?.status === 'False',
  );
  return handed.length > 0 && handed.every((each) => !isOld(each, owner));
}

function clusterWords({ cluster }: UpgradeView): readonly string[] {
  const name = `Cluster ${cluster.namespace}/${cluster.name}`;
  return [...(cluster.deleting ? [`${name} is being deleted`] : []), ...(cluster.paused ? [`${name} is paused`] : [])];
}

function rollingWords(owner: CapiOwner, old: readonly UpgradeMachine[]): readonly string[] {
  const name = `${owner.kind} ${owner.name}`;
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
