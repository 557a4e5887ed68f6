import { isHealthyVoter } from '../etcd/health-gate.ts';
import { hostOf } from '../etcd/peer-url.ts';
import { quorumOf } from '../etcd/quorum.ts';
import { type Ring, type RingMember, votersOf } from '../etcd/ring.ts';
import { parseTime } from '../time.ts';
import { conditionIn, conditionWords, isTrue } from './conditions.ts';
import type { CapiCluster, CapiControlPlane } from './control-plane.ts';
import type { CapiMachine } from './machine.ts';
import { PAUSED, REMEDIATE_MACHINE, REMEDIATION_FOR, SKIP_REMEDIATION } from './names.ts';
import { readRemediationNote } from './remediation-note.ts';

/** One reason why a controller would not replace the machine, or why it must not be asked to. */
export interface Obstacle {
  readonly id:
    | 'paused'
    | 'skipped'
    | 'not-its-etcd'
    | 'not-initialized'
    | 'not-observed'
    | 'single'
    | 'deleting'
    | 'provisioning'
    | 'in-progress'
    | 'rollout'
    | 'scaling'
    | 'learner'
    | 'stray-member'
    | 'quorum'
    | 'nobody-healthy'
    | 'retry'
    | 'upgrading'
    | 'health-check';
  /** Which object, since when, who: for people. */
  readonly words: string;
}

/** Everything that decides whether a KubeadmControlPlane replaces a machine. */
export interface RemediationFacts {
  readonly cluster: CapiCluster;
  readonly controlPlane: CapiControlPlane;
  /** Those of the control plane, the target included. */
  readonly machines: readonly CapiMachine[];
  readonly target: CapiMachine;
  readonly targetMember: string;
  readonly ring: Ring;
  readonly nowMs: number;
}

/**
 * Why KubeadmControlPlane would defer the replacement of a machine now, as far as it can be seen; empty: nothing speaks against it. They
 * are its own preconditions, asked before it is told: what it defers it may do hours later, when nobody looks.
 *
 * Source: Cluster API, `controlplane/kubeadm/internal/controllers/remediation.go`.
 */
export function remediationObstacles(facts: RemediationFacts): readonly Obstacle[] {
  return [
    ...pauses(facts),
    ...stateOf(facts.controlPlane),
    ...otherMachines(facts),
    ...ringObstacles(facts),
    ...retries(facts),
  ];
}

function pauses({ cluster, controlPlane, target }: RemediationFacts): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (cluster.paused) found.push({ id: 'paused', words: `Cluster ${cluster.name} is paused` });
  if (cluster.deleting) found.push({ id: 'deleting', words: `Cluster ${cluster.name} is being deleted` });
  if (controlPlane.paused)
    found.push({ id: 'paused', words: `KubeadmControlPlane ${controlPlane.name} carries ${PAUSED}` });
  if (Object.hasOwn(target.annotations, PAUSED))
    found.push({ id: 'paused', words: `Machine ${target.name} carries ${PAUSED}` });
  if (Object.hasOwn(target.annotations, SKIP_REMEDIATION))
    found.push({ id: 'skipped', words: `Machine ${target.name} carries ${SKIP_REMEDIATION}` });
  if (Object.hasOwn(target.annotations, REMEDIATE_MACHINE))
    found.push({
      id: 'in-progress',
      words: `Machine ${target.name} already asks to be replaced (${REMEDIATE_MACHINE})`,
    });
  return found;
}

function stateOf(controlPlane: CapiControlPlane): readonly Obstacle[] {
  const { name, conditions } = controlPlane;
  const found: Obstacle[] = [];
  if (controlPlane.deleting) found.push({ id: 'deleting', words: `KubeadmControlPlane ${name} is being deleted` });
  if (controlPlane.externalEtcd)
    found.push({ id: 'not-its-etcd', words: `etcd of ${name} is external: its machines carry no member` });
  if (!controlPlane.initialized)
    found.push({ id: 'not-initialized', words: `${name} says that it is not initialized` });
  if (!controlPlane.observed)
    found.push({ id: 'not-observed', words: `the controller of ${name} has not seen its newest spec: does it run?` });
  if (controlPlane.inProgress !== null)
    found.push({
      id: 'in-progress',
      words: `${name} is in the middle of a remediation${inProgressWords(controlPlane)}`,
    });
  const rollout = conditionIn(conditions, 'RollingOut');
  if (rollout?.status === 'True') found.push({ id: 'rollout', words: `${name}: ${conditionWords(rollout)}` });
  for (const type of ['ScalingUp', 'ScalingDown']) {
    const scaling = conditionIn(conditions, type);
    if (scaling?.status === 'True') found.push({ id: 'scaling', words: `${name}: ${conditionWords(scaling)}` });
  }
  return found;
}

function inProgressWords({ inProgress }: CapiControlPlane): string {
  const note = readRemediationNote(inProgress);
  return note === null ? '' : ` of ${note.machine} since ${note.timestamp}`;
}

function otherMachines({ controlPlane, machines, target }: RemediationFacts): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (machines.length <= 1)
    found.push({
      id: 'single',
      words: `${target.name} is the only machine of ${controlPlane.name}: this is a restore`,
    });
  if (machines.length !== controlPlane.replicas) {
    const words = `${controlPlane.name} has ${machines.length} machines and wants ${controlPlane.replicas}`;
    found.push({ id: 'scaling', words });
  }
  for (const each of machines) {
    if (each.deletingSince !== null)
      found.push({ id: 'deleting', words: `Machine ${each.name} is being deleted since ${each.deletingSince}` });
    else if (each.node === null && each.uid !== target.uid)
      found.push({ id: 'provisioning', words: `Machine ${each.name} is ${each.phase || 'new'} and has no node yet` });
  }
  return found;
}

/** Members that no machine carries count as unhealthy, as the controller counts them. */
function ringObstacles(facts: RemediationFacts): readonly Obstacle[] {
  const { ring, machines, target, targetMember } = facts;
  const found: Obstacle[] = [];
  const learners = ring.members.filter((each) => each.learner);
  if (learners.length > 0)
    found.push({
      id: 'learner',
      words: `${learners.map((each) => each.label).join(', ')} is a learner: one change at a time`,
    });
  const others = votersOf(ring).filter((each) => each.id !== targetMember);
  const strays = others.filter((each) => machineOf(each, machines) === null);
  for (const each of strays)
    found.push({ id: 'stray-member', words: `no machine carries member ${each.label} (${each.id})` });
  const well = others.filter((each) => isWell(each, machines));
  const needed = quorumOf(others.length);
  if (others.length === 0 || well.length < needed) {
    const words = `without ${target.name} ${well.length} of ${others.length} members would be healthy, and ${needed} are needed`;
    found.push({ id: 'quorum', words });
  }
  if (well.length === 0) found.push({ id: 'nobody-healthy', words: 'no other control plane could lead etcd' });
  return found;
}

/** Seen well by us, and not seen sick by the controller: either doubt counts. */
function isWell(member: RingMember, machines: readonly CapiMachine[]): boolean {
  const machine = machineOf(member, machines);
  if (machine === null || !isHealthyVoter(member)) return false;
  const said = conditionIn(machine.conditions, 'EtcdMemberHealthy');
  return said === null || said.status === 'True';
}

/** The machine that carries a member, by the name of its node or by address; `null`: none. */
export function machineOf(member: RingMember, machines: readonly CapiMachine[]): CapiMachine | null {
  const hosts = hostsOf(member.member.peerUrls);
  return (
    machines.find((each) => each.node !== null && each.node === member.member.name) ??
    machines.find((each) => each.addresses.some((address) => hosts.includes(address))) ??
    null
  );
}

/** Hosts of URLs, without ports and brackets. What is no URL is left out. */
export function hostsOf(urls: readonly string[]): readonly string[] {
  return urls.flatMap((url) => hostOf(url) ?? []);
}

function retries({ controlPlane, target, nowMs }: RemediationFacts): readonly Obstacle[] {
  const note = readRemediationNote(target.annotations[REMEDIATION_FOR] ?? null);
  const at = note === null ? 0 : parseTime(note.timestamp);
  if (note === null || at + controlPlane.minHealthyMs <= nowMs) return [];
  const found: Obstacle[] = [];
  const before = `${target.name} already replaced ${note.machine} at ${note.timestamp}`;
  if (at + controlPlane.retryPeriodMs > nowMs)
    found.push({ id: 'retry', words: `${before}: its retry period is not over` });
  if (controlPlane.maxRetry !== null && note.retryCount >= controlPlane.maxRetry)
    found.push({ id: 'retry', words: `${before}: ${note.retryCount} tries of at most ${controlPlane.maxRetry}` });
  return found;
}

/** What the controller itself says of why it has not replaced a machine, one line each; empty: it says nothing. */
export function controllerWords(controlPlane: CapiControlPlane | null, target: CapiMachine | null): readonly string[] {
  const ofMachine = ['OwnerRemediated', 'HealthCheckSucceeded', 'Deleting'].flatMap((type) => {
    const found = conditionIn(target?.conditions ?? [], type);
    const isNews = found !== null && (type === 'Deleting' ? found.status === 'True' : found.status !== 'True');
    return isNews ? [`Machine ${target?.name ?? ''}: ${conditionWords(found)}`] : [];
  });
  const conditions = controlPlane?.conditions ?? [];
  const ofPlane = ['Remediating', 'ScalingUp', 'EtcdClusterHealthy'].flatMap((type) => {
    const found = conditionIn(conditions, type);
    const isNews =
      found !== null && (type === 'EtcdClusterHealthy' ? !isTrue(conditions, type) : found.status === 'True');
    return isNews ? [`${controlPlane?.name ?? ''}: ${conditionWords(found)}`] : [];
  });
  return [...ofMachine, ...ofPlane];
}
