import { apiTime } from '../kubernetes/api/reading.ts';
import type { Note } from './annotations.ts';
import type { Said } from './shape.ts';

/** A machine of a control plane, as its controller judges it. */
export interface JudgedMachine {
  readonly name: string;
  /** ms since the epoch. */
  readonly createdMs: number;
  readonly deleting: boolean;
  /** Name of its node; `null`: none has joined. */
  readonly node: string | null;
  /** A health check found it unhealthy and handed it over. */
  readonly handedOver: boolean;
  readonly memberHealthy: boolean;
  /** What it replaced itself. */
  readonly replaced: Note | null;
}

/** Everything that decides whether one is remediated. */
export interface RemediationWorld {
  readonly initialized: boolean;
  /** The remediation that is between deletion and creation. */
  readonly inProgress: Note | null;
  readonly machines: readonly JudgedMachine[];
  /** Names of all etcd members. */
  readonly members: readonly { readonly name: string; readonly isLearner: boolean }[];
  /** `null`: no limit. Times in ms. */
  readonly rules: { readonly maxRetry: number | null; readonly retryMs: number; readonly healthyMs: number };
  readonly nowMs: number;
}

/** What the controller does about it. */
export type RemediationTurn =
  | { readonly kind: 'nothing' }
  /** The note of a remediation that is over stayed behind. */
  | { readonly kind: 'forget-note' }
  | { readonly kind: 'defer'; readonly machine: string; readonly said: Said }
  | {
      readonly kind: 'remediate';
      readonly machine: string;
      readonly note: Note;
      /** The newest healthy machine, which is to lead etcd. */
      readonly leader: string;
      readonly said: Said;
    };

/**
 * What a KubeadmControlPlane does about machines that were handed over to it: one at a time, deleted first, and only when etcd keeps its
 * quorum without it. Pure.
 */
export function remediationTurn(world: RemediationWorld): RemediationTurn {
  const target =
    oldest(world.machines.filter((each) => each.handedOver && each.node === null)) ??
    oldest(world.machines.filter((each) => each.handedOver));
  if (target === undefined || target.deleting) return { kind: 'nothing' };
  const { inProgress } = world;
  if (inProgress !== null) {
    const isStale = world.machines.some((each) => each.createdMs > Date.parse(inProgress.timestamp));
    return { kind: isStale ? 'forget-note' : 'nothing' };
  }
  const retry = retryOf(world, target);
  if (retry.kind !== 'go') return retry;
  const obstacle = world.initialized ? obstacleOf(world, target) : null;
  if (obstacle !== null) return { kind: 'defer', machine: target.name, said: obstacle };
  const leader = newest(world.machines.filter((each) => each !== target && isHealthy(each)));
  if (leader === undefined)
    return defer(target, 'CannotBeRemediated', 'there is no healthy machine that could lead etcd');
  const note = { machine: target.name, timestamp: apiTime(new Date(world.nowMs)), retryCount: retry.count };
  const said: Said = {
    type: 'OwnerRemediated',
    status: 'False',
    reason: 'MachineDeleting',
    message: '',
    old: { reason: 'RemediationInProgress', severity: 'Warning' },
  };
  return { kind: 'remediate', machine: target.name, note, leader: leader.name, said };
}

/** Whether etcd keeps its quorum without the member of a machine; members without a machine count as unhealthy. */
export function keepsQuorum(
  machines: readonly JudgedMachine[],
  members: RemediationWorld['members'],
  without: string | null,
): boolean {
  const left = members.filter(({ name }) => name !== without);
  const healthy = left.filter(({ name }) => machines.some((each) => each.node === name && each.memberHealthy));
  return healthy.length >= Math.floor(left.length / 2) + 1;
}

function isHealthy(machine: JudgedMachine): boolean {
  return machine.memberHealthy && !machine.handedOver && !machine.deleting;
}

function obstacleOf({ machines, members }: RemediationWorld, target: JudgedMachine): Said | null {
  if (machines.length <= 1) return cannot('the control plane has no further replica');
  if (machines.some((each) => each !== target && each.node === null && !each.handedOver && !each.deleting))
    return deferred('another control plane Machine is still being provisioned');
  if (machines.some((each) => each.deleting)) return deferred('another control plane Machine is still being deleted');
  if (members.some(({ isLearner }) => isLearner)) return deferred('etcd has a learner');
  return keepsQuorum(machines, members, target.node) ? null : cannot('etcd could lose its quorum');
}

type Retry = RemediationTurn | { readonly kind: 'go'; readonly count: number };

/** A machine that replaced a sick one and is sick itself soon after counts as a further try. */
function retryOf({ rules, nowMs }: RemediationWorld, target: JudgedMachine): Retry {
  const before = target.replaced;
  if (before === null) return { kind: 'go', count: 0 };
  const at = Date.parse(before.timestamp);
  if (at + rules.healthyMs <= nowMs) return { kind: 'go', count: 0 };
  if (at + rules.retryMs > nowMs)
    return { kind: 'defer', machine: target.name, said: deferred('the retry period is not over') };
  if (rules.maxRetry !== null && before.retryCount >= rules.maxRetry)
    return defer(
      target,
      'CannotBeRemediated',
      `it failed ${before.retryCount} times already (maxRetry ${rules.maxRetry})`,
    );
  return { kind: 'go', count: before.retryCount + 1 };
}

function defer(target: JudgedMachine, reason: string, why: string): RemediationTurn {
  return { kind: 'defer', machine: target.name, said: ownerRemediated(reason, why) };
}

function cannot(why: string): Said {
  return ownerRemediated('CannotBeRemediated', why);
}

function deferred(why: string): Said {
  return ownerRemediated('RemediationDeferred', why);
}

function ownerRemediated(reason: string, why: string): Said {
  return {
    type: 'OwnerRemediated',
    status: 'False',
    reason,
    message: `KubeadmControlPlane does not remediate this Machine: ${why}`,
    old: { reason: 'WaitingForRemediation', severity: 'Warning' },
  };
}

function oldest(machines: readonly JudgedMachine[]): JudgedMachine | undefined {
  return machines.toSorted((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1))[0];
}

function newest(machines: readonly JudgedMachine[]): JudgedMachine | undefined {
  return machines.toSorted((a, b) => b.createdMs - a.createdMs || (a.name < b.name ? -1 : 1))[0];
}
