import { etcdadmObstacles } from '../../../src/core/cluster-api/etcdadm.ts';
import { triggerFor } from '../../../src/core/cluster-api/health-check.ts';
import { type Obstacle, remediationObstacles } from '../../../src/core/cluster-api/remediation.ts';
import type { Ring } from '../../../src/core/etcd/ring.ts';
import type { ControllerInput, RemediateInput } from './input.ts';
import type { ManagementView } from './read-management.ts';

/** What of the view a replacement relies on, as words: empty when all is as it was approved. */
export function driftOfView(view: ManagementView, input: ControllerInput): readonly string[] {
  const { cluster, owner, machine } = input;
  const there = owner.kind === 'KubeadmControlPlane' ? view.controlPlane : view.etcd;
  const target = view.machines.find((each) => each.uid === machine.uid);
  const others = view.machines.filter((each) => each.owner?.uid === owner.uid && each.uid !== machine.uid);
  const planned = new Set(input.otherMachines.map(({ uid }) => uid));
  return [
    ...(view.cluster.uid === cluster.uid ? [] : [`Cluster ${cluster.name} is another one than was approved`]),
    ...(there?.uid === owner.uid ? [] : [`${owner.kind} ${owner.name} is gone or another one`]),
    ...(target === undefined ? [`Machine ${machine.name} (${machine.uid}) is gone`] : []),
    ...(target !== undefined && target.owner?.uid !== owner.uid ? [`Machine ${machine.name} has another owner`] : []),
    ...others.filter(({ uid }) => !planned.has(uid)).map(({ name }) => `Machine ${name} is new`),
    ...input.otherMachines
      .filter(({ uid }) => !others.some((each) => each.uid === uid))
      .map(({ name }) => `Machine ${name} is gone`),
  ];
}

/** Why the controller must not be told now; empty: nothing speaks against it. The same judgement for the plan and right before the call. */
export function obstaclesNow(
  view: ManagementView,
  ring: Ring,
  input: Pick<ControllerInput, 'owner' | 'machine' | 'member'>,
  nowMs: number,
): readonly Obstacle[] {
  const { cluster, controlPlane, etcd } = view;
  const machines = view.machines.filter((each) => each.owner?.uid === input.owner.uid);
  const target = machines.find((each) => each.uid === input.machine.uid);
  if (target === undefined) return [{ id: 'deleting', words: `Machine ${input.machine.name} is gone` }];
  const facts = { cluster, machines, target, targetMember: input.member?.id ?? '', ring };
  if (input.owner.kind === 'EtcdadmCluster') return etcd === null ? [] : etcdadmObstacles({ ...facts, etcd });
  return controlPlane === null ? [] : remediationObstacles({ ...facts, controlPlane, nowMs });
}

/** Whether the way to tell the controller is still the approved one; `null`: it is. */
export function triggerDrift(view: ManagementView, input: RemediateInput): string | null {
  const target = view.machines.find((each) => each.uid === input.machine.uid);
  if (target === undefined || input.owner.kind === 'EtcdadmCluster') return null;
  const now = triggerFor(target, view.healthChecks);
  const same = now.by === input.trigger && (now.by !== 'annotation' || now.healthCheck === input.healthCheck);
  return same ? null : now.why;
}
