import type { EtcdCall, EtcdError, EtcdMember, EtcdPort, EtcdResult, MemberId } from '../../core/ports/etcd.ts';
import { readAdded } from './answers.ts';
import { idToDecimal } from './ids.ts';
import { nothing, read } from './port-answer.ts';
import type { Ring } from './ring.ts';
import type { EtcdRpc } from './rpc.ts';

/** Whether a promotion was refused because the member votes already. */
export function isVoterAlready(error: EtcdError): boolean {
  return error.refusal === 'not-a-learner';
}

/** What a call to change the member list does, for error texts. */
export const saidOfChange = {
  add: (via: EtcdMember, peerUrls: readonly string[]): string =>
    `Add a member at ${peerUrls.join(', ')} by ${via.name === '' ? via.id : via.name}`,
  remove: (via: EtcdMember, id: MemberId): string => `Remove member ${id} by ${via.name === '' ? via.id : via.name}`,
  promote: (learner: MemberId): string => `Promote learner ${learner}`,
} as const;

/** A member is not asked to remove itself: it could not tell how that went. Nothing was sent. */
export function selfRemoval(via: EtcdMember, id: MemberId): EtcdResult<never> | null {
  if (via.id !== id) return null;
  const message = `${saidOfChange.remove(via, id)}: a member is removed by another one, never by itself. Nothing was sent`;
  return { ok: false, error: { code: 'refused', message } };
}

/** The answer to a removal: a member that is not there is no failure. */
export function readRemoval(answer: EtcdResult<object>): EtcdResult<'removed' | 'absent'> {
  if (answer.ok) return { ok: true, value: 'removed' };
  return answer.error.refusal === 'no-such-member' ? { ok: true, value: 'absent' } : answer;
}

/** Changes of the member list by gRPC. */
export function memberChanges(
  rpc: Pick<EtcdRpc, 'memberAdd' | 'memberRemove' | 'promote'>,
  ring: Ring,
): Pick<EtcdPort, 'addMember' | 'removeMember' | 'promote'> {
  return {
    async addMember(via, { peerUrls, learner }, call) {
      const body = { peerURLs: peerUrls, isLearner: learner };
      const what = saidOfChange.add(via, peerUrls);
      return read(await ring.changeVia(via, { method: rpc.memberAdd, body, what, readOnly: false }, call), readAdded);
    },
    async removeMember(via, id, call) {
      const itself = selfRemoval(via, id);
      if (itself !== null) return itself;
      const what = saidOfChange.remove(via, id);
      const request = { method: rpc.memberRemove, body: { ID: idToDecimal(id) }, what, readOnly: false };
      return readRemoval(await ring.changeVia(via, request, call));
    },
    async promote(learner, call: EtcdCall & { readonly via?: EtcdMember }) {
      const what = saidOfChange.promote(learner);
      const request = { method: rpc.promote, body: { ID: idToDecimal(learner) }, what, readOnly: false };
      const answer = await (call.via === undefined
        ? ring.changeAny(request, call)
        : ring.changeVia(call.via, request, call));
      return !answer.ok && isVoterAlready(answer.error) ? { ok: true, value: null } : read(answer, nothing);
    },
  };
}
