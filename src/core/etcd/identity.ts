import { z } from 'zod';
import type { Ring } from './ring.ts';

/** Who a ring is: what an approval relies on. No sizes, no leader. Everything is text, so that no digit is lost. */
export const RingIdentity = z.object({
  clusterId: z.string().min(1),
  /** Ordered by id. */
  members: z.array(z.object({ id: z.string().min(1), name: z.string(), learner: z.boolean(), version: z.string() })),
});
export type RingIdentity = z.infer<typeof RingIdentity>;

/** The identity of a ring as it was seen. The version of a member that did not answer is empty. */
export function identityOf(ring: Ring): RingIdentity {
  const members = ring.members.map((each) => ({
    id: each.id,
    name: each.member.name,
    learner: each.learner,
    version: each.status?.version ?? '',
  }));
  return { clusterId: ring.clusterId, members: members.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * What differs between the ring that was approved and the ring as it is, in words; empty: nothing. The version of a
 * member that did not answer then, or does not now, is unknown, not different. A changed leader is no difference.
 */
export function driftOf(planned: RingIdentity, ring: Ring): readonly string[] {
  if (planned.clusterId !== ring.clusterId) return [`it is ring ${ring.clusterId}, not ${planned.clusterId}`];
  const now = identityOf(ring);
  const gone = planned.members.filter((each) => !now.members.some((other) => other.id === each.id));
  const added = now.members.filter((each) => !planned.members.some((other) => other.id === each.id));
  return [
    ...gone.map((each) => `${each.name || each.id} (${each.id}) is no longer a member`),
    ...added.map((each) => `${each.name || each.id} (${each.id}) is a new member`),
    ...planned.members.flatMap((each) => changesOf(each, now)),
  ];
}

function changesOf(was: RingIdentity['members'][number], now: RingIdentity): readonly string[] {
  const is = now.members.find((each) => each.id === was.id);
  if (is === undefined) return [];
  const name = was.name || was.id;
  const changes: string[] = [];
  if (is.name !== was.name) changes.push(`${name} is now called ${is.name || 'nothing'}`);
  if (is.learner !== was.learner) changes.push(is.learner ? `${name} became a learner` : `${name} became a voter`);
  if (is.version !== '' && was.version !== '' && is.version !== was.version)
    changes.push(`${name} runs ${is.version}, not ${was.version}`);
  return changes;
}
