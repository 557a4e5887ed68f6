/** A machine of a control plane, as far as a roll-out has to know it. */
export interface RollingMachine {
  readonly name: string;
  /** ms since the epoch. */
  readonly createdMs: number;
  readonly deleting: boolean;
  /** It is as the control plane wants its machines. */
  readonly upToDate: boolean;
  /** Its node has joined. */
  readonly hasNode: boolean;
  readonly memberHealthy: boolean;
}

/** What decides about the next machine. */
export interface RolloutWorld {
  readonly machines: readonly RollingMachine[];
  readonly wanted: number;
  /** 0 or 1. */
  readonly maxSurge: number;
  /** A version that a topology controller is still to write; `null`: none is. */
  readonly awaited: string | null;
}

/** What the controller of a control plane does next. */
export type RolloutTurn =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'grow' }
  | { readonly kind: 'shrink'; readonly machine: string }
  /** It would, and waits; each why as the conditions say it. */
  | { readonly kind: 'blocked'; readonly why: readonly string[] };

/**
 * The next step to as many machines as are wanted, all up to date: with a surge the next machine joins first and then the oldest outdated
 * one goes; without one it goes first. Never two at a time, and nothing while the control plane is not stable. Pure.
 *
 * Source: cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/{update,scale,preflight}.go
 */
export function rolloutTurn(world: RolloutWorld): RolloutTurn {
  const { machines, wanted, maxSurge } = world;
  const outdated = machines.filter((each) => !each.upToDate && !each.deleting);
  const most = outdated.length > 0 ? wanted + maxSurge : wanted;
  if (machines.length < most) return blockedOr(world, null, { kind: 'grow' });
  if (outdated.length === 0 && machines.length <= wanted) return { kind: 'nothing' };
  const target = oldest(outdated.length > 0 ? outdated : machines.filter((each) => !each.deleting));
  if (target === undefined) return blockedOr(world, null, { kind: 'nothing' });
  return blockedOr(world, target, { kind: 'shrink', machine: target.name });
}

function blockedOr(world: RolloutWorld, excluded: RollingMachine | null, turn: RolloutTurn): RolloutTurn {
  const why = obstacles(world, excluded);
  return why.length === 0 ? turn : { kind: 'blocked', why };
}

/** Why a control plane is not stable, in the words of its conditions. `excluded`: a machine that is to go, whose health does not count. */
export function obstacles(
  { machines, awaited }: Pick<RolloutWorld, 'machines' | 'awaited'>,
  excluded: Pick<RollingMachine, 'name'> | null,
): readonly string[] {
  if (awaited !== null) return [`* waiting for a version upgrade to ${awaited} to be propagated`];
  if (machines.some((each) => each.deleting)) return ['* waiting for a control plane Machine to complete deletion'];
  const counted = machines.filter(({ name }) => name !== excluded?.name);
  return [
    ...(counted.every((each) => each.hasNode) ? [] : ['* waiting for control plane components to become healthy']),
    ...(counted.every((each) => each.hasNode && each.memberHealthy)
      ? []
      : ['* waiting for etcd cluster to become healthy']),
  ];
}

function oldest(machines: readonly RollingMachine[]): RollingMachine | undefined {
  // One that never worked costs nothing.
  const useless = machines.filter((each) => !each.hasNode);
  return (useless.length > 0 ? useless : machines).toSorted(
    (a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1),
  )[0];
}
