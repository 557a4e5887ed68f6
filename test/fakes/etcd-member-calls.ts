import type { EtcdError, EtcdPort } from '../../src/core/ports/etcd.ts';
import {
  additionRefusal,
  type MembershipRefusal,
  promotionRefusal,
  removalRefusal,
  removeFrom,
} from './etcd-membership.ts';
import type { Ask, FakePortParts } from './etcd-port.ts';
import { refusal } from './etcd-reach.ts';
import { viewOf } from './etcd-views.ts';

/** Changes of the member list, as the fake ring takes and refuses them. */
export function memberListCalls(
  parts: FakePortParts,
  ask: Ask,
): Pick<EtcdPort, 'addMember' | 'removeMember' | 'promote'> {
  const { ring, clock, added } = parts;
  const change = { needs: 'leader', applies: false } as const;
  return {
    addMember(via, addition, call) {
      const detail = `${addition.peerUrls.join()}${addition.learner ? ' learner' : ''}`;
      return ask({ ...change, method: 'addMember', call, member: via, detail }, (asked) => {
        const refused = additionRefusal(ring, asked, addition, clock.nowMs());
        if (refused !== null) return no('addMember', refused);
        const member = added(addition);
        ring.members.push(member);
        ring.raftIndex += 1n;
        return { ok: true, value: viewOf(member) };
      });
    },
    removeMember(via, id, call) {
      return ask({ ...change, method: 'removeMember', call, member: via, detail: id }, (asked) => {
        if (asked.id === id) return { ok: false, error: refusal('refused', 'removeMember', 'never by itself') };
        const refused = removalRefusal(ring, asked, id, clock.nowMs());
        if (refused?.refusal === 'no-such-member') return { ok: true, value: 'absent' };
        if (refused !== null) return no('removeMember', refused);
        removeFrom(ring, id);
        return { ok: true, value: 'removed' };
      });
    },
    promote(learner, call) {
      return ask({ ...change, method: 'promote', call, member: call.via ?? null, detail: learner }, () => {
        const refused = promotionRefusal(ring, learner);
        if (refused !== null && refused.refusal !== 'not-a-learner') return no('promote', refused);
        const member = ring.members.find(({ id }) => id === learner);
        if (member !== undefined) member.isLearner = false;
        return { ok: true, value: null };
      });
    },
  };
}

function no(
  what: string,
  { refusal: why, text }: MembershipRefusal,
): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error: { ...refusal('refused', what, text), refusal: why } };
}
