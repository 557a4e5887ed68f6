import type { Diagnosed, Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { votersOf } from '../../src/core/etcd/ring.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PastRings } from './past-rings.ts';

/**
 * Why no swap is begun in a ring that has more voters than before: one that ended between the promotion of the new member and the removal of
 * the old one leaves both, and the next would add another one. `null`: nothing says so. Pure.
 *
 * An even number of voters is nobody's plan: then an older record of fewer counts, too.
 */
export function unfinishedSwap({ ring }: Diagnosis, target: Diagnosed | null, past: PastRings): Check | null {
  if (!past.ok || target === null) return null;
  const voters = votersOf(ring);
  const isEven = voters.length % 2 === 0;
  const others = past.rings.filter((each, index) => index === 0 || (isEven && each.voters.length !== voters.length));
  const before = others.find((each) => each.voters.length !== voters.length);
  if (before === undefined || before.voters.length > voters.length) return null;
  const added = voters.filter(({ id }) => !before.voters.some((each) => each.id === id));
  if (added.length === 0) return null;
  const { member } = target;
  const remove = `\`etcdctl member remove ${member.id}\`, then its etcd is stopped for good`;
  const grown = isEven ? '' : '. If the ring was meant to grow: `/kube backup` first, then ask again';
  const parts = [
    `there are ${voters.length} voters, and there were ${before.voters.length} at ${before.at} (backup ${before.backup})`,
    `${added.map(({ label }) => label).join(', ')} votes already`,
    `a swap that did not end leaves the old member to go, and another one would add one more voter`,
  ];
  const evidence = `${parts.join('; ')}. If ${memberWords(member.member)} is still to go: ${remove}${grown}`;
  return { id: 'one-at-a-time', verdict: 'block', title: 'An earlier swap may be unfinished', evidence };
}
