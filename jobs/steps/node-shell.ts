import { z } from 'zod';
import {
  NODE_SHELL_NAMESPACE,
  nodeShellName,
  nodeShellPod,
  onNode,
  RUN_LABEL,
} from '../../src/core/kubernetes/node-shell.ts';
import { readPod, troubleOf } from '../../src/core/kubernetes/pod.ts';
import type { ExecOutcome, KubernetesPort, KubernetesResult, PodRef } from '../../src/core/ports/kubernetes.ts';
import { defineCleanup } from '../../src/core/runbook.ts';
import type { StepContext } from '../../src/core/step.ts';

/** A shell on one node, open until the work is done. */
export interface NodeShell {
  /** Runs a program of the node, argument by argument, in the node's own root directory. */
  run(
    argv: readonly string[],
    options: { readonly timeoutMs: number; readonly stdin?: Uint8Array; readonly maxBytes?: number },
  ): Promise<KubernetesResult<ExecOutcome>>;
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
const REF = { apiVersion: 'v1', kind: 'Pod', namespace: NODE_SHELL_NAMESPACE } as const;

/**
 * Opens a shell on a node for the time of `work`. What is created is registered as cleanup before, and deleted afterwards unless the
 * run was lost to another worker; a pod of an earlier attempt is used when it still runs. Runbooks that use it name {@link nodeShellCleanup}.
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
  await context.registerCleanup({ id, kind: 'node-shell.pod@1', input: { name, run: context.runId }, summary });
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
      }),
    };
  } finally {
    // Who took the run over may use the pod by now, and deletes it; the cleanup stays registered for that.
    if (!(context.signal.aborted && context.signal.reason === 'lease-lost')) {
      const left = await remove(kubernetes, { name, run: context.runId }, AbortSignal.timeout(CALL_MS));
      // A pod that was not there may still come of a call whose outcome nobody knows.
      if (left === 'deleted' || (left === 'not-there' && !isUncertain)) await context.cleanedUp(id);
    }
  }
}

async function waitForStart(context: NodeShellContext, name: string, node: string): Promise<NodeShellAnswer<PodRef>> {
  const untilMs = context.nowMs() + START_MS;
  let seen = 'was never seen';
  while (context.nowMs() < untilMs) {
    const got = await context.ports.kubernetes.get({ ...REF, name }, { timeoutMs: CALL_MS, signal: context.signal });
    if (got.ok) {
      const pod = readPod(got.value);
      if (pod.node !== node || pod.labels[RUN_LABEL] !== context.runId)
        return { ok: false, why: 'is there, but is not the one that this run created' };
      if (pod.phase === 'Running' && pod.ready && pod.deletedAt === null)
        return { ok: true, value: { namespace: NODE_SHELL_NAMESPACE, name, uid: pod.uid } };
      seen = troubleOf(pod);
      if (pod.phase === 'Failed' || pod.phase === 'Succeeded') return { ok: false, why: `ended at once: ${seen}` };
    } else seen = got.error.message;
    await context.pause(LOOK_MS);
  }
  return {
    ok: false,
    why: `did not start within ${START_MS / 1000} s: ${seen}. Is the node's kubelet alive, and the image to be had?`,
  };
}

/** Words on why the pod is still there, unless it is one of the first two. */
type Removal = 'deleted' | 'not-there' | { readonly why: string };

/** Asks the server to delete the very pod that was looked at, at once. A pod of that name that another run made is left alone. */
async function remove(
  kubernetes: Pick<KubernetesPort, 'get' | 'delete'>,
  { name, run }: { readonly name: string; readonly run?: string | undefined },
  signal: AbortSignal,
): Promise<Removal> {
  const place = `${NODE_SHELL_NAMESPACE}/${name}`;
  const got = await kubernetes.get({ ...REF, name }, { timeoutMs: CALL_MS, signal });
  if (!got.ok)
    return got.error.code === 'not-found' ? 'not-there' : { why: `${place} could not be read: ${got.error.message}` };
  const { uid, labels } = readPod(got.value);
  if (run !== undefined && labels[RUN_LABEL] !== run) return 'not-there';
  const options = { timeoutMs: CALL_MS, signal, preconditions: { uid }, gracePeriodSeconds: 0 };
  const gone = await kubernetes.delete({ ...REF, name }, options);
  if (gone.ok || gone.error.code === 'not-found') return 'deleted';
  return { why: `${place} could not be deleted: ${gone.error.message}` };
}

/** Deletes the pod of a node shell that a run left behind. */
export const nodeShellCleanup = defineCleanup({
  kind: 'node-shell.pod@1',
  input: z.strictObject({ name: z.string(), run: z.string().optional() }),
  needs: ['kubernetes'],
  restore: async ({ ports, signal }, input) => {
    const left = await remove(ports.kubernetes, input, signal);
    return typeof left === 'string' ? null : left.why;
  },
});
