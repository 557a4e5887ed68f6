import { dataPaths, lookAtPaths, readPaths } from '../../../src/core/etcd/host-files.ts';
import {
  disableService,
  enableService,
  forgetFailures,
  isStopped,
  type ServiceState,
  serviceWords,
  startService,
  startsWithMachine,
} from '../../../src/core/etcd/host-service.ts';
import type { HostRef, Machine } from '../machine.ts';
import type { MachineChange, MachineLook } from '../machine-change.ts';
import { ask, serviceOn } from './host-changes.ts';

const START_MS = 30_000;

/** Keeps the service from starting with the machine: a member whose data are moved aside must not begin anew under its old identity. */
export function disableChange(machine: Machine, ref: HostRef): MachineChange {
  return {
    item: `etcd on ${ref.host}`,
    action: 'disable',
    facts: { host: ref.host, service: ref.service },
    otherwise: 'host-refused',
    withinMs: START_MS,
    look: async () =>
      await lookAtBoot(machine, ref, (state) => {
        if (startsWithMachine(state) === 'no')
          return { is: 'done', note: `on ${ref.host} ${ref.service} does not start with the machine` };
        return startsWithMachine(state) === 'yes'
          ? { is: 'not-done', note: `on ${ref.host} ${ref.service} starts with the machine` }
          : {
              is: 'never',
              reason: 'host-refused',
              why: `on ${ref.host} ${ref.service} cannot be kept from starting with the machine: systemd has it as ${state.unitFile || 'unknown'}`,
            };
      }),
    call: async () => await machine.run(disableService(ref.service)),
  };
}

/** Lets the service start with the machine again, as the new member. */
export function enableChange(machine: Machine, ref: HostRef): MachineChange {
  return {
    item: `etcd on ${ref.host}`,
    action: 'enable',
    facts: { host: ref.host, service: ref.service },
    otherwise: 'member-not-joined',
    withinMs: START_MS,
    look: async () =>
      await lookAtBoot(machine, ref, (state) =>
        startsWithMachine(state) === 'yes'
          ? { is: 'done', note: `on ${ref.host} ${ref.service} starts with the machine` }
          : { is: 'not-done', note: `on ${ref.host} ${ref.service} does not start with the machine` },
      ),
    call: async () => await machine.run(enableService(ref.service)),
  };
}

async function lookAtBoot(
  machine: Machine,
  ref: HostRef,
  judge: (state: ServiceState) => MachineLook,
): Promise<MachineLook> {
  const state = await serviceOn(machine, ref);
  if (!state.ok) return { is: 'unread', why: state.why };
  if (state.value.load !== 'loaded')
    return { is: 'never', reason: 'host-refused', why: `on ${ref.host}: ${serviceWords(state.value)}` };
  return judge(state.value);
}

/**
 * Whether a host is as it must be before the new member is started there: no process of the service, and no data of a member. `null`: it is.
 */
export async function unfitToStart(machine: Machine, ref: HostRef): Promise<MachineLook | null> {
  const state = await serviceOn(machine, ref);
  if (!state.ok) return { is: 'unread', why: state.why };
  if (!isStopped(state.value))
    return {
      is: 'never',
      reason: 'member-not-joined',
      why: `on ${ref.host} ${ref.service} is ${serviceWords(state.value)}, and this run did not start it: stop it, then ask again`,
    };
  const { member } = dataPaths(ref.dataDirectory, 'look');
  const data = await ask(machine, lookAtPaths([member]), (outcome) => readPaths([member], outcome));
  if (!data.ok) return { is: 'unread', why: data.why };
  if ((data.value.get(member) ?? null) === null) return null;
  return {
    is: 'never',
    reason: 'member-not-joined',
    why: `${ref.host} has data in ${member} again, so etcd was not started with them: move them aside, then ask again`,
  };
}

/**
 * Starts the service. That it joins is seen in the member list, not here. A process counts as the new member's when it runs after this step announced
 * its start, which nothing ran before, and its settings are still the ones that this run wrote.
 *
 * @param isAnnounced whether this step announced the start already: until then a process that runs is somebody else's, not the new member
 * @param config the settings that it has to start with
 */
export function startChange(
  machine: Machine,
  ref: HostRef,
  isAnnounced: () => boolean,
  config: Pick<MachineChange, 'look'>,
): MachineChange {
  let isCalled = false;
  return {
    item: `etcd on ${ref.host}`,
    action: 'start',
    facts: { host: ref.host, service: ref.service },
    otherwise: 'member-not-joined',
    withinMs: START_MS,
    look: async () => {
      const unfit = isCalled || isAnnounced() ? null : await unfitToStart(machine, ref);
      if (unfit !== null) return unfit;
      const state = await serviceOn(machine, ref);
      if (!state.ok) return { is: 'unread', why: state.why };
      const note = `on ${ref.host} ${ref.service} is ${serviceWords(state.value)}`;
      if (state.value.mainPid === null) return { is: 'not-done', note };
      const settings = await config.look();
      if (settings.is !== 'not-done') return settings.is === 'done' ? { is: 'done', note } : settings;
      return {
        is: 'never',
        reason: 'member-not-joined',
        why: `${note}, and somebody changed ${ref.environmentFile} after it was written: it may have started with other settings`,
      };
    },
    call: async () => {
      isCalled = true;
      const forgotten = await machine.run(forgetFailures(ref.service));
      return forgotten.ok ? await machine.run(startService(ref.service)) : forgotten;
    },
  };
}
