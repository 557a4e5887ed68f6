import { z } from 'zod';
import { JsonObject } from '../../../src/core/json.ts';
import { RUN_LABEL } from '../../../src/core/kubernetes/node-shell.ts';
import { MACHINE_KIND, MACHINE_NAMESPACE } from '../../../src/core/openshift/machine.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { ChangeState, carryOut, NOT_WAITING } from '../../steps/carry-out.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import type { ChangeLook, ObjectChange } from '../../steps/object-change.ts';
import { RingOutput } from '../input.ts';
import { lastOf, MachineRingInput, SavedMachine } from './machine-input.ts';

/** Input of `ocp.create-machine@1`. */
export const CreateMachineInput = MachineRingInput.extend({ name: z.string().min(1) });

/** Creates the Machine that was kept, under the name that was approved, with a label of the run: a successor knows it by that. */
export const createMachineStep = defineStep({
  kind: 'ocp.create-machine@1',
  input: CreateMachineInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: ({ name }) => `Create Machine ${name} from the description of the old one`,
  items: ({ name }) => [`Machine ${name}`],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const saved = lastOf(SavedMachine, context.outputs)?.savedMachine;
    if (saved === undefined) throw new Error('no step before this one kept the Machine');
    const there = await lookFor(context, input.name);
    if (there === 'others' && context.open === null)
      return { kind: 'stop', reason: 'plan-drifted', note: `Somebody else created a Machine ${input.name}.` };
    // Its member may join from the call on, which may have been a worker's before; who joins earlier is somebody else's.
    const now = context.acts.length > 0 ? input : { ...input, mayJoin: null };
    return await carryOut(context, now, state, [creation(context, input.name, saved)]);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

type CreateContext = StepContext<'etcd' | 'kubernetes'>;

function creation(context: CreateContext, name: string, saved: JsonObject): ObjectChange {
  const { ports, runId } = context;
  const metadata = JsonObject.parse(saved['metadata'] ?? {});
  const labels = { ...JsonObject.parse(metadata['labels'] ?? {}), [RUN_LABEL]: runId };
  return {
    item: `Machine ${name}`,
    action: 'create-machine',
    facts: { name },
    look: async (): Promise<ChangeLook> => {
      const seen = await lookFor(context, name);
      if (seen === 'ours') return { is: 'done', note: `Machine ${name} is there` };
      if (seen === 'none') return { is: 'not-done', note: `there is no Machine ${name}` };
      return seen === 'others'
        ? { is: 'not-done', note: `the Machine ${name} that is there is somebody else's` }
        : { is: 'unread', why: seen.why };
    },
    call: async (signal) =>
      await ports.kubernetes.create(
        { ...saved, metadata: { ...metadata, name, labels } },
        { timeoutMs: OBJECT_CALL_MS, signal },
      ),
  };
}

async function lookFor(
  { ports, signal, runId }: CreateContext,
  name: string,
): Promise<'none' | 'ours' | 'others' | { readonly why: string }> {
  const listed = await ports.kubernetes.list(
    { ...MACHINE_KIND, namespace: MACHINE_NAMESPACE, fieldSelector: `metadata.name=${name}` },
    { timeoutMs: OBJECT_CALL_MS, signal, metadataOnly: true },
  );
  if (!listed.ok) return { why: `Machine ${name} could not be looked for: ${listed.error.message}` };
  const labels = listed.value.items[0]?.metadata.labels;
  if (listed.value.items.length === 0) return 'none';
  return labels?.[RUN_LABEL] === runId ? 'ours' : 'others';
}
