import { z } from 'zod';
import type { EtcdMember, EtcdPort } from '../../src/core/ports/etcd.ts';
import { defineCleanup } from '../../src/core/runbook.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';

/** Id of the registered cleanup: one learner at a time is added by a run. */
export const DROP_LEARNER = 'drop-learner';

/** The entry that a run added, or was about to. */
export const DropInput = z.strictObject({
  clusterId: z.string().min(1),
  peerUrls: z.array(z.string().min(1)).min(1),
  /** Ids that were in the list before it was added. */
  before: z.array(z.string().min(1)),
});
export type DropInput = z.infer<typeof DropInput>;

/** Tries to take it away, 5 s apart: the ring may be about to elect a leader. */
const TRIES = 6;
const AGAIN_MS = 5000;

/** The entry with one of these peer URLs that was not there before; `null`: none. */
export function entryWith(
  members: readonly EtcdMember[],
  { peerUrls, before }: Pick<DropInput, 'peerUrls' | 'before'>,
): EtcdMember | null {
  return (
    members.find((each) => !before.includes(each.id) && each.peerUrls.some((url) => peerUrls.includes(url))) ?? null
  );
}

/**
 * Takes the new entry out of the list again while it does not vote: a learner, or one that was never started. A voter stays, and so does everything
 * in another ring. Safe to call twice.
 */
export const dropLearnerCleanup = defineCleanup({
  kind: 'etcd.drop-learner@1',
  input: DropInput,
  needs: ['etcd'],
  restore: async (context, input) => {
    let why = '';
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (attempt > 0) await context.pause(AGAIN_MS);
      const left = await drop(context.ports.etcd, input, context.signal);
      if (left === null) return null;
      why = left;
    }
    // With a quorum again it goes: members that restart are away for minutes.
    return { notYet: why };
  },
});

async function drop(etcd: EtcdPort, input: DropInput, signal: AbortSignal): Promise<string | null> {
  const call = { timeoutMs: LOOK_TIMEOUT_MS, signal };
  const words = `the entry with ${input.peerUrls.join(', ')}`;
  const list = await etcd.members(call);
  if (!list.ok)
    return `Whether ${words} is in the member list cannot be told: ${list.error.message}. By hand: etcdctl member list, and if it is there as a learner, etcdctl member remove with its id`;
  // A restored or re-created ring is not the one that it was added to.
  if (list.value.clusterId !== input.clusterId) return null;
  const entry = entryWith(list.value.members, input);
  if (entry === null || !entry.isLearner) return null;
  const via = await healthyVoter(etcd, list.value.members, signal);
  const byHand = `By hand, as long as it is a learner: etcdctl member remove ${entry.id}`;
  if (via === null)
    return `${words} (${entry.id}) is still a learner: no voter that knows a leader can be asked to remove it. ${byHand}`;
  // A promotion without a certain answer may have been carried out meanwhile, and a voter stays: asked with a quorum, right before.
  const now = await etcd.members({ ...call, linearizable: true, via });
  if (!now.ok) return `Whether ${words} (${entry.id}) votes by now cannot be told: ${now.error.message}. ${byHand}`;
  if (now.value.clusterId !== input.clusterId) return null;
  if (!now.value.members.some(({ id, isLearner }) => id === entry.id && isLearner)) return null;
  const removed = await etcd.removeMember(via, entry.id, { timeoutMs: 2 * LOOK_TIMEOUT_MS, signal });
  const after = await etcd.members(call);
  if (after.ok && !after.value.members.some(({ id }) => id === entry.id)) return null;
  return `${words} (${entry.id}) is still a learner${removed.ok ? '' : `: ${removed.error.message}`}. ${byHand}`;
}

async function healthyVoter(
  etcd: EtcdPort,
  members: readonly EtcdMember[],
  signal: AbortSignal,
): Promise<EtcdMember | null> {
  for (const member of members.filter(({ isLearner, name }) => !isLearner && name !== '')) {
    const status = await etcd.status(member, { timeoutMs: LOOK_TIMEOUT_MS, signal });
    if (status.ok && status.value.memberId === member.id && status.value.leaderId !== null) return member;
  }
  return null;
}
