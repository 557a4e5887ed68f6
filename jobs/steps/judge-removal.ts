import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { mayRemove, quorumOf } from '../../src/core/etcd/quorum.ts';
import { type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import type { EtcdMember, MemberId } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { chooseVia, sickVoters, sickWords } from './changed-ring.ts';

/**
 * Why a member is removed, which decides what must hold of it.
 *
 * - `dead`: it does not vote. One that is well again is not removed.
 * - `sick`: it answers, and something else is wrong with it (its data, its disk).
 * - `swap`: nothing is wrong with it; the new member votes already.
 */
export type RemovalKind = 'dead' | 'sick' | 'swap';

/** What is to be removed, and what the approval knew. */
export interface RemovalOrder {
  readonly target: Pick<EtcdMember, 'id' | 'name' | 'peerUrls'>;
  readonly kind: RemovalKind;
  /** Other voters that the plan knew to be dead. */
  readonly alsoDead: readonly MemberId[];
}

/** Whether it may go now. `wait`: look again; the reason is used when that was in vain. */
export type RemovalVerdict =
  | {
      readonly kind: 'go';
      /** Who is asked to remove it. */
      readonly via: RingMember;
      readonly voters: number;
      readonly healthy: number;
      /** What is left, in words. */
      readonly after: string;
    }
  | { readonly kind: 'wait'; readonly reason: EndReason; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/**
 * Judges the removal of a voter from one look at the ring, with the rules of etcd and two that are stricter: everybody else is healthy, but for who
 * the plan knew to be dead, and the target does not lead. Pure.
 */
export function judgeRemoval(ring: Ring, { target, kind, alsoDead }: RemovalOrder): RemovalVerdict {
  const entry = ring.members.find(({ id }) => id === target.id);
  const words = memberWords(target);
  if (entry === undefined) {
    const note = `${words} is no member any more. ${votersOf(ring).length} voters are left.`;
    return { kind: 'stop', reason: 'removed-by-hand', note };
  }
  const healthyTarget = isHealthyVoter(entry);
  if (kind === 'dead' && healthyTarget)
    return { kind: 'stop', reason: 'target-recovered', note: `${words} answers again and is healthy.` };
  const sick = sickVoters(ring, [target.id, ...alsoDead]);
  if (sick.length > 0)
    return {
      kind: 'wait',
      reason: 'second-member-sick',
      note: `${secondSick(ring, target.id, sick)}${kind === 'swap' ? besideWords(target) : ''}`,
    };
  const voters = votersOf(ring).length;
  const healthy = votersOf(ring).filter(isHealthyVoter).length;
  const as = healthyTarget ? 'healthy-voter' : 'unhealthy-voter';
  const answer = mayRemove(voters, healthy, as, kind !== 'dead');
  if (!answer.allowed)
    return {
      kind: 'stop',
      reason: 'quorum-at-risk',
      note: `${answer.why} ${healthy} of ${voters} voters are healthy.`,
    };
  if (ring.leaderId === null || ring.term === null)
    return { kind: 'wait', reason: 'quorum-at-risk', note: 'The members do not agree on a leader.' };
  if (ring.leaderId === target.id)
    return { kind: 'wait', reason: 'leader-flapping', note: `${words} leads, and a leader is not removed.` };
  const via = chooseVia(ring, [target.id, ...alsoDead]);
  if (via === null) return { kind: 'wait', reason: 'quorum-at-risk', note: 'No healthy member can be asked.' };
  return { kind: 'go', via, voters, healthy, after: answer.why };
}

/** What a swap that ends here leaves. */
function besideWords({ id, name }: RemovalOrder['target']): string {
  return ` The new member votes already, beside ${name}: when all are well, \`etcdctl member remove ${id}\` ends the swap; then its etcd is stopped for good.`;
}

function secondSick(ring: Ring, target: MemberId, sick: readonly RingMember[]): string {
  const voters = votersOf(ring);
  const left = voters.filter((each) => each.id !== target && isHealthyVoter(each)).length;
  const first = sick[0]?.label ?? '';
  const needed = quorumOf(voters.length - 1);
  return `${sickWords(sick)}. Nothing was removed: ${left} healthy of ${voters.length - 1} voters would be left, and ${needed} are needed. Bring ${first} back first.`;
}
