import { z } from 'zod';
import { type DataPaths, dataPaths, lookAtPaths, moveAside } from '../../../src/core/etcd/host-files.ts';
import { type HostProgram, type HostReading, wordsOfFailure } from '../../../src/core/etcd/host-service.ts';
import type { ExecOutcome, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ChangeState, doneBefore, leave, NOT_WAITING, ringBeforeCall } from '../../steps/carry-out.ts';
import { judgeRemovalNow } from '../../steps/judge-removal-now.ts';
import { type NodeShell, withNodeShell } from '../../steps/node-shell.ts';
import {
  type Changed,
  type ChangeLook,
  isOf,
  makeChange,
  type ObjectChange,
  sentence,
} from '../../steps/object-change.ts';
import { type Clearance, waitOrStop } from '../../steps/pass-gate.ts';
import { RingOutput, TargetRef } from '../input.ts';
import { MachineRingInput } from './machine-input.ts';
import { seeEtcdPods } from './read-openshift.ts';

/** Input of `ocp.set-aside@1`. */
export const SetAsideInput = MachineRingInput.extend({
  /** The member, in words. */
  member: z.string().min(1),
  /** `null`: it was removed before anybody asked. */
  target: TargetRef.nullable(),
  /** See `RemovalKind`. */
  why: z.enum(['dead', 'sick', 'swap']),
  node: z.string().min(1),
  /** Of the node shell, as it was configured when the plan was made. */
  image: z.string().min(1),
});
type SetAsideInput = z.infer<typeof SetAsideInput>;
type SetAsideContext = StepContext<'etcd' | 'kubernetes'>;
type SetAsideAnswer = StepAnswer<ChangeState, RingOutput>;

const MANIFEST = '/etc/kubernetes/manifests/etcd-pod.yaml';
const KEPT_IN = '/var/lib/etcd-backup';
const DATA = '/var/lib/etcd';
const CALL_MS = 30_000;
/** How long the kubelet may take to end the pod, ms. */
const STOP_MS = 3 * 60_000;
const LOOK_MS = 3000;

/**
 * Stops the etcd of a node by taking its manifest away, sees its process gone, and moves its data aside: both are kept, under names of this
 * run. Data are never copied, and nothing is overwritten. Nothing is stopped that came back since the plan was approved.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member whose etcd pod is crashlooping*. It moves the data to `/tmp`, which is
 * small and does not outlive a restart; and it does not wait until the process is gone.
 */
export const setAsideStep = defineStep({
  kind: 'ocp.set-aside@1',
  input: SetAsideInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ node, image }) =>
    `Open a shell on ${node} (a privileged pod with ${image}, for the time of this step), stop its etcd pod and move its data aside; manifest and data are kept there`,
  items: ({ member }) => [member],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.stopping && context.open === null)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    // The plan is a record that others can write to; what runs as root on a node is only what this worker is configured for.
    if (context.cluster.nodeShell?.image !== input.image)
      return refused('nodeShell.image was changed after the plan was made.');
    const answer = await withNodeShell(context, input, async (shell) => await work(context, input, state, shell));
    context.signal.throwIfAborted();
    return answer.ok ? answer.value : withoutShell(context, state, answer.why);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

function refused(note: string): SetAsideAnswer {
  return { kind: 'stop', reason: 'host-refused', note };
}

/** An open call is looked for as long as a ring is waited for; then nobody can tell. */
async function withoutShell(context: SetAsideContext, state: ChangeState, why: string): Promise<SetAsideAnswer> {
  const note = `${why.replace(/\.$/, '')}.`;
  if (context.open === null) return refused(note);
  const answer = waitOrStop(context, state.waitingSince, { reason: 'outcome-unknown', note }, (waitingSince) => ({
    waitingSince,
  }));
  if (answer.kind === 'stop') await context.observed({ result: 'unknown', note, evidence: null });
  return answer;
}

async function work(
  context: SetAsideContext,
  input: SetAsideInput,
  state: ChangeState,
  shell: NodeShell,
): Promise<SetAsideAnswer> {
  const [stop, move] = changesOn(context, input, shell);
  const words: string[] = [];
  for (const change of [stop, move]) {
    const isOpen = context.open !== null && isOf(context.open, change);
    const earlier = doneBefore(context, change);
    if (earlier !== null) words.push(sentence(earlier));
    if (earlier !== null || (context.open !== null && !isOpen)) continue;
    if (!isOpen) {
      if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
      const cleared = change === stop ? await beforeStop(context, input) : await ringBeforeCall(context, input);
      if (cleared.kind === 'stop') return cleared;
      if (cleared.kind === 'wait') return waiting(context, state, cleared);
      const alive = change === move ? await stillRuns(context, input, shell) : null;
      if (alive !== null)
        return {
          kind: 'stop',
          reason: 'old-process-alive',
          note: `${alive}. The manifest is in ${KEPT_IN}; the data were not touched.`,
        };
    }
    const changed = await makeChange(context, change);
    // A program that fails on the node is no refusal of the API.
    if (changed.kind === 'stop') return changed.reason === 'api-refused' ? refused(changed.note) : changed;
    if (changed.kind === 'wait') return waiting(context, isOpen ? NOT_WAITING : state, changed);
    words.push(changed.note);
  }
  if (words.length < 2) return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: words.join(' ') };
  const { path, data, kept } = placesOf(context);
  words.push(`To go back by hand, as root on ${input.node}: mv -T ${path} ${data.member}; mv -T ${kept} ${MANIFEST}.`);
  return await leave(context, input, state, { added: null, aside: { node: input.node, path } }, words);
}

/** A pod is not stopped while that could cost the ring its quorum, nor when its member is well again: gates may have stood for long. */
async function beforeStop(context: SetAsideContext, input: SetAsideInput): Promise<Clearance> {
  const cleared = await ringBeforeCall(context, input);
  const { target, why, alsoDead = [] } = input;
  if (cleared.kind !== 'go' || target === null) return cleared;
  const verdict = await judgeRemovalNow(context, cleared.ring, { target, kind: why, alsoDead });
  // With its pod stopped by this very step, a member that was sick is dead now.
  return verdict.kind === 'go' ? cleared : verdict;
}

function waiting(
  context: SetAsideContext,
  state: ChangeState,
  trouble: Exclude<Changed, { readonly kind: 'done' }>,
): SetAsideAnswer {
  return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince }));
}

function placesOf({ runId }: Pick<SetAsideContext, 'runId'>) {
  const data = dataPaths(DATA, runId);
  return { data, path: data.aside, kept: `${KEPT_IN}/etcd-pod-${runId}.yaml` };
}

function changesOn(
  context: SetAsideContext,
  { member, node }: SetAsideInput,
  shell: NodeShell,
): readonly [ObjectChange, ObjectChange] {
  const { data, kept } = placesOf(context);
  const stop: ObjectChange = {
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
  const move: ObjectChange = {
    item: member,
    action: 'set-aside-data',
    facts: { node, from: data.member, to: data.aside },
    look: async () => {
      const [whole, inPlace, aside] = [
        await deviceOf(shell, data.directory),
        await deviceOf(shell, data.member),
        await deviceOf(shell, data.aside),
      ];
      const unread = [whole, inPlace, aside].find((each) => !each.ok);
      if (unread?.ok === false)
        return { is: 'unread', why: `the data on ${node} could not be looked at: ${unread.why}` };
      return placeOf(node, data, {
        whole: whole.ok ? whole.value : null,
        inPlace: inPlace.ok ? inPlace.value : null,
        aside: aside.ok ? aside.value : null,
      });
    },
    call: async () => await inTurn(shell, [moveAside(data)]),
  };
  return [stop, move];
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

/** Waits until two see the process gone: the runtime of the node, and the pod. Words without a period: why it cannot be told; `null`: it is gone. */
async function stillRuns(context: SetAsideContext, { node }: SetAsideInput, shell: NodeShell): Promise<string | null> {
  const untilMs = context.nowMs() + STOP_MS;
  for (;;) {
    const why = (await inRuntime(shell, node)) ?? (await asPod(context, node));
    if (why === null || context.nowMs() >= untilMs) return why;
    await context.progress(`Waiting until etcd on ${node} is stopped: ${why}.`);
    await context.pause(LOOK_MS);
  }
}

async function inRuntime(shell: NodeShell, node: string): Promise<string | null> {
  const outcome = await run(shell, { argv: ['crictl', 'ps', '--quiet', '--name', '^etcd$'] });
  if (!outcome.ok) return `crictl on ${node} did not answer: ${outcome.error.message}`;
  const { exitCode, stdout, stderr } = outcome.value;
  if (exitCode !== 0)
    return `crictl on ${node} ended with ${exitCode}: ${new TextDecoder().decode(stderr).trim().slice(0, 200)}`;
  const ids = new TextDecoder().decode(stdout).trim();
  return ids === '' ? null : `a container etcd runs on ${node} (${ids.split('\n')[0]?.slice(0, 13) ?? ''})`;
}

async function asPod({ ports, signal }: SetAsideContext, node: string): Promise<string | null> {
  const pods = await seeEtcdPods(ports.kubernetes, signal);
  if (!pods.ok) return pods.why;
  // One that crash-loops has no process just now, and may be started again until its kubelet has seen that the manifest is gone.
  const pod = pods.value.find((each) => each.node === node);
  return pod === undefined ? null : `pod ${pod.name} is still there (${pod.phase})`;
}
