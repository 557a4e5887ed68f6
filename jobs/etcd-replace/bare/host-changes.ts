import {
  type EtcdSettings,
  type ExpectedMember,
  joiningSettings,
  misfits,
  type NamedPeer,
  readEnvironment,
  withSettings,
} from '../../../src/core/etcd/environment-file.ts';
import {
  dataPaths,
  fileReplacement,
  type HostPath,
  lookAtData,
  lookAtPaths,
  moveAside,
  readDataPlace,
  readFile,
  readPaths,
  readText,
  replaceFile,
} from '../../../src/core/etcd/host-files.ts';
import {
  type HostReading,
  isStopped,
  readDatabaseLock,
  readServiceState,
  type ServiceState,
  serviceLog,
  serviceWords,
  showService,
  startsWithMachine,
  stopService,
  tryDatabaseLock,
  unusableService,
} from '../../../src/core/etcd/host-service.ts';
import type { ExecOutcome } from '../../../src/core/ports/kubernetes.ts';
import type { HostRef, Machine, MachineAnswer } from '../machine.ts';
import type { MachineChange, MachineLook } from '../machine-change.ts';

/** Stopping a service may wait for etcd's own end; systemd kills it after 90 s. */
const STOP_MS = 150_000;
const MOVE_MS = 30_000;
const LOG_LINES = 20;

/** The answer of a program, read; a program that was not run is unread. */
export async function ask<T>(
  machine: Machine,
  program: Parameters<Machine['run']>[0],
  read: (outcome: ExecOutcome) => HostReading<T>,
): Promise<HostReading<T>> {
  const answer = await machine.run(program);
  return answer.ok ? read(answer.outcome) : { ok: false, why: `${machine.name}: ${answer.why}` };
}

/** What the service of a host is now. */
export async function serviceOn(
  machine: Machine,
  { service }: Pick<HostRef, 'service'>,
): Promise<HostReading<ServiceState>> {
  return await ask(machine, showService(service), readServiceState);
}

/**
 * Why a host is not the one of this member, or is set up so that it cannot be worked on; empty: it can. Changes nothing.
 *
 * @param member `null`: who it is cannot be compared, because it is to be another one
 */
export async function hostTrouble(
  machine: Machine,
  ref: HostRef,
  member: Omit<ExpectedMember, 'dataDirectory'> | null,
): Promise<readonly string[]> {
  const state = await serviceOn(machine, ref);
  if (!state.ok) return [state.why];
  const unusable = unusableService(state.value, ref.environmentFile);
  if (unusable.length > 0) return unusable.map((each) => `${machine.name}: ${each}`);
  const settings = await settingsOn(machine, ref);
  if (!settings.ok) return [settings.why];
  if (member === null) return [];
  if (startsWithMachine(state.value) === 'unknown')
    return [
      `${machine.name}: ${ref.service} cannot be kept from starting with the machine: systemd has it as ${state.value.unitFile || 'unknown'}; give its unit an [Install] section`,
    ];
  const found = misfits(settings.value.settings, { ...member, dataDirectory: ref.dataDirectory });
  const own = await ownFilesystem(machine, ref);
  return [...found, ...(own === null ? [] : [own])].map((each) => `${machine.name}: ${each}`);
}

/** Why the data cannot be moved aside by a rename; `null`: they can, or there are none. Found before anything is stopped. */
async function ownFilesystem(machine: Machine, { dataDirectory }: HostRef): Promise<string | null> {
  const paths = dataPaths(dataDirectory, 'look');
  const data = await ask(machine, lookAtData(paths), (outcome) => readDataPlace(paths, outcome));
  if (!data.ok) return data.why;
  if (data.value.place === 'no-directory') return `there is no ${dataDirectory}`;
  return data.value.place === 'in-place' && !data.value.movable
    ? `${paths.member} is a filesystem of its own, so its data would be copied: move its content aside by hand`
    : null;
}

async function settingsOn(
  machine: Machine,
  { environmentFile }: HostRef,
): Promise<HostReading<{ readonly text: string; readonly settings: EtcdSettings }>> {
  const text = await ask(machine, readFile(environmentFile), readText);
  if (!text.ok) return text;
  const settings = readEnvironment(text.value);
  return settings.ok ? { ok: true, value: { text: text.value, settings: settings.value } } : settings;
}

/** Stops the service; it is stopped when systemd has no process of it and nobody has its database open. */
export function stopChange(machine: Machine, ref: HostRef): MachineChange {
  return {
    item: `etcd on ${ref.host}`,
    action: 'stop',
    facts: { host: ref.host, service: ref.service },
    otherwise: 'old-process-alive',
    withinMs: STOP_MS,
    look: async () => await lookStopped(machine, ref),
    call: async () => await machine.run(stopService(ref.service)),
  };
}

async function lookStopped(machine: Machine, ref: HostRef): Promise<MachineLook> {
  const state = await serviceOn(machine, ref);
  if (!state.ok) return { is: 'unread', why: state.why };
  if (!isStopped(state.value))
    return { is: 'not-done', note: `on ${ref.host} ${ref.service} is ${serviceWords(state.value)}` };
  const open = await databaseOn(machine, ref);
  if (!open.ok) return { is: 'unread', why: open.why };
  if (open.value === 'held')
    return {
      is: 'not-done',
      note: `on ${ref.host} ${ref.service} is stopped, and another process has its database open`,
    };
  return {
    is: 'done',
    note: `on ${ref.host} ${ref.service} is ${serviceWords(state.value)}, and nobody has its database open`,
  };
}

/** `none`: there is no database. */
async function databaseOn(
  machine: Machine,
  { dataDirectory }: HostRef,
): Promise<HostReading<'free' | 'held' | 'none'>> {
  const path = `${dataDirectory}/member/snap/db`;
  const there = await ask(machine, lookAtPaths([path]), (outcome) => readPaths([path], outcome));
  if (!there.ok) return there;
  if ((there.value.get(path) ?? null) === null) return { ok: true, value: 'none' };
  return await ask(machine, tryDatabaseLock(dataDirectory), readDatabaseLock);
}

/** Moves the data aside by one rename, and keeps them. Only when the process is seen stopped. */
export function asideChange(machine: Machine, ref: HostRef, runId: string): MachineChange {
  const paths = dataPaths(ref.dataDirectory, runId);
  const read = async (): Promise<MachineLook> => {
    const place = await ask(machine, lookAtData(paths), (outcome) => readDataPlace(paths, outcome));
    if (!place.ok) return { is: 'unread', why: place.why };
    switch (place.value.place) {
      case 'aside':
        return { is: 'done', note: `the data of ${ref.host} are kept in ${paths.aside}` };
      case 'neither':
        return { is: 'done', note: `${ref.dataDirectory} of ${ref.host} has no data of a member` };
      case 'both':
        return {
          is: 'never',
          reason: 'outcome-unknown',
          why: `${ref.host} has data in ${paths.member} and in ${paths.aside}: something began anew`,
        };
      case 'no-directory':
        return { is: 'never', reason: 'host-refused', why: `${ref.host} has no ${ref.dataDirectory}` };
      case 'in-place':
        if (place.value.movable) return { is: 'not-done', note: `the data of ${ref.host} are in ${paths.member}` };
        return {
          is: 'never',
          reason: 'host-refused',
          why: `${paths.member} of ${ref.host} is a filesystem of its own, so its data would be copied; move its content aside by hand`,
        };
    }
  };
  return {
    item: `data of ${ref.host}`,
    action: 'set-aside-data',
    facts: { host: ref.host, from: paths.member, to: paths.aside },
    otherwise: 'host-refused',
    withinMs: MOVE_MS,
    look: async () => {
      const seen = await read();
      if (seen.is !== 'not-done') return seen;
      const stopped = await lookStopped(machine, ref);
      if (stopped.is === 'done') return seen;
      if (stopped.is === 'unread') return stopped;
      return { is: 'never', reason: 'old-process-alive', why: stopped.is === 'not-done' ? stopped.note : stopped.why };
    },
    call: async () => await machine.run(moveAside(paths)),
  };
}

/** Writes what the new member is to start with. The old file is kept beside it. */
export function configChange(
  machine: Machine,
  ref: HostRef,
  {
    runId,
    member,
    others,
  }: { readonly runId: string; readonly member: NamedPeer; readonly others: readonly NamedPeer[] },
): MachineChange {
  const names = fileReplacement(ref.environmentFile, runId);
  const settings = joiningSettings(member, others);
  return {
    item: `${ref.environmentFile} of ${ref.host}`,
    action: 'write-config',
    facts: { host: ref.host, file: names.path, kept: names.kept, settings: { ...settings } },
    otherwise: 'host-refused',
    withinMs: MOVE_MS,
    look: async () => {
      const now = await settingsOn(machine, ref);
      if (!now.ok) return { is: 'unread', why: now.why };
      return withSettings(now.value.text, settings) === now.value.text
        ? { is: 'done', note: `${names.path} of ${ref.host} names the ring as it is, and that it exists` }
        : { is: 'not-done', note: `${names.path} of ${ref.host} is not written yet` };
    },
    call: async () => {
      const now = await settingsOn(machine, ref);
      if (!now.ok) return { ok: false, how: 'not-run', why: now.why };
      const kept = await ask(machine, lookAtPaths([names.kept]), (outcome) => readPaths([names.kept], outcome));
      if (!kept.ok) return { ok: false, how: 'not-run', why: kept.why };
      const old: HostPath | null = kept.value.get(names.kept) ?? null;
      return await runAll(machine, replaceFile(names, withSettings(now.value.text, settings), old !== null));
    },
  };
}

/** One after the other; the first that does not do it ends it. */
async function runAll(machine: Machine, programs: ReturnType<typeof replaceFile>): Promise<MachineAnswer> {
  let last: MachineAnswer = { ok: false, how: 'not-run', why: 'there is nothing to be run' };
  for (const program of programs) {
    last = await machine.run(program);
    if (!last.ok || last.outcome.exitCode !== 0) return last;
  }
  return last;
}

/** Words of etcd that say that it was started with data that are not its own. */
const OLD_DATA =
  /permanently removed from the cluster|data-dir used by this member must be removed|cluster ID mismatch|member count is unequal/;

/** What the log of a service says of old data; `null`: nothing, or it cannot be read. */
export async function oldDataOn(machine: Machine, ref: HostRef): Promise<string | null> {
  const answer = await machine.run(serviceLog(ref.service, LOG_LINES));
  if (!answer.ok || answer.outcome.exitCode !== 0) return null;
  const [found] = OLD_DATA.exec(new TextDecoder().decode(answer.outcome.stdout)) ?? [];
  return found === undefined ? null : `its log on ${ref.host} says "${found}"`;
}
