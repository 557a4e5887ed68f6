import type { EtcdCall, EtcdMember, EtcdResult, MemberId } from '../../../core/ports/etcd.ts';
import { isVoterAlready, saidOfChange } from '../member-changes.ts';
import { listAfter, timeForChange } from './list-after.ts';
import type { ExecRing } from './ring.ts';

/**
 * Makes a learner a voter. etcdctl up to 3.5.19 crashes with exit code 2 after the promotion was done, so what counts is the
 * member list: a voter there is success, whatever etcdctl said.
 */
export async function promoteLearner(
  ring: ExecRing,
  learner: MemberId,
  call: EtcdCall & { readonly via?: EtcdMember },
): Promise<EtcdResult<null>> {
  const what = saidOfChange.promote(learner);
  const request = { args: ['member', 'promote', learner], what, readOnly: false, reader: () => ({}) };
  // Both share the caller's time; what is left for the look must suffice after a change that took all of its own.
  const budget = ring.budget(call);
  const answer = await (call.via === undefined
    ? ring.changeAny(request, timeForChange(call))
    : ring.changeVia(call.via, request, timeForChange(call)));
  if (answer.ok) return { ok: true, value: null };
  if (isVoterAlready(answer.error)) return { ok: true, value: null };
  if (answer.error.code !== 'unknown-outcome') return answer;
  const listed = await listAfter(ring, what, call, budget);
  const member = listed?.find(({ id }) => id === learner);
  return member?.isLearner === false ? { ok: true, value: null } : answer;
}
