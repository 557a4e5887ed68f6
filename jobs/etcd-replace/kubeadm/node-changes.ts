import type { NamedPeer } from '../../../src/core/etcd/environment-file.ts';
import { dataPaths, moveAside, readFile, readText } from '../../../src/core/etcd/host-files.ts';
import {
  type HostProgram,
  type HostReading,
  readDatabaseLock,
  tryDatabaseLock,
  wordsOfFailure,
} from '../../../src/core/etcd/host-service.ts';
import type { Machine, MachineAnswer, NodeRef } from '../machine.ts';
import type { MachineChange, MachineLook } from '../machine-change.ts';
import { type EtcdManifest, joiningManifest, readManifest } from './etcd-manifest.ts';

/** Where kubeadm keeps the manifest that the kubelet runs. */
export const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';

/** Until the kubelet has ended etcd: its look at the directory, and the grace of the pod. */
const STOP_MS = 120_000;
const MOVE_MS = 30_000;

/** Where a run keeps the manifest meanwhile: beside the folder that the kubelet reads, so that a rename moves it. */
export function keptManifest(runId: string): string {
  return `/etc/kubernetes/drydock-etcd-${runId}.yaml`;
}

/** The manifest of etcd on a node, wherever it is just now, read. */
export async function manifestOn(
  machine: Machine,
  runId: string,
): Promise<HostReading<{ readonly text: string; readonly facts: EtcdManifest; readonly kept: boolean }>> {
  const inPlace = await existsOn(machine, MANIFEST);
  if (!inPlace.ok) return inPlace;
  const path = inPlace.value === null ? keptManifest(runId) : MANIFEST;
  const answer = await machine.run(readFile(path));
  if (!answer.ok) return { ok: false, why: `${machine.name}: ${answer.why}` };
  const text = readText(answer.outcome);
  if (!text.ok) return { ok: false, why: `${machine.name}: ${text.why}` };
  const facts = readManifest(text.value);
  return facts.ok
    ? { ok: true, value: { text: text.value, facts: facts.value, kept: path !== MANIFEST } }
    : { ok: false, why: `${path} of ${machine.name}: ${facts.why}` };
}

/** The number of the filesystem of a path; `null`: there is no such path. One path a call, so that nothing depends on how it is printed. */
async function existsOn(machine: Machine, path: string): Promise<HostReading<string | null>> {
  const answer = await machine.run({ argv: ['stat', '--format=%d', '--', path] });
  if (!answer.ok) return { ok: false, why: `${machine.name}: ${answer.why}` };
  const { outcome } = answer;
  if (outcome.exitCode === 0) return { ok: true, value: new TextDecoder().decode(outcome.stdout).trim() };
  const said = new TextDecoder().decode(outcome.stderr);
  if (said.includes('No such file or directory')) return { ok: true, value: null };
  return { ok: false, why: `${machine.name}: ${wordsOfFailure('stat', outcome)}` };
}

/** Takes the manifest out of the kubelet's folder; etcd is stopped when nobody has its database open. */
export function stopPodChange(machine: Machine, ref: NodeRef, runId: string, dataDirectory: string): MachineChange {
  const kept = keptManifest(runId);
  return {
    item: `etcd on ${ref.node}`,
    action: 'stop',
    facts: { node: ref.node, from: MANIFEST, to: kept },
    otherwise: 'old-process-alive',
    withinMs: STOP_MS,
    look: async () => await lookStopped(machine, ref, runId, dataDirectory),
    call: async () => await machine.run({ argv: ['mv', '-T', '-n', '--', MANIFEST, kept] }),
  };
}

async function lookStopped(
  machine: Machine,
  { node }: NodeRef,
  runId: string,
  dataDirectory: string,
): Promise<MachineLook> {
  const [inPlace, kept] = [await existsOn(machine, MANIFEST), await existsOn(machine, keptManifest(runId))];
  if (!inPlace.ok) return { is: 'unread', why: inPlace.why };
  if (!kept.ok) return { is: 'unread', why: kept.why };
  if (inPlace.value !== null && kept.value !== null)
    return {
      is: 'never',
      reason: 'outcome-unknown',
      why: `${node} has ${MANIFEST} again, and ${keptManifest(runId)} too`,
    };
  if (inPlace.value === null && kept.value === null)
    return { is: 'never', reason: 'host-refused', why: `${node} has no ${MANIFEST}` };
  if (inPlace.value !== null) return { is: 'not-done', note: `${MANIFEST} of ${node} is in its place` };
  const open = await databaseOn(machine, dataDirectory);
  if (!open.ok) return { is: 'unread', why: open.why };
  return open.value === 'held'
    ? { is: 'not-done', note: `the manifest of ${node} is aside, and its etcd still runs` }
    : {
        is: 'done',
        note: `the manifest of ${node} is kept as ${keptManifest(runId)}, and nobody has its database open`,
      };
}

async function databaseOn(machine: Machine, dataDirectory: string): Promise<HostReading<'free' | 'held' | 'none'>> {
  const there = await existsOn(machine, `${dataDirectory}/member/snap/db`);
  if (!there.ok) return there;
  if (there.value === null) return { ok: true, value: 'none' };
  const answer = await machine.run(tryDatabaseLock(dataDirectory));
  return answer.ok ? readDatabaseLock(answer.outcome) : { ok: false, why: `${machine.name}: ${answer.why}` };
}

/** Moves the data aside by one rename, and keeps them. Only when etcd is seen stopped. */
export function asidePodChange(machine: Machine, ref: NodeRef, runId: string, dataDirectory: string): MachineChange {
  const paths = dataPaths(dataDirectory, runId);
  return {
    item: `data of ${ref.node}`,
    action: 'set-aside-data',
    facts: { node: ref.node, from: paths.member, to: paths.aside },
    otherwise: 'host-refused',
    withinMs: MOVE_MS,
    look: async () => {
      const [directory, member, aside] = [
        await existsOn(machine, paths.directory),
        await existsOn(machine, paths.member),
        await existsOn(machine, paths.aside),
      ];
      for (const each of [directory, member, aside]) if (!each.ok) return { is: 'unread', why: each.why };
      const [own, from, to] = [valueOf(directory), valueOf(member), valueOf(aside)];
      if (from !== null && to !== null)
        return {
          is: 'never',
          reason: 'outcome-unknown',
          why: `${ref.node} has data in ${paths.member} and in ${paths.aside}: something began anew`,
        };
      if (to !== null) return { is: 'done', note: `the data of ${ref.node} are kept in ${paths.aside}` };
      if (from === null) return { is: 'done', note: `${paths.directory} of ${ref.node} has no data of a member` };
      if (own !== from)
        return {
          is: 'never',
          reason: 'host-refused',
          why: `${paths.member} of ${ref.node} is a filesystem of its own, so its data would be copied; move its content aside by hand`,
        };
      const stopped = await lookStopped(machine, ref, runId, dataDirectory);
      if (stopped.is === 'done') return { is: 'not-done', note: `the data of ${ref.node} are in ${paths.member}` };
      return { is: 'never', reason: 'old-process-alive', why: stopped.is === 'not-done' ? stopped.note : stopped.why };
    },
    call: async () => await machine.run(moveAside(paths)),
  };
}

function valueOf(reading: HostReading<string | null>): string | null {
  return reading.ok ? reading.value : null;
}

/** Puts the manifest back with the ring as it is, by one rename: the kubelet starts etcd from it. */
export function startPodChange(
  machine: Machine,
  ref: NodeRef,
  {
    runId,
    member,
    others,
  }: { readonly runId: string; readonly member: NamedPeer; readonly others: readonly NamedPeer[] },
): MachineChange {
  const kept = keptManifest(runId);
  const draft = `/etc/kubernetes/drydock-etcd-${runId}.new`;
  const wanted = async (): Promise<HostReading<string>> => {
    const answer = await machine.run(readFile(kept));
    if (!answer.ok) return { ok: false, why: `${machine.name}: ${answer.why}` };
    const text = readText(answer.outcome);
    return text.ok ? joiningManifest(text.value, member, others) : text;
  };
  return {
    item: `etcd on ${ref.node}`,
    action: 'start',
    facts: { node: ref.node, manifest: MANIFEST, from: kept },
    otherwise: 'member-not-joined',
    withinMs: MOVE_MS,
    look: async () => {
      const inPlace = await existsOn(machine, MANIFEST);
      if (!inPlace.ok) return { is: 'unread', why: inPlace.why };
      if (inPlace.value === null)
        return { is: 'not-done', note: `${MANIFEST} of ${ref.node} is not back in its place` };
      const [text, now] = [await wanted(), await machine.run(readFile(MANIFEST))];
      if (!text.ok) return { is: 'unread', why: text.why };
      const read = now.ok ? readText(now.outcome) : null;
      if (read?.ok !== true) return { is: 'unread', why: `${MANIFEST} of ${ref.node} could not be read` };
      return read.value === text.value
        ? { is: 'done', note: `${MANIFEST} of ${ref.node} is back, with the ring as it is` }
        : { is: 'never', reason: 'plan-drifted', why: `somebody put another ${MANIFEST} on ${ref.node}` };
    },
    call: async () => {
      const text = await wanted();
      if (!text.ok) return { ok: false, how: 'not-run', why: text.why };
      const programs: readonly HostProgram[] = [
        { argv: ['tee', '--', draft], stdin: new TextEncoder().encode(text.value) },
        { argv: ['chmod', `--reference=${kept}`, '--', draft] },
        { argv: ['chown', `--reference=${kept}`, '--', draft] },
        { argv: ['mv', '-T', '--', draft, MANIFEST] },
      ];
      let last: MachineAnswer = { ok: false, how: 'not-run', why: 'there is nothing to be run' };
      for (const program of programs) {
        last = await machine.run(program);
        if (!last.ok || last.outcome.exitCode !== 0) return last;
      }
      return last;
    },
  };
}
