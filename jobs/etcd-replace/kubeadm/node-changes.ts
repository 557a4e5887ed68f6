import type { NamedPeer } from '../../../src/core/etcd/environment-file.ts';
import { dataPaths, lookAtPaths, moveAside, readFile, readText } from '../../../src/core/etcd/host-files.ts';
import {
  type HostProgram,
  type HostReading,
  readDatabaseLock,
  tryDatabaseLock,
  wordsOfFailure,
} from '../../../src/core/etcd/host-service.ts';
import { readPod } from '../../../src/core/kubernetes/pod.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { Machine, MachineAnswer, NodeRef } from '../machine.ts';
import type { MachineChange, MachineLook } from '../machine-change.ts';
import { type EtcdManifest, joiningManifest, readManifest } from './etcd-manifest.ts';

/** Where kubeadm keeps the manifest that the kubelet runs. */
export const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';

/** Until the kubelet has ended etcd: its look at the directory, and the grace of the pod. */
const STOP_MS = 3 * 60_000;
const CALL_MS = 10_000;
const MOVE_MS = 30_000;

/**
 * Where the manifest is kept until the new member starts: beside the folder that the kubelet reads, so that a rename moves it. The same for every run,
 * so that one that goes on behind another's removal finds it; nothing is left there by a run that started the new member, see {@link doneManifest}.
 */
export const KEPT_MANIFEST = '/etc/kubernetes/drydock-etcd.yaml';

/** Name of the old manifest once the new member has its own: no later run reads it. */
export function doneManifest(runId: string): string {
  return `${KEPT_MANIFEST}.done-${runId}`;
}

/** Name of a manifest that an earlier run left, and that is not the one in use: it is neither read nor overwritten. */
function staleManifest(runId: string): string {
  return `${KEPT_MANIFEST}.before-${runId}`;
}

/** The manifest of etcd on a node, wherever it is just now, read. */
export async function manifestOn(
  machine: Machine,
): Promise<HostReading<{ readonly text: string; readonly facts: EtcdManifest; readonly kept: boolean }>> {
  const inPlace = await existsOn(machine, MANIFEST);
  if (!inPlace.ok) return inPlace;
  const path = inPlace.value === null ? KEPT_MANIFEST : MANIFEST;
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
  const answer = await machine.run(lookAtPaths([path]));
  if (!answer.ok) return { ok: false, why: `${machine.name}: ${answer.why}` };
  const { outcome } = answer;
  const device = /^\d+/.exec(new TextDecoder().decode(outcome.stdout))?.[0];
  if (outcome.exitCode === 0 && device !== undefined) return { ok: true, value: device };
  const said = new TextDecoder().decode(outcome.stderr);
  if (said.includes('No such file or directory')) return { ok: true, value: null };
  return { ok: false, why: `${machine.name}: ${wordsOfFailure('stat', outcome)}` };
}

/** The node, what of it is etcd's, and the pods of the cluster: the kubelet ends a pod some time after its manifest has gone. */
export interface EtcdNode {
  readonly machine: Machine;
  readonly ref: NodeRef;
  readonly dataDirectory: string;
  readonly kubernetes: Pick<KubernetesPort, 'list'>;
  readonly signal: AbortSignal;
}

/**
 * Takes the manifest out of the kubelet's folder. etcd is stopped when the runtime has no container of it, its pod is gone, and nobody has its
 * database open: one that crash-loops has no process just now, and may be started again until its kubelet has seen that the manifest is gone.
 */
export function stopPodChange(node: EtcdNode, runId: string): MachineChange {
  const { machine, ref } = node;
  return {
    item: `etcd on ${ref.node}`,
    action: 'stop',
    facts: { node: ref.node, from: MANIFEST, to: KEPT_MANIFEST },
    otherwise: 'old-process-alive',
    withinMs: STOP_MS,
    look: async () => await lookStopped(node),
    call: async () => {
      const stale = await existsOn(machine, KEPT_MANIFEST);
      if (!stale.ok) return { ok: false, how: 'not-run', why: stale.why };
      const first = stale.value === null ? [] : [rename(KEPT_MANIFEST, staleManifest(runId))];
      return await runInTurn(machine, [...first, rename(MANIFEST, KEPT_MANIFEST)]);
    },
  };
}

function rename(from: string, to: string): HostProgram {
  return { argv: ['mv', '-T', '--', from, to] };
}

/** One after the other; the first that does not do it ends it. */
async function runInTurn(machine: Machine, programs: readonly HostProgram[]): Promise<MachineAnswer> {
  let last: MachineAnswer = { ok: false, how: 'not-run', why: 'there is nothing to be run' };
  for (const program of programs) {
    last = await machine.run(program);
    if (!last.ok || last.outcome.exitCode !== 0) return last;
  }
  return last;
}

async function lookStopped(on: EtcdNode): Promise<MachineLook> {
  const { machine, ref, dataDirectory } = on;
  const { node } = ref;
  const [inPlace, kept] = [await existsOn(machine, MANIFEST), await existsOn(machine, KEPT_MANIFEST)];
  if (!inPlace.ok) return { is: 'unread', why: inPlace.why };
  if (!kept.ok) return { is: 'unread', why: kept.why };
  if (inPlace.value === null && kept.value === null)
    return { is: 'never', reason: 'host-refused', why: `${node} has no ${MANIFEST}` };
  if (inPlace.value !== null) return { is: 'not-done', note: `${MANIFEST} of ${node} is in its place` };
  const aside = `the manifest of ${node} is aside, and `;
  const left = await leftOn(on);
  if (!left.ok) return { is: 'unread', why: `${aside}${left.why}` };
  if (left.value !== null) return { is: 'not-done', note: `${aside}${left.value}` };
  const open = await databaseOn(machine, dataDirectory);
  if (!open.ok) return { is: 'unread', why: open.why };
  return open.value === 'held'
    ? { is: 'not-done', note: `${aside}a process has its database open` }
    : { is: 'done', note: `the manifest of ${node} is kept as ${KEPT_MANIFEST}, and its etcd has ended` };
}

/** What of etcd the runtime or the API server has still; `null`: nothing. */
async function leftOn({ machine, kubernetes, ref, signal }: EtcdNode): Promise<HostReading<string | null>> {
  const answer = await machine.run({ argv: ['crictl', 'ps', '--quiet', '--name', '^etcd$'] });
  if (!answer.ok) return { ok: false, why: `crictl did not answer: ${answer.why}` };
  const { exitCode, stdout } = answer.outcome;
  if (exitCode !== 0) return { ok: false, why: wordsOfFailure('crictl', answer.outcome) };
  if (new TextDecoder().decode(stdout).trim() !== '') return { ok: true, value: 'a container of etcd runs on' };
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', labelSelector: 'component=etcd' };
  const pods = await kubernetes.list(query, { timeoutMs: CALL_MS, signal });
  if (!pods.ok) return { ok: false, why: `its pod could not be looked for: ${pods.error.message}` };
  const pod = pods.value.items.map(readPod).find((each) => each.node === ref.node);
  return { ok: true, value: pod === undefined ? null : `pod ${pod.name} is not gone yet` };
}

async function databaseOn(machine: Machine, dataDirectory: string): Promise<HostReading<'free' | 'held' | 'none'>> {
  const there = await existsOn(machine, `${dataDirectory}/member/snap/db`);
  if (!there.ok) return there;
  if (there.value === null) return { ok: true, value: 'none' };
  const answer = await machine.run(tryDatabaseLock(dataDirectory));
  return answer.ok ? readDatabaseLock(answer.outcome) : { ok: false, why: `${machine.name}: ${answer.why}` };
}

/** Why the data cannot be moved aside by a rename; `null`: they can, or there are none. Found before anything is stopped. */
export async function immovable(machine: Machine, dataDirectory: string): Promise<string | null> {
  const { directory, member } = dataPaths(dataDirectory, 'look');
  const [own, from] = [await existsOn(machine, directory), await existsOn(machine, member)];
  if (!own.ok) return own.why;
  if (!from.ok) return from.why;
  if (from.value === null || from.value === own.value) return null;
  return `${member} of ${machine.name} is a filesystem of its own, so its data would be copied: move its content aside by hand`;
}

/** Moves the data aside by one rename, and keeps them. Only when etcd is seen stopped. */
export function asidePodChange(node: EtcdNode, runId: string): MachineChange {
  const { machine, ref, dataDirectory } = node;
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
      const stopped = await lookStopped(node);
      if (stopped.is === 'done') return { is: 'not-done', note: `the data of ${ref.node} are in ${paths.member}` };
      if (stopped.is === 'unread') return stopped;
      return { is: 'never', reason: 'old-process-alive', why: stopped.is === 'not-done' ? stopped.note : stopped.why };
    },
    call: async () => await machine.run(moveAside(paths)),
  };
}

function valueOf(reading: HostReading<string | null>): string | null {
  return reading.ok ? reading.value : null;
}

/** The manifest goes back only where there are no data: with those of the old member etcd would start as that one. */
async function lookEmpty(machine: Machine, { node }: NodeRef, dataDirectory: string): Promise<MachineLook> {
  const { member } = dataPaths(dataDirectory, 'look');
  const data = await existsOn(machine, member);
  if (!data.ok) return { is: 'unread', why: data.why };
  if (data.value === null) return { is: 'not-done', note: `${MANIFEST} of ${node} is not back in its place` };
  return {
    is: 'never',
    reason: 'member-not-joined',
    why: `${node} has data in ${member} again, so etcd was not started with them: move them aside, then ask again`,
  };
}

/** What a node's new member is to start as. */
interface JoiningPod {
  readonly runId: string;
  readonly member: NamedPeer;
  readonly others: readonly NamedPeer[];
  readonly dataDirectory: string;
}

/** Whether the manifest in the kubelet's folder is the wanted one, and the old one has its own name. */
async function lookBack(
  machine: Machine,
  { node }: NodeRef,
  text: HostReading<string>,
  retired: string,
): Promise<MachineLook> {
  const now = await machine.run(readFile(MANIFEST));
  if (!text.ok) return { is: 'unread', why: text.why };
  const read = now.ok ? readText(now.outcome) : null;
  if (read?.ok !== true) return { is: 'unread', why: `${MANIFEST} of ${node} could not be read` };
  if (read.value !== text.value)
    return { is: 'never', reason: 'plan-drifted', why: `somebody put another ${MANIFEST} on ${node}` };
  const old = await existsOn(machine, retired);
  if (!old.ok) return { is: 'unread', why: old.why };
  return old.value === null
    ? { is: 'not-done', note: `${MANIFEST} of ${node} is back, and the old one is ${KEPT_MANIFEST} still` }
    : { is: 'done', note: `${MANIFEST} of ${node} is back, with the ring as it is; the old one is ${retired}` };
}

/**
 * Puts the manifest back with the ring as it is, by one rename: the kubelet starts etcd from it. The old one then gets a name of this run's own, so
 * that no later run takes it for the one of its member.
 */
export function startPodChange(
  machine: Machine,
  ref: NodeRef,
  { runId, member, others, dataDirectory }: JoiningPod,
): MachineChange {
  const [draft, retired] = [`/etc/kubernetes/drydock-etcd-${runId}.new`, doneManifest(runId)];
  const wanted = async (): Promise<HostReading<string>> => {
    const isRetired = await existsOn(machine, retired);
    if (!isRetired.ok) return isRetired;
    const answer = await machine.run(readFile(isRetired.value === null ? KEPT_MANIFEST : retired));
    if (!answer.ok) return { ok: false, why: `${machine.name}: ${answer.why}` };
    const text = readText(answer.outcome);
    return text.ok ? joiningManifest(text.value, member, others) : text;
  };
  return {
    item: `etcd on ${ref.node}`,
    action: 'start',
    facts: { node: ref.node, manifest: MANIFEST, from: KEPT_MANIFEST, kept: retired },
    otherwise: 'member-not-joined',
    withinMs: MOVE_MS,
    look: async () => {
      const inPlace = await existsOn(machine, MANIFEST);
      if (!inPlace.ok) return { is: 'unread', why: inPlace.why };
      if (inPlace.value === null) return await lookEmpty(machine, ref, dataDirectory);
      return await lookBack(machine, ref, await wanted(), retired);
    },
    call: async () => {
      const text = await wanted();
      if (!text.ok) return { ok: false, how: 'not-run', why: text.why };
      const inPlace = await existsOn(machine, MANIFEST);
      if (!inPlace.ok) return { ok: false, how: 'not-run', why: inPlace.why };
      const write: readonly HostProgram[] = [
        { argv: ['tee', '--', draft], stdin: new TextEncoder().encode(text.value) },
        { argv: ['chmod', `--reference=${KEPT_MANIFEST}`, '--', draft] },
        { argv: ['chown', `--reference=${KEPT_MANIFEST}`, '--', draft] },
        rename(draft, MANIFEST),
      ];
      // It is in its place already when a worker died between the two renames.
      return await runInTurn(machine, [...(inPlace.value === null ? write : []), rename(KEPT_MANIFEST, retired)]);
    },
  };
}
