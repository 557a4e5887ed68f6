import type { NamedPeer } from '../../../src/core/etcd/environment-file.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { ReplacePlanContext } from '../case-plan.ts';
import { type HostRef, hostMachine } from '../machine.ts';
import { hostTrouble, serviceOn } from './host-changes.ts';

/** Whether a host lets us in, is the one of the member, and can be worked on: found before anything is begun. */
export async function lookAtHost(context: ReplacePlanContext, ref: HostRef, member: NamedPeer): Promise<Check> {
  const machine = hostMachine(context, ref.host);
  const trouble = await hostTrouble(machine, ref, member);
  if (trouble.length > 0)
    return { id: 'hosts', verdict: 'block', title: `${ref.host} cannot be worked on`, evidence: trouble.join('; ') };
  const state = await serviceOn(machine, ref);
  const evidence = state.ok ? `${ref.service} is ${state.value.active} (${state.value.sub})` : state.why;
  return { id: 'hosts', verdict: 'pass', title: `${ref.host} is the host of ${member.name}`, evidence };
}
