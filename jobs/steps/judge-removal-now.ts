import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { StepContext } from '../../src/core/step.ts';
import { sickVoters } from './changed-ring.ts';
import { judgeRemoval, type RemovalOrder, type RemovalVerdict } from './judge-removal.ts';
import { readPeers } from './read-peers.ts';

/**
 * As {@link judgeRemoval}, and asks the others, too: a member that does not answer us and that they are connected to has come back and may vote; only
 * our way to it is broken. Where they do not tell, their silence speaks for nothing.
 */
export async function judgeRemovalNow(
  context: StepContext<'etcd'>,
  ring: Ring,
  order: RemovalOrder,
): Promise<RemovalVerdict> {
  const verdict = judgeRemoval(ring, order);
  const entry = ring.members.find(({ id }) => id === order.target.id);
  if (verdict.kind !== 'go' || order.kind !== 'dead' || entry === undefined || entry.status !== null) return verdict;
  const sick = new Set(sickVoters(ring, []).map(({ id }) => id));
  const asked = ring.members.filter(({ id, learner }) => !learner && !sick.has(id));
  const told = await readPeers(context, ring, { asked, doubted: [order.target.id] });
  const names = told.flatMap(({ by, peers }) =>
    peers.some(({ id, active }) => id === order.target.id && active) ? [by] : [],
  );
  if (names.length === 0) return verdict;
  const note = `${memberWords(order.target)} does not answer us, but ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} connected to it: it has come back, and our way there is broken.`;
  return { kind: 'wait', reason: 'target-recovered', note };
}
