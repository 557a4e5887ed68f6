/** How many voters must agree in a ring of `voters`. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** How many more voters may fail before the ring stops: negative when it has stopped already. */
export function toleranceOf(voters: number, healthy: number): number {
  return healthy - quorumOf(voters);
}

/** Whether a member may stop answering for a while, as in a defragmentation. */
export type TakeOutAnswer =
  | { readonly kind: 'keeps-quorum'; readonly left: number; readonly needed: number }
  /** One or two voters, all healthy: it can be done, but the ring answers no write meanwhile. People must know. */
  | { readonly kind: 'outage'; readonly left: number; readonly needed: number }
  | { readonly kind: 'refused'; readonly left: number; readonly needed: number };

/**
 * Whether one member may be out for a while. Learners never count.
 *
 * @param voters voters of the ring, healthy or not
 * @param healthy healthy voters, the target included if it is one
 * @param target whether the target is a healthy voter, a voter that is not, or a learner
 */
export function mayTakeOut(
  voters: number,
  healthy: number,
  target: 'healthy-voter' | 'unhealthy-voter' | 'learner',
): TakeOutAnswer {
  const left = target === 'healthy-voter' ? healthy - 1 : healthy;
  const needed = quorumOf(voters);
  if (left >= needed) return { kind: 'keeps-quorum', left, needed };
  if (voters <= 2 && healthy === voters) return { kind: 'outage', left, needed };
  return { kind: 'refused', left, needed };
}

/** Whether a member may be removed from the member list for good. */
export interface RemovalAnswer {
  readonly allowed: boolean;
  readonly why: string;
  /** Voters after the removal, and how many of them may fail then. */
  readonly votersAfter: number;
  readonly toleranceAfter: number;
}

/**
 * Whether one member may be removed. An unhealthy voter: when the removal can be committed and the rest has quorum.
 * A healthy voter: never, unless it is a planned swap with its replacement promoted; etcd itself would allow it.
 *
 * @param voters voters of the ring, the target included if it is one
 * @param healthy healthy voters, the target included if it is one
 */
export function mayRemove(
  voters: number,
  healthy: number,
  target: 'healthy-voter' | 'unhealthy-voter' | 'learner',
  plannedSwap = false,
): RemovalAnswer {
  if (target === 'learner') {
    return {
      allowed: true,
      why: 'A learner does not vote.',
      votersAfter: voters,
      toleranceAfter: toleranceOf(voters, healthy),
    };
  }
  const votersAfter = voters - 1;
  const healthyAfter = target === 'healthy-voter' ? healthy - 1 : healthy;
  const toleranceAfter = toleranceOf(votersAfter, healthyAfter);
  const refusal = removalRefusal(
    { voters, healthy, votersAfter, toleranceAfter },
    target === 'healthy-voter' && !plannedSwap,
  );
  const why = refusal ?? removalAdvice(votersAfter, toleranceAfter);
  return { allowed: refusal === null, why, votersAfter, toleranceAfter };
}

interface RemovalCounts {
  readonly voters: number;
  readonly healthy: number;
  readonly votersAfter: number;
  readonly toleranceAfter: number;
}

function removalRefusal(counts: RemovalCounts, healthyForNothing: boolean): string | null {
  if (healthyForNothing) return 'It is healthy: removing it only weakens the ring.';
  if (counts.healthy < quorumOf(counts.voters))
    return 'The ring has no quorum, so the removal cannot be committed: restore.';
  if (counts.votersAfter === 0 || counts.toleranceAfter < 0)
    return 'The remaining voters would have no quorum: restore.';
  return null;
}

function removalAdvice(votersAfter: number, toleranceAfter: number): string {
  return toleranceAfter === 0
    ? `${votersAfter} voters are left, and none may fail until the new member is in.`
    : `${votersAfter} voters are left and ${toleranceAfter} may fail.`;
}
