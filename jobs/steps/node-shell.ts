import { z } from 'zod';
import { readNode } from '../../src/core/kubernetes/node.ts';
import {
  NODE_SHELL_NAMESPACE,
  nodeShellName,
  nodeShellPod,
  onNode,
  RUN_LABEL,
  whyNotStarted,
  whyStillThere,
} from '../../src/core/kubernetes/node-shell.ts';
import { readPod } from '../../src/core/kubernetes/pod.ts';
import type {
  ExecOutcome,
  KubernetesErrorCode,
  KubernetesPort,
  KubernetesResult,
  PodRef,
} from '../../src/core/ports/kubernetes.ts';
import { defineCleanup } from '../../src/core/runbook.ts';
import { sentence } from '../../src/core/sentence.ts';
import type { StepContext } from '../../src/core/step.ts';

/** A shell on one node, open until the work is done. */
export interface NodeShell {
  /** Runs a program of the node, argument by argument, in the node's own root directory. */
  run(
    argv: readonly string[],
    options: { readonly timeoutMs: number; readonly stdin?: Uint8Array; readonly maxBytes?: number },
  ): Promise<KubernetesResult<ExecOutcome>>;
  /** As `run`, for long output: pieces of stdout are handed over as they come, and awaited. What `onStdout` throws is thrown here. */
  stream(
    argv: readonly string[],
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
    onStdout: (piece: Uint8Array) => Promise<void>,
  ): Promise<KubernetesResult<{ readonly exitCode: number; readonly stderr: Uint8Array }>>;
}

/** What a node shell needs of a step. */
export type NodeShellContext = Pick<
  StepContext<'kubernetes'>,
  'ports' | 'runId' | 'signal' | 'registerCleanup' | 'cleanedUp' | 'pause' | 'nowMs'
>;

/** The work's answer, or why there was no shell. */
export type NodeShellAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

const CALL_MS = 10_000;
const START_MS = 120_000;
const LOOK_MS = 1000;
/** How long a deleted pod may take to go. The kubelet needs seconds, the collector of pods without a node about 40 s. */
const GONE_MS = 60_000;
const REF = { apiVersion: 'v1', kind: 'Pod', namespace: NODE_SHELL_NAMESPACE } as const;

/**
 * Opens a shell on a node for the time of `work`. What is created is registered as cleanup before, and deleted afterwards unless the
 * run was lost to another worker; a pod of an earlier attempt is used when it still runs. A pod that is not seen gone stays
 * registered. Runbooks that use it name {@link nodeShellCleanup}.
 */
export async function withNodeShell<T>(
  context: NodeShellContext,
  place: { readonly node: string; readonly image: string },
  work: (shell: NodeShell) => Promise<T>,
): Promise<NodeShellAnswer<T>> {
  const { kubernetes } = context.ports;
  const facts = { run: context.runId, ...place };
  const name = nodeShellName(facts);
  const id = `node-shell/${place.node}`;
  const summary = `node shell ${NODE_SHELL_NAMESPACE}/${name} on ${place.node}`;
  const node = await lookAtNode(context, place.node);
  if (node.isMissing) return { ok: false, why: `${summary} was not created: ${node.words}` };
  // Who may not see the pod cannot tell that it is gone, so it is not made: nothing stays registered for it.
  const before = await kubernetes.get({ ...REF, name }, { timeoutMs: CALL_MS, signal: context.signal });
  if (!before.ok && before.error.code !== 'not-found')
    return {
      ok: false,
      why: `${summary} was not created, because it could not be looked for: ${before.error.message}`,
    };
  await context.registerCleanup({
    id,
    kind: 'node-shell.pod@1',
    input: { name, run: context.runId },
    summary: `the node-shell pod ${NODE_SHELL_NAMESPACE}/${name} on ${place.node}`,
  });
  let isUncertain = false;
  try {
    const created = await kubernetes.create(nodeShellPod(facts), { timeoutMs: CALL_MS, signal: context.signal });
    if (!created.ok && created.error.code !== 'already-exists' && created.error.code !== 'unknown-outcome')
      return { ok: false, why: `${summary} could not be created: ${created.error.message}` };
    isUncertain = !created.ok && created.error.code === 'unknown-outcome';
    const started = await waitForStart(context, name, place.node);
    if (!started.ok) return { ok: false, why: `${summary} ${started.why}` };
    const pod = started.value;
    return {
      ok: true,
      value: await work({
        run: async (argv, options) =>
          await kubernetes.exec(pod, onNode(argv), { ...options, container: 'shell', signal: context.signal }),
        stream: async (argv, options, onStdout) =>
          await kubernetes.execStream(pod, onNode(argv), { ...options, container: 'shell' }, onStdout),
      }),
    };
  } finally {
    // Who took the run over may use the pod by now, and deletes it; the cleanup stays registered for that.
    if (!(context.signal.aborted && context.signal.reason === 'lease-lost')) {
      const left = await remove(context, kubernetes, { name, run: context.runId });
      // A pod that was not there may still come of a call whose outcome nobody knows.
      if (left === 'gone' || (left === 'not-there' && !isUncertain)) await context.cleanedUp(id);
    }
  }
}

/** Whether the cluster has the node, and how it is, in words that may stand in a sentence. Empty words: nothing is wrong with it, or it may not be looked at. */
async function lookAtNode(
  { ports, signal }: NodeShellContext,
  name: string,
): Promise<{ readonly isMissing: boolean; readonly words: string }> {
  const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
  const got = await ports.kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
  if (!got.ok && got.error.code === 'not-found') return { isMissing: true, words: `the cluster has no node ${name}` };
  if (!got.ok) return { isMissing: false, words: '' };
  const { ready, readySince, why } = readNode(got.value);
  const since = readySince === null ? '' : ` since ${readySince}`;
  return {
    isMissing: false,
    words: ready === 'yes' ? '' : `Node ${name} is not ready${since}${why === '' ? '' : `: ${why}`}`,
  };
}

async function waitForStart(context: NodeShellContext, name: string, node: string): Promise<NodeShellAnswer<PodRef>> {
  const untilMs = context.nowMs() + START_MS;
  let seen: string | null = null;
  // Why it could not be looked at since.
  let missed: string | null = null;
  while (context.nowMs() < untilMs) {
    const got = await context.ports.kubernetes.get({ ...REF, name }, { timeoutMs: CALL_MS, signal: context.signal });
    if (got.ok) {
      missed = null;
      const pod = readPod(got.value);
      if (pod.node !== node || pod.labels[RUN_LABEL] !== context.runId)
        return { ok: false, why: 'is there, but is not the one that this run created' };
      if (pod.phase === 'Running' && pod.ready && pod.deletedAt === null)
        return { ok: true, value: { namespace: NODE_SHELL_NAMESPACE, name, uid: pod.uid } };
      const { why, forGood } = whyNotStarted(got.value);
      seen = why;
      if (forGood) return { ok: false, why: `will not start: ${seen}` };
    } else if (seen !== null && got.error.code === 'not-found') {
      const { isMissing, words } = await lookAtNode(context, node);
      const how = isMissing ? `went away before it started: ${words}` : 'was deleted by somebody before it started';
      return { ok: false, why: `${how}; last seen: ${seen}` };
    } else missed = got.error.message;
    await context.pause(LOOK_MS);
  }
  const { words } = await lookAtNode(context, node);
  const also = words === '' ? 'Is the image to be had from there?' : sentence(words);
  const blind = missed === null ? '' : `; it could not be looked at since: ${missed}`;
  return { ok: false, why: `did not start within ${START_MS / 1000} s: ${seen ?? 'was never seen'}${blind}. ${also}` };
}

/** What became of the pod; words: why it cannot be told that it is gone. `isAway`: the API server cannot be reached, or does not answer. */
type Removal = 'gone' | 'not-there' | { readonly why: string; readonly isAway?: true };

const AWAY: ReadonlySet<KubernetesErrorCode> = new Set(['unreachable', 'unknown-outcome']);

function notSeenGone(place: string, code: KubernetesErrorCode, why: string): Removal {
  const words = `${place} ${why}. By hand: kubectl -n ${NODE_SHELL_NAMESPACE} delete pod ${place.slice(place.indexOf('/') + 1)}`;
  return AWAY.has(code) ? { why: words, isAway: true } : { why: words };
}

/**
 * Deletes the very pod that was looked at, and waits until it is gone: then its programs have ended. A pod of that name that another
 * run made is left alone. Waits no longer once the signal has fired.
 */
async function remove(
  { signal, nowMs, pause }: Pick<NodeShellContext, 'signal' | 'nowMs' | 'pause'>,
  kubernetes: Pick<KubernetesPort, 'get' | 'delete'>,
  { name, run }: { readonly name: string; readonly run?: string | undefined },
): Promise<Removal> {
  const place = `${NODE_SHELL_NAMESPACE}/${name}`;
  // A step that was stopped still takes its pod away, so these calls have only limits of their own.
  const call = { timeoutMs: CALL_MS };
  const got = await kubernetes.get({ ...REF, name }, call);
  if (!got.ok)
    return got.error.code === 'not-found'
      ? 'not-there'
      : notSeenGone(place, got.error.code, `could not be read: ${got.error.message}`);
  const { uid, labels } = readPod(got.value);
  if (run !== undefined && labels[RUN_LABEL] !== run) return 'not-there';
  const asked = await kubernetes.delete({ ...REF, name }, { ...call, preconditions: { uid } });
  if (!asked.ok && asked.error.code !== 'not-found' && asked.error.code !== 'unknown-outcome')
    return notSeenGone(place, asked.error.code, `could not be deleted: ${asked.error.message}`);
  const beganMs = nowMs();
  for (;;) {
    const now = await kubernetes.get({ ...REF, name }, call);
    if (!now.ok && now.error.code === 'not-found') return 'gone';
    if (now.ok && now.value.metadata.uid !== uid)
      return readPod(now.value).labels[RUN_LABEL] === run ? { why: `another pod of this run is ${place} now` } : 'gone';
    const waitedMs = nowMs() - beganMs;
    if (waitedMs >= GONE_MS || signal.aborted)
      return now.ok
        ? { why: whyStillThere(now.value, waitedMs) }
        : notSeenGone(place, now.error.code, `was deleted, and whether it is gone is not known: ${now.error.message}`);
    // An abort is seen above.
    await pause(LOOK_MS).catch(() => undefined);
  }
}

/** Deletes the pod of a node shell that a run left behind; done when it is seen gone. An API server that is away for now is waited for. */
export const nodeShellCleanup = defineCleanup({
  kind: 'node-shell.pod@1',
  input: z.strictObject({ name: z.string(), run: z.string().optional() }),
  needs: ['kubernetes'],
  restore: async (context, input) => {
    const left = await remove(context, context.ports.kubernetes, input);
    if (typeof left === 'string') return null;
    return left.isAway === true ? { notYet: left.why } : left.why;
  },
});
