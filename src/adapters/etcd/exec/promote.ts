import type { EtcdCall, EtcdResult, MemberId } from '../../../core/ports/etcd.ts';
import { readMemberList } from '../answers.ts';
import { isVoterAlready } from '../member-changes.ts';
import { printed } from './printed.ts';
import type { ExecRing } from './ring.ts';

/** Part of the time that the promotion itself may take. */
const CHANGE_SHARE = 0.75;

/**
 * Makes a learner a voter. etcdctl up to 3.5.19 crashes with exit code 2 after the promotion was done, so what counts is the
 * member list: a voter there is success, whatever etcdctl said.
 */
export async function promoteLearner(ring: ExecRing, learner: MemberId, call: EtcdCall): Promise<EtcdResult<null>> {
  const what = `Promote learner ${learner}`;
  const request = { args: ['member', 'promote', learner], what, readOnly: false, reader: () => ({}) };
  // Both share the caller's time; what is left for the look must suffice after a change that took all of its own.
  const budget = ring.budget(call);
  const answer = await ring.changeAny(request, { ...call, timeoutMs: call.timeoutMs * CHANGE_SHARE });
  if (answer.ok) return { ok: true, value: null };
  if (isVoterAlready(answer.error)) return { ok: true, value: null };
  if (answer.error.code !== 'unknown-outcome') return answer;
  const list = {
    args: ['member', 'list'],
    what: `Member list after "${what}"`,
    readOnly: true,
    reader: printed.members,
  };
  const listed = await ring.readAny(list, { ...call, timeoutMs: Math.max(1, budget.remainingMs()) });
  if (!listed.ok) return answer;
  const member = readMemberList(listed.value).members.find(({ id }) => id === learner);
  return member?.isLearner === false ? { ok: true, value: null } : answer;
}
