import { z } from 'zod';
import { enableService, type ServiceState } from '../../../src/core/etcd/host-service.ts';
import { defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { LOOK_TIMEOUT_MS } from '../../steps/read-ring.ts';
import { type HostRef, hostMachine, type MachineContext } from '../machine.ts';
import { serviceOn } from './host-changes.ts';

/** Id of the registered cleanup: a run stops one process. */
const ENABLE_UNIT = 'enable-unit';

const EnableInput = z.strictObject({
  clusterId: z.string().min(1),
  /** The member whose process it is. */
  memberId: z.string().min(1),
  host: z.string().min(1),
  service: z.string().min(1),
});

/**
 * Lets a service start with its machine again that a run disabled and then did not stop: a voter that is well would be gone after the next restart.
 * One that is stopped, disabled by nobody, or no member any more, is left as it is. Safe to call twice.
 */
export const enableUnitCleanup = defineCleanup({
  kind: 'hosts.enable-unit@1',
  input: EnableInput,
  needs: ['etcd', 'hosts'],
  restore: async (context, { clusterId, memberId, host, service }): Promise<string | NotYet | null> => {
    const { etcd, hosts } = context.ports;
    const what = `Whether ${service} of ${host} is to start with the machine`;
    const byHand = `By hand, as long as its process runs and is a member: systemctl enable ${service}`;
    // What is run as root is only what this worker is configured for.
    if (hosts.facts?.service !== service) return `${what} is not looked at: etcd.hosts was changed. ${byHand}`;
    const machine = hostMachine(context, host);
    const before = await serviceOn(machine, { service });
    if (!before.ok) return { notYet: `${what} cannot be told: ${before.why}. ${byHand}` };
    if (!isLeftDisabled(before.value)) return null;
    const list = await etcd.members({ timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
    if (!list.ok) return { notYet: `${what} cannot be told: ${list.error.message}. ${byHand}` };
    const { members, clusterId: now } = list.value;
    if (now !== clusterId || !members.some(({ id }) => id === memberId)) return null;
    await machine.run(enableService(service));
    const after = await serviceOn(machine, { service });
    if (after.ok && !isLeftDisabled(after.value)) return null;
    const why = after.ok ? 'it is disabled still' : after.why;
    return { notYet: `${service} of ${host} does not start with the machine: ${why}. ${byHand}` };
  },
});

/** Disabled although it runs, or is started again and again; one that was told to stop is none of these. */
function isLeftDisabled({ load, unitFile, active }: ServiceState): boolean {
  return load === 'loaded' && unitFile === 'disabled' && ['active', 'activating', 'reloading'].includes(active);
}

/** Registers it, right before the service is disabled. */
export async function registerEnableUnit(
  context: MachineContext,
  { host, service }: HostRef,
  ids: { readonly clusterId: string; readonly memberId: string },
): Promise<void> {
  await context.registerCleanup({
    id: ENABLE_UNIT,
    kind: enableUnitCleanup.kind,
    input: { ...ids, host, service },
    // True in every ending: also when it was stopped, and stays disabled.
    summary: `that ${service} on ${host} starts with the machine as long as its member runs`,
  });
}

/** Its process is seen stopped: that the service does not start with the machine is meant. */
export async function forgetEnableUnit(context: MachineContext): Promise<void> {
  await context.cleanedUp(ENABLE_UNIT);
}
