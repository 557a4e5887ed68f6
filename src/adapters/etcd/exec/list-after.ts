import type { EtcdCall, EtcdMember } from '../../../core/ports/etcd.ts';
import { readMemberList } from '../answers.ts';
import type { Budget } from '../budget.ts';
import { printed } from './printed.ts';
import type { ExecRing } from './ring.ts';

/** Part of the time that a change itself may take, so that some is left to look what became of it. */
const CHANGE_SHARE = 0.75;

/** The limits of a change after which the list is looked at. */
export function timeForChange<C extends EtcdCall>(call: C): C {
  return { ...call, timeoutMs: call.timeoutMs * CHANGE_SHARE };
}

/** The member list after a change whose answer did not tell, in the time that is left; `null`: not to be had. */
export async function listAfter(
  ring: ExecRing,
  change: string,
  call: EtcdCall & { readonly via?: EtcdMember },
  budget: Budget,
): Promise<readonly EtcdMember[] | null> {
  const list = {
    args: ['member', 'list'],
    what: `Member list after "${change}"`,
    readOnly: true,
    reader: printed.members,
  };
  const limits = { ...call, timeoutMs: Math.max(1, budget.remainingMs()) };
  const listed = await (call.via === undefined ? ring.readAny(list, limits) : ring.toMember(call.via, list, limits));
  return listed.ok ? readMemberList(listed.value).members : null;
}
