import { z } from 'zod';
import type { MachineReading } from '../../../src/core/openshift/machine.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { MachineRingInput, ReadyMachine } from './machine-input.ts';
import { pendingRequests, seeMachines, whyNotReady } from './read-openshift.ts';

/** Input of `ocp.await-machine@1`. */
export const AwaitMachineInput = MachineRingInput.extend({
  /** `null`: whoever makes it names it; then it is the one that was not there when the plan was made. */
  name: z.string().min(1).nullable(),
  /** Uids of the Machines of the control plane when the plan was made. */
  known: z.array(z.string()),
  /** ms. */
  withinMs: z.number().positive(),
});
type AwaitMachineInput = z.infer<typeof AwaitMachineInput>;

type AwaitMachineContext = StepContext<'etcd' | 'kubernetes'>;
type AwaitMachineAnswer = StepAnswer<WaitState, ReadyMachine>;

/** Waits until the new Machine runs and its node is ready. Certificate requests are named and never approved: that is for people. */
export const awaitMachineStep = defineStep({
  kind: 'ocp.await-machine@1',
  input: AwaitMachineInput,
  state: WaitState,
  output: ReadyMachine,
  needs: ['etcd', 'kubernetes'],
  risk: 'read',
  timeoutMs: ({ withinMs }) => withinMs + 30 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ name }) =>
    name === null
      ? 'Wait until the ControlPlaneMachineSet has made a new Machine and its node is ready'
      : `Wait until Machine ${name} runs and its node is ready`,
  items: () => [],
  initial: () => NOT_BEGUN,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state): Promise<AwaitMachineAnswer> => {
    const answer = await waitFor(context, input, state, {
      withinMs: input.withinMs,
      late: 'machine-not-ready',
      look: async () => await lookAtNew(context, input),
    });
    if (answer.kind !== 'there') return answer;
    const { name, node } = answer.value;
    return {
      kind: 'done',
      output: { readyMachine: answer.value },
      note: `Machine ${name} runs, and its node ${node} is ready.`,
    };
  },
  verify: async (_context, _input, output) => {
    const { name, node } = output.readyMachine;
    return await Promise.resolve({
      kind: 'done',
      output,
      note: `Machine ${name} runs, and its node ${node} is ready.`,
    });
  },
});

async function lookAtNew(
  { ports, signal }: AwaitMachineContext,
  { name, known }: AwaitMachineInput,
): Promise<Awaited<ReadyMachine['readyMachine']>> {
  const seen = await seeMachines(ports.kubernetes, signal);
  if (!seen.ok) return { kind: 'not-yet', note: seen.why };
  const added = seen.value.filter(({ uid, deletedAt }) => !known.includes(uid) && deletedAt === null);
  const machine = name === null ? added[0] : added.find((each) => each.name === name);
  if (name === null && added.length > 1)
    return {
      kind: 'stop',
      reason: 'plan-drifted',
      note: `More than one new Machine: ${added.map((each) => each.name).join(', ')}.`,
    };
  if (machine === undefined)
    return { kind: 'not-yet', note: name === null ? 'there is no new Machine yet' : `there is no Machine ${name} yet` };
  if (machine.phase === 'Failed')
    return {
      kind: 'stop',
      reason: 'machine-not-ready',
      note: `Machine ${machine.name} failed: ${machine.error || 'nobody said why'}.`,
    };
  const why = machine.node === null ? 'it has no node yet' : await whyNotReady(ports.kubernetes, machine.node, signal);
  if (machine.phase === 'Running' && machine.node !== null && why === null)
    return { kind: 'there', value: { name: machine.name, uid: machine.uid, node: machine.node } };
  const requests = await pendingRequests(ports.kubernetes, signal);
  return { kind: 'not-yet', note: [phaseWords(machine), why, requestWords(requests)].filter(Boolean).join('; ') };
}

function phaseWords({ name, phase, instanceState, error }: MachineReading): string {
  const state = instanceState === null ? '' : `, instance ${instanceState}`;
  return `Machine ${name} is ${phase === '' ? 'without a phase yet' : phase}${state}${error === '' ? '' : ` (${error})`}`;
}

function requestWords(requests: readonly string[]): string {
  if (requests.length === 0) return '';
  return `certificate requests wait for a decision: ${requests.join(', ')} (approve them if they are of the new node)`;
}
