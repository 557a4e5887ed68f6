import type { EtcdCall, EtcdMember, EtcdPort, EtcdResult, MemberId } from '../../../core/ports/etcd.ts';
import { readAdded } from '../answers.ts';
import { readRemoval, saidOfChange, selfRemoval } from '../member-changes.ts';
import { read } from '../port-answer.ts';
import { listAfter, timeForChange } from './list-after.ts';
import { printed } from './printed.ts';
import { promoteLearner } from './promote.ts';
import type { ExecRing } from './ring.ts';

/** etcdctl wants a name for its own hints; etcd does not get it. */
const UNUSED_NAME = 'new';

/** Changes of the member list through etcdctl. */
export function memberChanges(ring: ExecRing): Pick<EtcdPort, 'addMember' | 'removeMember' | 'promote'> {
  return {
    async addMember(via, { peerUrls, learner }, call) {
      const args = [
        'member',
        'add',
        UNUSED_NAME,
        ...(learner ? ['--learner'] : []),
        `--peer-urls=${peerUrls.join(',')}`,
      ];
      const request = { args, what: saidOfChange.add(via, peerUrls), readOnly: false, reader: printed.added };
      return read(await ring.changeVia(via, request, call), readAdded);
    },
    removeMember: async (via, id, call) => await removeMember(ring, via, id, call),
    promote: async (learner, call) => await promoteLearner(ring, learner, call),
  };
}

/** Removes a member. An exit code proves nothing: after an answer that cannot be read, the list at `via` decides if the id is gone. */
async function removeMember(
  ring: ExecRing,
  via: EtcdMember,
  id: MemberId,
  call: EtcdCall,
): Promise<EtcdResult<'removed' | 'absent'>> {
  const itself = selfRemoval(via, id);
  if (itself !== null) return itself;
  const what = saidOfChange.remove(via, id);
  const request = { args: ['member', 'remove', id], what, readOnly: false, reader: printed.removed };
  const budget = ring.budget(call);
  const answer = readRemoval(await ring.changeVia(via, request, timeForChange(call)));
  if (answer.ok || answer.error.code !== 'unknown-outcome') return answer;
  const listed = await listAfter(ring, what, { ...call, via }, budget);
  const gone = listed !== null && listed.length > 0 && !listed.some((member) => member.id === id);
  return gone ? { ok: true, value: 'absent' } : answer;
}
