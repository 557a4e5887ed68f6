import { type DataPaths, dataPaths, lookAtPaths, moveAside } from '../../../src/core/etcd/host-files.ts';
import { type HostProgram, type HostReading, wordsOfFailure } from '../../../src/core/etcd/host-service.ts';
import type { ExecOutcome, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import type { StepContext } from '../../../src/core/step.ts';
import type { NodeShell } from '../../steps/node-shell.ts';
import type { ChangeLook, ObjectChange } from '../../steps/object-change.ts';
import { seeEtcdPods } from './read-openshift.ts';

/** Where the kubelet of OpenShift finds etcd's manifest. */
export const MANIFEST = '/etc/kubernetes/manifests/etcd-pod.yaml';
const KEPT_IN = '/var/lib/etcd-backup';
const DATA = '/var/lib/etcd';
const CALL_MS = 30_000;
/** How long the kubelet may take to end the pod, ms. */
const STOP_MS = 3 * 60_000;
const LOOK_MS = 3000;

/** Where a run keeps what it moves on a node. */
export interface PodPlaces {
  readonly data: DataPaths;
  /** The manifest, under a name of the run. */
  readonly kept: string;
}

/** The places of a run: nothing that another run kept is met. */
export function placesOf(runId: string): PodPlaces {
  return { data: dataPaths(DATA, runId), kept: `${KEPT_IN}/etcd-pod-${runId}.yaml` };
}

/** A node with a shell on it, and the member whose files are moved there. */
export interface PodNode {
  readonly node: string;
  /** In words: it names the calls. */
  readonly member: string;
  readonly shell: NodeShell;
}

/** Takes the manifest of etcd away, so that the kubelet ends its pod. It is kept. */
export function stopPodChange({ node, member, shell }: PodNode, { kept }: PodPlaces): ObjectChange {
  return {
    item: member,
    action: 'stop-pod',
    facts: { node, manifest: MANIFEST, kept },
    look: async () => {
      const [inPlace, aside] = [await deviceOf(shell, MANIFEST), await deviceOf(shell, kept)];
      if (!inPlace.ok) return { is: 'unread', why: `the manifests of ${node} could not be looked at: ${inPlace.why}` };
      if (!aside.ok) return { is: 'unread', why: `the manifests of ${node} could not be looked at: ${aside.why}` };
      if (inPlace.value !== null && aside.value !== null)
        return {
          is: 'odd',
          reason: 'outcome-unknown',
          why: `etcd-pod.yaml of ${node} is in its place and in ${kept} too: somebody put it back`,
        };
      if (inPlace.value !== null) return { is: 'not-done', note: `etcd-pod.yaml of ${node} is in its place` };
      const where = aside.value === null ? `${node} has no etcd-pod.yaml` : `etcd-pod.yaml of ${node} is in ${kept}`;
      return { is: 'done', note: where };
    },
    call: async () =>
      await inTurn(shell, [{ argv: ['mkdir', '-p', '--', KEPT_IN] }, { argv: ['mv', '-T', '--', MANIFEST, kept] }]),
  };
}

/** Moves the data of a member aside by one rename. They are kept. */
export function asideChange(place: PodNode, { data }: PodPlaces): ObjectChange {
  return {
    item: place.member,
    action: 'set-aside-data',
    facts: { node: place.node, from: data.member, to: data.aside },
    look: async () => await lookAtNodeData(place, data),
    call: async () => await inTurn(place.shell, [moveAside(data)]),
  };
}

/** Where the data of a node are, and whether one rename can move them. */
export async function lookAtNodeData(
  { node, shell }: Pick<PodNode, 'node' | 'shell'>,
  data: DataPaths,
): Promise<ChangeLook> {
  const [whole, inPlace, aside] = [
    await deviceOf(shell, data.directory),
    await deviceOf(shell, data.member),
    await deviceOf(shell, data.aside),
  ];
  const unread = [whole, inPlace, aside].find((each) => !each.ok);
  if (unread?.ok === false) return { is: 'unread', why: `the data on ${node} could not be looked at: ${unread.why}` };
  return placeOf(node, data, {
    whole: whole.ok ? whole.value : null,
    inPlace: inPlace.ok ? inPlace.value : null,
    aside: aside.ok ? aside.value : null,
  });
}

async function run(shell: NodeShell, { argv, stdin }: HostProgram): Promise<KubernetesResult<ExecOutcome>> {
  return await shell.run(argv, { timeoutMs: CALL_MS, ...(stdin === undefined ? {} : { stdin }) });
}

/** One program after the other. The first that fails ends it: a look tells what was done. */
async function inTurn(shell: NodeShell, programs: readonly HostProgram[]): Promise<KubernetesResult<unknown>> {
  for (const program of programs) {
    const outcome = await run(shell, program);
    if (!outcome.ok) return outcome;
    if (outcome.value.exitCode !== 0) {
      const said = new TextDecoder().decode(outcome.value.stderr).trim();
      return {
        ok: false,
        error: { code: 'refused', message: `${program.argv[0] ?? ''} ended with ${outcome.value.exitCode}: ${said}` },
      };
    }
  }
  return { ok: true, value: null };
}

/** What three looks at the data say. Filesystems by their number; `null`: nothing is there. */
function placeOf(
  node: string,
  data: DataPaths,
  seen: { readonly whole: string | null; readonly inPlace: string | null; readonly aside: string | null },
): ChangeLook {
  if (seen.inPlace !== null && seen.aside !== null) {
    const why = `${data.member} of ${node} is there again, beside ${data.aside}: something began anew`;
    return { is: 'odd', reason: 'outcome-unknown', why };
  }
  if (seen.aside !== null) return { is: 'done', note: `the data of ${node} are in ${data.aside}` };
  if (seen.inPlace === null) return { is: 'done', note: `${node} has no data in ${data.member}` };
  if (seen.inPlace === seen.whole) return { is: 'not-done', note: `the data of ${node} are in their place` };
  const why = `${data.member} of ${node} is a filesystem of its own: a rename cannot move it, and data are not copied`;
  return { is: 'odd', reason: 'host-refused', why };
}

/** The number of the filesystem of a path; `null`: there is no such path. One path a call, so that nothing depends on how it is printed. */
async function deviceOf(shell: NodeShell, path: string): Promise<HostReading<string | null>> {
  const answer = await run(shell, lookAtPaths([path]));
  if (!answer.ok) return { ok: false, why: answer.error.message };
  const device = /^\d+/.exec(new TextDecoder().decode(answer.value.stdout))?.[0];
  if (answer.value.exitCode === 0 && device !== undefined) return { ok: true, value: device };
  const isAbsent = new TextDecoder().decode(answer.value.stderr).includes('No such file or directory');
  return isAbsent ? { ok: true, value: null } : { ok: false, why: wordsOfFailure('stat', answer.value) };
}

/** Why a process does not count as gone. `isSeen`: it was seen; else one of the two could not be read. Words without a period. */
export interface StillThere {
  readonly isSeen: boolean;
  readonly why: string;
}

/** Waits until two see the process gone: the runtime of the node, and the pod. `null`: it is gone. */
export async function stillRuns(
  context: StepContext<'kubernetes'>,
  { node, shell }: Pick<PodNode, 'node' | 'shell'>,
): Promise<StillThere | null> {
  const untilMs = context.nowMs() + STOP_MS;
  for (;;) {
    const still = (await inRuntime(shell, node)) ?? (await asPod(context, node));
    if (still === null || context.nowMs() >= untilMs) return still;
    await context.progress(`Waiting until etcd on ${node} is stopped: ${still.why}.`);
    await context.pause(LOOK_MS);
  }
}

async function inRuntime(shell: NodeShell, node: string): Promise<StillThere | null> {
  const outcome = await run(shell, { argv: ['crictl', 'ps', '--quiet', '--name', '^etcd$'] });
  if (!outcome.ok) return { isSeen: false, why: `crictl on ${node} did not answer: ${outcome.error.message}` };
  const { exitCode, stdout, stderr } = outcome.value;
  if (exitCode !== 0) {
    const said = new TextDecoder().decode(stderr).trim().slice(0, 200);
    return { isSeen: false, why: `crictl on ${node} ended with ${exitCode}: ${said}` };
  }
  const ids = new TextDecoder().decode(stdout).trim();
  if (ids === '') return null;
  return { isSeen: true, why: `a container etcd runs on ${node} (${ids.split('\n')[0]?.slice(0, 13) ?? ''})` };
}

async function asPod({ ports, signal }: StepContext<'kubernetes'>, node: string): Promise<StillThere | null> {
  const pods = await seeEtcdPods(ports.kubernetes, signal);
  if (!pods.ok) return { isSeen: false, why: pods.why };
  // One that crash-loops has no process just now, and may be started again until its kubelet has seen that the manifest is gone.
  const pod = pods.value.find((each) => each.node === node);
  return pod === undefined ? null : { isSeen: true, why: `pod ${pod.name} is still there (${pod.phase})` };
}
