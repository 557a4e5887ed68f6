import type { Ring, RingMember } from './ring.ts';

/**
 * The order of members for work that takes each out of service for a while: alarmed and fullest followers first, the
 * leader last; equals by label. Ask again before every member: the leader may be another one by then.
 */
export function orderMembers(ring: Ring, ids: readonly string[]): readonly RingMember[] {
  return ring.members
    .filter((each) => ids.includes(each.id))
    .toSorted(
      (a, b) =>
        Number(a.isLeader) - Number(b.isLeader) ||
        Number(alarmed(ring, b)) - Number(alarmed(ring, a)) ||
        quotaUsed(b) - quotaUsed(a),
    );
}

function alarmed(ring: Ring, each: RingMember): boolean {
  return ring.alarms?.some((alarm) => alarm.memberId === each.id) ?? false;
}

function quotaUsed(each: RingMember): number {
  return (each.status?.dbSizeBytes ?? 0) / each.quota.bytes;
}
