import { z } from 'zod';
import { JsonObject } from '../../../src/core/json.ts';
import { MACHINE_KIND, MACHINE_NAMESPACE } from '../../../src/core/openshift/machine.ts';
import { inlineCredential, replacementMachine } from '../../../src/core/openshift/replacement-machine.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { ApprovedMachine, SavedMachine } from './machine-input.ts';
import { seeMachine } from './read-openshift.ts';

/** Input of `ocp.save-machine@1`. */
export const SaveMachineInput = z.object({
  machine: ApprovedMachine,
  /** Name that the new one is to have, fixed in the plan. */
  newName: z.string().min(1),
});
type SaveMachineInput = z.infer<typeof SaveMachineInput>;

const Nothing = z.strictObject({});
type SaveAnswer = StepAnswer<z.infer<typeof Nothing>, SavedMachine>;

/**
 * Makes the description of the new Machine from the old one and keeps it in the record of the run and in its thread. A Machine that seems to hold a credential
 * in itself is not kept.
 */
export const saveMachineStep = defineStep({
  kind: 'ocp.save-machine@1',
  input: SaveMachineInput,
  state: Nothing,
  output: SavedMachine,
  needs: ['kubernetes'],
  risk: 'read',
  timeoutMs: () => 5 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ machine, newName }) =>
    `Keep the description of Machine ${machine.name} in the thread and in the record, from which ${newName} is made`,
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input) => await save(context, input),
  // Without words of its own the thread shows the whole description, as text or as a file: it can be applied by hand from there.
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: '' }),
});

async function save(context: StepContext<'kubernetes'>, { machine, newName }: SaveMachineInput): Promise<SaveAnswer> {
  const { ports, signal } = context;
  const seen = await seeMachine(ports.kubernetes, machine.name, signal);
  if (!seen.ok) return { kind: 'stop', reason: 'access-refused', note: `${seen.why}.` };
  if (seen.value?.machine.uid !== machine.uid)
    return drifted(`Machine ${machine.name} is not there any more, or is another one.`);
  if ((seen.value.machine.providerId || null) !== machine.providerId)
    return drifted(
      `Machine ${machine.name} stands for ${seen.value.machine.providerId || 'no instance'} now, not for ${machine.providerId ?? 'none'}.`,
    );
  const listed = await ports.kubernetes.list(
    { ...MACHINE_KIND, namespace: MACHINE_NAMESPACE },
    { timeoutMs: OBJECT_CALL_MS, signal, metadataOnly: true },
  );
  if (!listed.ok)
    return {
      kind: 'stop',
      reason: 'access-refused',
      note: `The Machines could not be listed: ${listed.error.message}.`,
    };
  const taken = listed.value.items.map(({ metadata }) => metadata.name);
  const made = replacementMachine(seen.value.object, taken);
  if (taken.includes(newName)) return drifted(`A Machine ${newName} is there already.`);
  const credential = inlineCredential(made);
  if (credential !== null)
    return drifted(`Machine ${machine.name} seems to hold a credential in ${credential}; it is not kept.`);
  const metadata = JsonObject.parse(made['metadata'] ?? {});
  return { kind: 'done', output: { savedMachine: { ...made, metadata: { ...metadata, name: newName } } }, note: '' };
}

function drifted(note: string): SaveAnswer {
  return { kind: 'stop', reason: 'plan-drifted', note };
}
