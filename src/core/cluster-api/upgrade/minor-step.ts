import { minorsUp } from '../../kubernetes/version.ts';
import type { CapiOwner } from './owner.ts';
import { groupSettling, poolSettling, type Settling } from './settling.ts';
import { shortName, type UpgradeView } from './view.ts';

/**
 * Why a control plane cannot go up a minor version now because of its workers, each without a period; empty: it can. Machines of a group are
 * made at the version of the group, and kubeadm joins only those of the minor version of the control plane: a group that is halfway would stay so.
 * Source: Cluster API, `machineset_preflight.go`.
 */
export function againstMinorStep(view: UpgradeView, plane: Pick<CapiOwner, 'version'>): readonly string[] {
  const workers = workersOf(view);
  const behind = workers.flatMap(({ name, version }) =>
    (minorsUp(version, plane.version) ?? 0) > 0 ? [`${name} (${version})`] : [],
  );
  const halfway = workers.flatMap(({ name, unsettled }) =>
    unsettled.length === 0 ? [] : [`${name} is not settled (${unsettled.join('; ')})`],
  );
  const [isAre, them] = behind.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return [
    ...(halfway.length === 0
      ? []
      : [
          `${halfway.join('; ')}: behind the next minor version of the control plane machines of the present one cannot join any more; let that end first`,
        ]),
    ...(behind.length === 0
      ? []
      : [
          `${behind.join(', ')} ${isAre} behind the control plane (${plane.version}): kubeadm cannot make machines there any more once it is further away; upgrade ${them} to ${plane.version} first`,
        ]),
  ];
}

/**
 * Node groups and pools that scale while their control plane goes up a minor version, each without a period; empty: none does. With an autoscaler
 * that is always so somewhere, and what comes too late waits for the upgrade of its group.
 */
export function scalingMeanwhile(view: UpgradeView): readonly string[] {
  return workersOf(view).flatMap(({ name, coming }) => (coming.length === 0 ? [] : [`${name}: ${coming.join('; ')}`]));
}

/** Whoever follows the control plane. */
interface Workers extends Settling {
  /** `nodegroup/md-0`, `MachinePool mp-0`. */
  readonly name: string;
  readonly version: string;
}

function workersOf(view: UpgradeView): readonly Workers[] {
  return [
    ...view.deployments.map((each) => ({
      name: `nodegroup/${shortName(each, view.cluster.name)}`,
      version: each.version,
      ...groupSettling(view, each),
    })),
    ...view.pools.map((pool) => ({
      name: `MachinePool ${pool.name}`,
      version: pool.version,
      ...poolSettling(view, pool),
    })),
  ];
}
