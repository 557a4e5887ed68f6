import { z } from 'zod';
import { ForeignPause } from '../../src/core/etcd/foreign.ts';
import { groupOf } from '../../src/core/kubernetes/api-group.ts';
import { RUN_LABEL } from '../../src/core/kubernetes/node-shell.ts';
import type { KubernetesObject, KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import { defineCleanup, type NotYet } from '../../src/core/runbook.ts';
import { defineStep, ONCE } from '../../src/core/step.ts';
import { RingInput, RingOutput } from '../etcd-replace/input.ts';
import { ChangeState, carryOut, NOT_WAITING } from './carry-out.ts';
import type { ChangeLook, ObjectChange } from './object-change.ts';
import { notPutBack } from './put-back.ts';

const CALL_MS = 10_000;

/** Input of `foreign.pause@1`. */
export const PauseInput = RingInput.extend({
  /** Id of the member to be replaced; `null`: it was removed before anybody asked. */
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()),
  pauses: z.array(ForeignPause).min(1),
});
export type PauseInput = z.infer<typeof PauseInput>;

const ResumeInput = z.strictObject({ run: z.string().min(1), pause: ForeignPause });
type ResumeInput = z.infer<typeof ResumeInput>;

/** Pauses other controllers for the time of a run. Each is put back in every ending; one that was paused by somebody else stays so. */
export const pauseForeignStep = defineStep({
  kind: 'foreign.pause@1',
  input: PauseInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'reversible',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ pauses }) => `Pause until the end of the run: ${pauses.map(({ words }) => words).join('; ')}`,
  items: ({ pauses }) => pauses.map(nameOf),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { ports, runId, signal } = context;
    // Registered before, also when it turns out that there was nothing to do: putting back looks whose it is.
    if (context.open === null && !context.stopping)
      for (const pause of input.pauses)
        await context.registerCleanup({
          id: `foreign/${nameOf(pause)}`,
          kind: resumeForeignCleanup.kind,
          input: { run: runId, pause },
          summary: `what was paused: ${pause.words}`,
        });
    const changes = input.pauses.map((pause) => changeOf(ports.kubernetes, pause, runId, signal));
    return await carryOut(context, input, state, changes);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** Takes away what a run paused; what somebody else did stays. Safe to call twice. */
export const resumeForeignCleanup = defineCleanup({
  kind: 'foreign.resume@1',
  input: ResumeInput,
  needs: ['kubernetes'],
  restore: async ({ ports, signal }, input) => await resume(ports.kubernetes, input, signal),
});

function nameOf(pause: ForeignPause): string {
  const kind = pause.kind === 'config-map' ? 'ConfigMap' : pause.objectKind;
  return `${kind} ${pause.namespace}/${pause.name}`;
}

function refOf(pause: ForeignPause): ObjectRef {
  const { namespace, name } = pause;
  return pause.kind === 'config-map'
    ? { apiVersion: 'v1', kind: 'ConfigMap', namespace, name }
    : { apiVersion: pause.apiVersion, kind: pause.objectKind, namespace, name };
}

/** What stands in the annotation, so that nobody's own is taken away. */
function markOf(run: string): string {
  return `drydock-${run}`;
}

function changeOf(kubernetes: KubernetesPort, pause: ForeignPause, run: string, signal: AbortSignal): ObjectChange {
  const ref = refOf(pause);
  let seen: KubernetesObject | null = null;
  return {
    item: nameOf(pause),
    action: 'pause',
    facts: { ...pause },
    look: async (): Promise<ChangeLook> => {
      const got = await kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
      seen = got.ok ? got.value : null;
      if (!got.ok && got.error.code !== 'not-found') return { is: 'unread', why: got.error.message };
      return lookOf(pause, seen, run);
    },
    call: async () => {
      const call = { timeoutMs: CALL_MS, signal };
      if (pause.kind === 'config-map') {
        const metadata = { name: pause.name, namespace: pause.namespace, labels: { [RUN_LABEL]: run } };
        return await kubernetes.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, call);
      }
      const { uid, resourceVersion } = seen?.metadata ?? { uid: pause.uid, resourceVersion: '' };
      const patch = { metadata: { annotations: { [pause.annotation]: markOf(run) } } };
      return await kubernetes.patchMerge(ref, patch, { ...call, preconditions: { uid, resourceVersion } });
    },
  };
}

function lookOf(pause: ForeignPause, object: KubernetesObject | null, run: string): ChangeLook {
  const name = nameOf(pause);
  if (pause.kind === 'config-map') {
    if (object === null) return { is: 'not-done', note: `${name} is not there` };
    const isOurs = object.metadata.labels?.[RUN_LABEL] === run;
    return { is: 'done', note: `${name} is there${isOurs ? '' : ', made by somebody else, and stays'}` };
  }
  // An object that is gone works on nothing.
  if (object === null || object.metadata.uid !== pause.uid)
    return { is: 'done', note: `${name} is not there any more` };
  const value = object.metadata.annotations?.[pause.annotation];
  if (value === undefined) return { is: 'not-done', note: `${name} is not paused` };
  return { is: 'done', note: `${name} is paused${value === markOf(run) ? '' : ' by somebody else, and stays so'}` };
}

async function resume(
  kubernetes: KubernetesPort,
  { run, pause }: ResumeInput,
  signal: AbortSignal,
): Promise<string | NotYet | null> {
  const call = { timeoutMs: CALL_MS, signal };
  const ref = refOf(pause);
  const name = nameOf(pause);
  const hand = byHand(pause);
  const got = await kubernetes.get(ref, call);
  if (!got.ok && got.error.code === 'not-found') return null;
  if (!got.ok)
    return notPutBack(
      got.error.code,
      `${name} could not be read, so whether it is still paused is not known: ${got.error.message}`,
      hand,
    );
  const { uid, resourceVersion, labels, annotations } = got.value.metadata;
  if (pause.kind === 'config-map') {
    if (labels?.[RUN_LABEL] !== run) return null;
    const gone = await kubernetes.delete(ref, { ...call, preconditions: { uid } });
    if (gone.ok || gone.error.code === 'not-found') return null;
    return notPutBack(gone.error.code, `${name} could not be deleted: ${gone.error.message}`, hand);
  }
  if (uid !== pause.uid || annotations?.[pause.annotation] !== markOf(run)) return null;
  const patch = { metadata: { annotations: { [pause.annotation]: null } } };
  const changed = await kubernetes.patchMerge(ref, patch, { ...call, preconditions: { uid, resourceVersion } });
  if (changed.ok || changed.error.code === 'not-found') return null;
  const why = `the annotation ${pause.annotation} of ${name} could not be taken away: ${changed.error.message}`;
  return notPutBack(changed.error.code, why, hand);
}

/** What takes a pause away, typed as it stands. */
function byHand(pause: ForeignPause): string {
  const { namespace, name } = pause;
  if (pause.kind === 'config-map') return `kubectl -n ${namespace} delete configmap ${name}`;
  const group = groupOf(pause.apiVersion);
  const kind = `${pause.objectKind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
  return `kubectl -n ${namespace} annotate ${kind} ${name} ${pause.annotation}-`;
}
