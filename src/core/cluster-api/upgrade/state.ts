import type { NodeGroup } from '../../node-groups/group.ts';
import { type CapiCondition, conditionIn, conditionWords } from '../conditions.ts';
import type { CapiOwner } from './owner.ts';
import { machinesOf, nodeOf, type UpgradeMachine, type UpgradeView } from './view.ts';

/** How a group is, and why it is not steady. */
export type GroupState = Pick<NodeGroup, 'state' | 'why'>;

/** Conditions that must not be false before machines are replaced. Source: Cluster API, KubeadmControlPlane's own preflight checks. */
const WELL = [
  'Available',
  'CertificatesAvailable',
  'EtcdClusterHealthy',
  'ControlPlaneComponentsHealthy',
  'MachinesReady',
] as const;

/** Whether nothing is under way in a group, from its own object and from its machines: either doubt counts. The first finding is told with all others of its kind. */
export function stateOf(view: UpgradeView, owner: CapiOwner): GroupState {
  const machines = machinesOf(view, owner);
  const paused = pausedWords(view, owner);
  if (paused.length > 0) return { state: 'paused', why: paused.join('; ') };
  const changing = changingWords(owner, machines);
  if (changing.length > 0) return { state: 'changing', why: changing.join('; ') };
  const sick = sickWords(view, owner, machines);
  if (sick.length > 0) return { state: 'sick', why: sick.join('; ') };
  if (owner.version === '') return { state: 'unknown', why: `${owner.kind} ${owner.name} names no version` };
  return { state: 'steady', why: '' };
}

function pausedWords({ cluster }: UpgradeView, owner: CapiOwner): readonly string[] {
  return [
    ...(cluster.paused ? [`Cluster ${cluster.namespace}/${cluster.name} is paused`] : []),
    ...(owner.paused && !owner.held ? [`${owner.kind} ${owner.name} is paused`] : []),
  ];
}

function changingWords(owner: CapiOwner, machines: readonly UpgradeMachine[]): readonly string[] {
  const name = `${owner.kind} ${owner.name}`;
  const old = machines.filter(({ version }) => version !== '' && owner.version !== '' && version !== owner.version);
  const deleting = machines.filter(({ deletingSince }) => deletingSince !== null);
  const fresh = machines.filter(({ node, deletingSince }) => node === null && deletingSince === null);
  return [
    ...(owner.held ? [`${name} was held by Drydock when a run ended in the middle`] : []),
    ...(owner.deleting ? [`${name} is being deleted`] : []),
    ...(owner.observed ? [] : [`its controller has not seen the newest ${name} yet`]),
    ...(owner.remediating ? [`${name} is replacing a machine that is sick`] : []),
    ...said(owner, ['RollingOut', 'Remediating'], 'True'),
    ...said(owner, ['MachinesSpecUpToDate'], 'False'),
    ...(old.length > 0 ? [`${namesOf(old)} ${isAre(old)} not at ${owner.version}`] : []),
    ...(deleting.length > 0 ? [`${namesOf(deleting)} ${isAre(deleting)} being deleted`] : []),
    ...(fresh.length > 0 ? [`${namesOf(fresh)} ${fresh.length === 1 ? 'has' : 'have'} no node yet`] : []),
    ...(machines.length === owner.replicas
      ? []
      : [`${name} has ${machines.length} machines and wants ${owner.replicas}`]),
  ];
}

function sickWords(view: UpgradeView, owner: CapiOwner, machines: readonly UpgradeMachine[]): readonly string[] {
  const nodes = machines.flatMap((machine) => {
    const node = nodeOf(view, machine);
    if (node === null) return [`node ${machine.node ?? ''} of Machine ${machine.name} is gone`];
    return node.ready === 'yes' ? [] : [`node ${node.name} is not ready${node.why === '' ? '' : ` (${node.why})`}`];
  });
  return [...said(owner, WELL, 'False'), ...nodes];
}

function said(owner: CapiOwner, types: readonly string[], status: CapiCondition['status']): readonly string[] {
  return types.flatMap((type) => {
    const found = conditionIn(owner.conditions, type);
    return found?.status === status ? [conditionWords(found)] : [];
  });
}

function namesOf(machines: readonly UpgradeMachine[]): string {
  return `${machines.length === 1 ? 'Machine' : 'Machines'} ${machines.map(({ name }) => name).join(', ')}`;
}

function isAre(machines: readonly UpgradeMachine[]): string {
  return machines.length === 1 ? 'is' : 'are';
}
