import type { Said } from './shape.ts';

/** A part of a topology that has a version. */
export interface TopologyPart {
  /** What its controller was given last; everything else in its object is somebody else's. */
  readonly given: string;
}

/** What decides which part gets the version next. */
export interface TopologyWorld {
  /** `spec.topology.version`. */
  readonly version: string;
  /** `actual`: of its oldest machine. */
  readonly plane: TopologyPart & { readonly actual: string };
  /** In the order of the topology. */
  readonly deployments: readonly (TopologyPart & {
    readonly name: string;
    /** Some machine has not the version that it was given. */
    readonly upgrading: boolean;
    readonly deferred: boolean;
    /** It and all after it wait. */
    readonly held: boolean;
  })[];
}

/** What each part is to have now. */
export interface TopologyTurn {
  readonly plane: string;
  readonly deployments: readonly { readonly name: string; readonly version: string }[];
  /** `TopologyReconciled`. */
  readonly said: Said;
}

/**
 * The control plane first, then one deployment after another, each when the one before has only machines of the version. Pure.
 *
 * Source: cluster-api core/reconcilers/topology/cluster/status.go and desired_state.go
 */
export function topologyTurn(world: TopologyWorld): TopologyTurn {
  const { version, plane, deployments } = world;
  const isBusy = plane.actual !== plane.given || deployments.some((each) => each.upgrading);
  const next = plane.given !== version && isBusy ? plane.given : version;
  const isStable = next === version && plane.given === version && plane.actual === version;
  const parts = partsOf(world, isStable);
  const of = (state: Part['state']): readonly string[] =>
    parts.filter((each) => each.state === state).map(({ name }) => name);
  return {
    plane: next,
    deployments: parts.map(({ name, version: given }) => ({ name, version: given })),
    said: reconciled(world, next, { upgrading: of('upgrading'), pending: of('pending'), deferred: of('deferred') }),
  };
}

interface Part {
  readonly name: string;
  readonly version: string;
  readonly state: 'done' | 'upgrading' | 'pending' | 'deferred';
}

/** `isStable`: the control plane has the version. */
function partsOf({ version, deployments }: TopologyWorld, isStable: boolean): readonly Part[] {
  let running = deployments.filter((each) => each.upgrading).length;
  let isHeld = false;
  return deployments.map(({ name, given, upgrading, deferred, held }) => {
    isHeld ||= held;
    if (given === version) return { name, version, state: upgrading ? 'upgrading' : 'done' };
    if (deferred || isHeld) return { name, version: given, state: 'deferred' };
    if (!isStable || running > 0) return { name, version: given, state: 'pending' };
    running += 1;
    return { name, version, state: 'upgrading' };
  });
}

interface Names {
  readonly upgrading: readonly string[];
  readonly pending: readonly string[];
  readonly deferred: readonly string[];
}

function reconciled({ version, plane }: TopologyWorld, next: string, names: Names): Said {
  const type = 'TopologyReconciled';
  const { upgrading, pending, deferred } = names;
  const isPlaneUp = next === version && plane.actual !== version;
  const lines = [
    ...(isPlaneUp ? [`KubeadmControlPlane upgrading to version ${next}`] : []),
    ...(next === version ? [] : [`KubeadmControlPlane pending upgrade to version ${version}`]),
    ...(upgrading.length === 0 ? [] : [`${named(upgrading)} upgrading to version ${next}`]),
    ...(pending.length === 0 ? [] : [`${named(pending)} pending upgrade to version ${version}`]),
    ...(deferred.length === 0
      ? []
      : [
          `${named(deferred)} upgrade to version ${next} deferred using defer-upgrade or hold-upgrade-sequence annotations`,
        ]),
  ];
  if (lines.length === 0) return { type, status: 'True', reason: 'ReconcileSucceeded', old: {} };
  const isOnlyDeferred = deferred.length > 0 && lines.length === 1;
  const reason = isOnlyDeferred ? 'MachineDeploymentsUpgradeDeferred' : 'ClusterUpgrading';
  const message = [`Cluster is upgrading to ${version}`, ...lines.map((each) => `  * ${each}`)].join('\n');
  return { type, status: 'False', reason, message, old: { reason, severity: 'Info' } };
}

function named(names: readonly string[]): string {
  return `MachineDeployment${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
