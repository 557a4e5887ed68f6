import { type HealthCheck, selectsMachine } from '../../../src/core/cluster-api/health-check.ts';
import { isHeld } from '../../../src/core/cluster-api/upgrade/deferral.ts';
import { scalingMeanwhile } from '../../../src/core/cluster-api/upgrade/minor-step.ts';
import type { GroupTarget, UpgradeObstacle } from '../../../src/core/cluster-api/upgrade/obstacle.ts';
import {
  besideWords,
  goesOn,
  planeWarnings,
  upgradeObstacles,
} from '../../../src/core/cluster-api/upgrade/obstacles.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { DEFER_UPGRADE } from '../../../src/core/cluster-api/upgrade/topology-names.ts';
import { topologyWarnings } from '../../../src/core/cluster-api/upgrade/topology-obstacles.ts';
import { machinesOf, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import { minorsUp } from '../../../src/core/kubernetes/version.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import type { Check } from '../../../src/core/plan.ts';

const TITLES: Readonly<Record<UpgradeObstacle['id'], string>> = {
  'group-state': 'The group is not steady',
  'capi-version': 'The version cannot be asked for',
  'capi-strategy': 'Its roll-out could not go well',
  'capi-order': 'Something else comes first',
  'capi-topology': 'The topology of the cluster does not allow it',
};

/** What speaks against an upgrade of a group, and what is to be known of it, from the objects of Cluster API. */
export function capiChecks(view: UpgradeView, target: GroupTarget): readonly Check[] {
  const obstacles = upgradeObstacles(view, target);
  const blocks = Object.entries(TITLES).flatMap(([id, title]) => {
    const words = obstacles.filter((each) => each.id === id).map((each) => each.words);
    return words.length === 0 ? [] : [{ id, verdict: 'block', title, evidence: words.join('; ') } as const];
  });
  return [...(blocks.length > 0 ? blocks : [steady(view, target)]), ...warnings(view, target)];
}

/** The same for a group whose state is told elsewhere: what that does not tell, above all what speaks against going on with a roll-out. */
export function untoldChecks(
  view: UpgradeView,
  target: GroupTarget,
  { state }: Pick<NodeGroup, 'state'>,
): readonly Check[] {
  const isTold = state !== 'steady' && !goesOn(view, target);
  return capiChecks(view, target).filter(({ id, verdict }) => id !== 'group-state' || (verdict === 'block' && !isTold));
}

function steady(view: UpgradeView, target: GroupTarget): Check {
  const { owner } = target;
  const beside = besideWords(view, target);
  if (beside.length > 0) {
    const title = target.isUndo
      ? 'The group is not well, and is taken back all the same'
      : 'The group is not well, and goes on all the same';
    return { id: 'group-state', verdict: 'warn', title, evidence: beside.join('; ') };
  }
  const machines = machinesOf(view, owner);
  const evidence = `${owner.kind} ${owner.namespace}/${owner.name}: ${machines.length} of ${owner.replicas} machines at ${owner.version}, not paused, nothing being replaced or deleted, nothing unhealthy`;
  return { id: 'group-state', verdict: 'pass', title: 'The group is steady', evidence };
}

function warnings(view: UpgradeView, target: GroupTarget): readonly Check[] {
  const { owner } = target;
  const machines = machinesOf(view, owner);
  const hooks = machines.flatMap((each) => [
    ...each.drainHooks.map((hook) => `hook ${hook} holds the drain of ${each.name}`),
    ...each.hooks.filter((hook) => hook !== 'kcp-cleanup').map((hook) => `hook ${hook} holds the end of ${each.name}`),
  ]);
  const foreign = view.healthChecks.filter(
    (check) => check.template !== null && machines.some((each) => selectsMachine(check, each)),
  );
  const checking = view.healthChecks.filter(
    (check) => !check.paused && !foreign.includes(check) && machines.some((each) => selectsMachine(check, each)),
  );
  return [
    ...warn('capi-hooks', 'Hooks hold machines until their owners let go', hooks),
    ...warn(
      'capi-health-check',
      'A health check hands machines to somebody else',
      foreign.map(
        (check) => `MachineHealthCheck ${check.name} hands a machine that is slow to start to ${check.template ?? ''}`,
      ),
    ),
    ...(checking.length === 0 ? [] : [healthCheck(checking, owner)]),
    ...warn('capi-surge', 'Machines go before others come', surge(target)),
    ...warn('capi-topology', 'The topology goes its own way', topologyWarnings(view, target)),
    ...warn('capi-pools', 'MachinePools stay behind', poolsBehind(view, target)),
    ...warn('capi-workers', 'Node groups cannot add machines meanwhile', behindWorkers(view, target)),
    ...warn('capi-scaling', 'Machines come and go meanwhile', scaling(view, target)),
    ...warn('capi-plane', 'The control plane is not told to be well', planeWarnings(view, target)),
  ];
}

/** A control plane replaces one machine at a time, whatever a health check says; the sets of a deployment replace all that it marks. */
function healthCheck(checks: readonly HealthCheck[], { kind }: CapiOwner): Check {
  const names = checks.map(({ name, limit }) => {
    const until = limit === null ? '' : `, within its limit (${limit} unhealthy)`;
    return `MachineHealthCheck ${name}: a new machine that takes longer than its start-up time is replaced once more${until}`;
  });
  const endless = checks.filter(({ limit }) => limit === null).map(({ name }) => name);
  if (kind === 'KubeadmControlPlane' || endless.length === 0)
    return {
      id: 'capi-health-check',
      verdict: 'pass',
      title: 'A health check looks after the machines',
      evidence: names.join('; '),
    };
  const evidence = `MachineHealthCheck ${endless.join(', ')} has no maxUnhealthy: where new machines do not start, or many nodes are away at once, it has all of them replaced meanwhile. Set a limit (40%), or pause it for the time`;
  return { id: 'capi-health-check', verdict: 'warn', title: 'A health check replaces without a limit', evidence };
}

function surge({ owner }: GroupTarget): readonly string[] {
  if (owner.maxSurge > 0) return [];
  return owner.kind === 'KubeadmControlPlane'
    ? [
        `${owner.name} has maxSurge 0: etcd stands at ${owner.replicas - 1} of ${owner.replicas} members each time a machine is replaced`,
      ]
    : [`${owner.name} has maxSurge 0: up to ${owner.maxUnavailable} of ${owner.replicas} nodes are away at a time`];
}

/** Source: Cluster API, `machineset_preflight.go`, KubeadmVersionSkew. */
function behindWorkers({ deployments, topology }: UpgradeView, { owner, to }: GroupTarget): readonly string[] {
  if (owner.kind !== 'KubeadmControlPlane' || (minorsUp(owner.version, to) ?? 0) === 0) return [];
  const held = topology === null ? '' : '; in the topology they are held back until each is upgraded';
  return deployments.length === 0
    ? []
    : [
        `once the control plane is at ${to}, ${deployments.map(({ name }) => name).join(', ')} can neither scale up nor replace a lost machine until upgraded too${held}`,
      ];
}

function scaling(view: UpgradeView, { owner, to }: GroupTarget): readonly string[] {
  if (owner.kind !== 'KubeadmControlPlane' || (minorsUp(owner.version, to) ?? 0) <= 0) return [];
  const words = scalingMeanwhile(view);
  return words.length === 0
    ? []
    : [
        ...words,
        `a machine that joins after the first one of ${to} may be refused, and comes when its group is upgraded`,
      ];
}

/** Drydock upgrades no pools: in a topology they would follow their control plane, and are held back. */
function poolsBehind({ pools, topology }: UpgradeView, { owner, to }: GroupTarget): readonly string[] {
  if (owner.kind !== 'KubeadmControlPlane') return [];
  const listed = topology?.pools ?? [];
  const alone = pools.filter(({ topologyName }) => !listed.some(({ name }) => name === topologyName));
  const held = topology?.version === to ? listed.filter(isHeld) : listed;
  return [
    ...held.map(
      ({ name }) =>
        `MachinePool ${name} is held back in the topology by the annotation ${DEFER_UPGRADE}, and Drydock upgrades no pools: take the annotation away there when it is its turn`,
    ),
    ...alone.map(
      ({ name, version }) => `MachinePool ${name} stays at ${version || 'its version'}: Drydock upgrades no pools`,
    ),
  ];
}

function warn(id: string, title: string, words: readonly string[]): readonly Check[] {
  return words.length === 0 ? [] : [{ id, verdict: 'warn', title, evidence: words.join('; ') }];
}
