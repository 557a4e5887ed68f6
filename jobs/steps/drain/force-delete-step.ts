import { z } from 'zod';
import { DrainFacts } from '../../../src/core/drain/facts.ts';
import { podName } from '../../../src/core/drain/view.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { type ChangeLook, isOf, type ObjectChange } from '../object-change.ts';
import { namesOf, takeBackCordons } from './cordon-step.ts';
import { DrainOutput, PodId } from './drain-input.ts';
import { NODE_CALL_MS } from './drained-node.ts';
import { ChangesState, makeChanges, NOT_WAITING } from './make-changes.ts';

/** Input of `nodes.force-delete@1`. */
export const ForceDeleteInput = z.object({ facts: DrainFacts });
export type ForceDeleteInput = z.infer<typeof ForceDeleteInput>;

/**
 * Deletes by force what the drain before it left because it did not end. The API server forgets the pod at once; its process may go on
 * running on the node, and a second one of the same name may start. Only pods that were seen stuck, each by its uid: those that the gate
 * before it names.
 */
export const forceDeleteStep = defineStep({
  kind: 'nodes.force-delete@1',
  input: ForceDeleteInput,
  state: ChangesState,
  output: z.object({ deleted: z.array(PodId) }),
  needs: ['kubernetes'],
  risk: 'irreversible',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ facts }) =>
    `Delete by force what does not end on ${namesOf(facts.nodes)}, each pod shown and asked about before; skipped when all have ended`,
  items: ({ facts }) => facts.nodes.map(({ name }) => name),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { facts }, state) => {
    const stuck = stuckBefore(context);
    // They stayed while people were asked; from here on a run that fails takes its cordons back again.
    if (stuck.length > 0 && context.open === null && !context.stopping) await takeBackCordons(context, facts.nodes);
    const { ports, signal } = context;
    const made = await makeChanges(
      context,
      state,
      stuck.map((pod) => forcedDeletion(ports.kubernetes, pod, signal)),
    );
    if (made.kind !== 'all-done') return made;
    const note = stuck.length === 0 ? 'Nothing was stuck, so nothing was deleted by force.' : made.notes.join(' ');
    const called = stuck.filter((pod) =>
      context.acts.some((act) => isOf(act, forcedDeletion(ports.kubernetes, pod, signal))),
    );
    return { kind: 'done', output: { deleted: called.map((pod) => PodId.parse(pod)) }, note };
  },
  verify: async (context, _input, output) => {
    const stuck = stuckBefore(context);
    for (const pod of stuck) {
      const seen = await forcedDeletion(context.ports.kubernetes, pod, context.signal).look();
      if (seen.is === 'done') continue;
      const why = seen.is === 'not-done' ? seen.note : seen.why;
      return { kind: 'stop', reason: 'pod-stuck', note: `${why}.` };
    }
    return {
      kind: 'done',
      output,
      note: stuck.length === 0 ? 'Nothing was stuck.' : becameWords(stuck, output.deleted),
    };
  },
});

/** A pod that ended while people were asked is told as what it is: nobody deleted it. */
function becameWords(stuck: readonly PodId[], deleted: readonly PodId[]): string {
  const ended = stuck.filter(({ uid }) => !deleted.some((each) => each.uid === uid));
  const words = deleted.length === 0 ? 'nothing' : deleted.map(podName).join(', ');
  return [
    `Deleted by force: ${words}.`,
    ...(ended.length === 0 ? [] : [`Ended before: ${ended.map(podName).join(', ')}.`]),
  ].join(' ');
}

/** What the drain of this plan left. */
function stuckBefore({ outputs }: Pick<StepContext<never>, 'outputs'>): readonly PodId[] {
  return outputs.flatMap((output) => DrainOutput.safeParse(output).data?.stuck ?? []);
}

type Calls = Pick<KubernetesPort, 'get' | 'delete'>;

function forcedDeletion(kubernetes: Calls, pod: PodId, signal: AbortSignal): ObjectChange {
  const { namespace, name, uid, node } = pod;
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  const named = `pod ${namespace}/${name}`;
  return {
    item: `${node}: ${named}`,
    action: 'force-delete',
    facts: { namespace, name, uid, node },
    look: async (): Promise<ChangeLook> => {
      const got = await kubernetes.get(ref, { timeoutMs: NODE_CALL_MS, signal });
      if (!got.ok && got.error.code !== 'not-found')
        return { is: 'unread', why: `${named} could not be read: ${got.error.message}` };
      if (!got.ok || got.value.metadata.uid !== uid) return { is: 'done', note: `${named} is gone` };
      const { finalizers = [], deletionTimestamp } = got.value.metadata;
      if (deletionTimestamp === undefined)
        return { is: 'odd', reason: 'plan-drifted', why: `${named} is not ending any more` };
      const waits = finalizers.length === 0 ? '' : `; it waits for its finalizers (${finalizers.join(', ')})`;
      return { is: 'not-done', note: `${named} is still there${waits}` };
    },
    call: async (calling) =>
      await kubernetes.delete(ref, {
        timeoutMs: NODE_CALL_MS,
        signal: calling,
        preconditions: { uid },
        gracePeriodSeconds: 0,
      }),
  };
}
