/** The voters of a ring, and how many of them answer. */
export interface VoterCount {
  readonly voters: number;
  readonly healthy: number;
}

/** The key of the Etcd object's overrides that switches the guard off. */
export const GUARD_KEY = 'useUnsupportedUnsafeNonHANonProductionUnstableEtcd';

/**
 * Why the operator changes nothing on the members now; `null`: it may. It wants one more healthy voter than a quorum, unless its guard is off.
 *
 * Source: the cluster-etcd-operator's `QuorumChecker` and `ceohelpers`, retold.
 */
export function guardedBy({ voters, healthy }: VoterCount, isGuardOff: boolean): string | null {
  if (isGuardOff) return null;
  const quorum = Math.floor(voters / 2) + 1;
  if (voters - quorum < 1) return `etcd cluster has quorum of ${quorum} which is not fault tolerant`;
  if (healthy - quorum < 1) {
    return `etcd cluster has quorum of ${quorum} and ${healthy} healthy members which is not fault tolerant`;
  }
  return null;
}
