/** A ReplicaSet of a rollout, in numbers. */
export interface SetSize {
  readonly uid: string;
  /** `spec.replicas`. */
  readonly replicas: number;
  /** `status.availableReplicas`. */
  readonly available: number;
}

/** How far a rollout may go from what is wanted. Absolute numbers. */
export interface Bounds {
  readonly wanted: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** `spec.replicas` that a ReplicaSet is to get. */
export interface Resize {
  readonly uid: string;
  readonly replicas: number;
}

/** Resolves `25%` or numbers: a surge is rounded up, what may be missing down; both 0 would never end, so then 1 may be missing. */
export function boundsOf(wanted: number, maxSurge: unknown, maxUnavailable: unknown): Bounds {
  const surge = absolute(maxSurge ?? '25%', wanted, Math.ceil);
  const missing = absolute(maxUnavailable ?? '25%', wanted, Math.floor);
  const unavailable = surge === 0 && missing === 0 ? 1 : missing;
  return { wanted, maxSurge: surge, maxUnavailable: Math.min(unavailable, Math.max(wanted, 0)) };
}

function absolute(value: unknown, whole: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? 0 : round((Number(percent) * whole) / 100);
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(bounds: Bounds, fresh: Pick<SetSize, 'replicas'>, old: readonly SetSize[]): number {
  if (fresh.replicas >= bounds.wanted) return bounds.wanted;
  const room = bounds.wanted + bounds.maxSurge - fresh.replicas - sum(old, 'replicas');
  return fresh.replicas + Math.max(0, Math.min(room, bounds.wanted - fresh.replicas));
}

/** The next step of a rolling update: the new set grows, or else old ones (oldest first) shrink. Empty: nothing can be done now. */
export function rollingStep(bounds: Bounds, fresh: SetSize, old: readonly SetSize[]): readonly Resize[] {
  const grown = newReplicas(bounds, fresh, old);
  if (grown !== fresh.replicas) return [{ uid: fresh.uid, replicas: grown }];
  const least = bounds.wanted - bounds.maxUnavailable;
  const coming = Math.max(0, fresh.replicas - fresh.available);
  const spare = fresh.replicas + sum(old, 'replicas') - least - coming;
  if (spare <= 0) return [];
  const { sizes, used } = withoutUnavailable(old, spare);
  const available = fresh.available + sum(old, 'available');
  const shrunk = shrink(sizes, Math.min(spare - used, available - least));
  return shrunk
    .filter(({ uid, replicas }) => old.find((each) => each.uid === uid)?.replicas !== replicas)
    .map(({ uid, replicas }) => ({ uid, replicas }));
}

/** Pods of old sets that do not serve cost nothing. */
function withoutUnavailable(
  old: readonly SetSize[],
  most: number,
): { readonly sizes: readonly SetSize[]; readonly used: number } {
  let used = 0;
  const sizes = old.map((each) => {
    const idle = Math.max(0, Math.min(most - used, each.replicas - each.available));
    used += idle;
    return { ...each, replicas: each.replicas - idle };
  });
  return { sizes, used };
}

function shrink(old: readonly SetSize[], most: number): readonly SetSize[] {
  let left = Math.max(0, most);
  return old.map((each) => {
    const taken = Math.min(left, each.replicas);
    left -= taken;
    return { ...each, replicas: each.replicas - taken };
  });
}

/** What all sets get when the wanted number itself changes: one set gets all, several share in proportion. */
export function rescaled(bounds: Bounds, sets: readonly SetSize[], newest: string): readonly Resize[] {
  const active = sets.filter(({ replicas }) => replicas > 0);
  const single = active.length <= 1 ? (active[0] ?? sets.find(({ uid }) => uid === newest)) : undefined;
  if (single !== undefined) return [{ uid: single.uid, replicas: bounds.wanted }];
  const saturated = active.find(
    ({ uid, replicas, available }) => uid === newest && replicas === bounds.wanted && available === replicas,
  );
  if (saturated !== undefined)
    return active.filter(({ uid }) => uid !== newest).map(({ uid }) => ({ uid, replicas: 0 }));
  const total = sum(active, 'replicas');
  const size = bounds.wanted === 0 ? 0 : bounds.wanted + bounds.maxSurge;
  let left = size - total;
  // The largest first, as those that the first share falls to.
  const shares = active
    .toSorted((a, b) => b.replicas - a.replicas)
    .map(({ uid, replicas }) => {
      const share = Math.round((replicas * (size - total)) / total);
      const given = left > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
      left -= given;
      return { uid, replicas: Math.max(0, replicas + given) };
    });
  return shares.map((each, index) =>
    index === 0 ? { uid: each.uid, replicas: Math.max(0, each.replicas + left) } : each,
  );
}

function sum(sets: readonly SetSize[], field: 'replicas' | 'available'): number {
  return sets.reduce((total, each) => total + each[field], 0);
}
