import { z } from 'zod';
import { machineRef, whatHolds } from '../../../src/core/openshift/machine.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { ChangeState, carryOut, leave, NOT_WAITING } from '../../steps/carry-out.ts';
import { deletionOf } from '../../steps/delete-object.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { RingOutput } from '../input.ts';
import { ApprovedMachine, MachineRingInput } from './machine-input.ts';
import { seeMachine } from './read-openshift.ts';

/** Input of `ocp.delete-machine@1`. */
export const DeleteMachineInput = MachineRingInput.extend({
  machine: ApprovedMachine,
  /** How long it may take to go, ms. */
  withinMs: z.number().positive(),
});
type DeleteMachineInput = z.infer<typeof DeleteMachineInput>;

const DeleteMachineState = z.object({ change: ChangeState, wait: WaitState });
type DeleteMachineState = z.infer<typeof DeleteMachineState>;
type DeleteMachineAnswer = StepAnswer<DeleteMachineState, RingOutput>;
type DeleteMachineContext = StepContext<'etcd' | 'kubernetes'>;

/**
 * How long a Machine that only the etcd operator holds is waited for, ms: newer operators let it go when the member is gone, older ones
 * when another has taken its place, which is then what comes next.
 */
const HELD_BY_ETCD_MS = 5 * 60_000;

/**
 * Deletes the old Machine by its uid, and waits until it is gone. Finalizers and hooks are told, with who set them, and are never taken away:
 * a Machine that only the hook of the etcd operator holds is left to it after a while.
 */
export const deleteMachineStep = defineStep({
  kind: 'ocp.delete-machine@1',
  input: DeleteMachineInput,
  state: DeleteMachineState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'irreversible',
  timeoutMs: ({ withinMs }) => withinMs + 30 * 60_000,
  retry: ONCE,
  describe: ({ machine }) => `Delete Machine ${machineWords(machine)} and wait until it is gone`,
  items: ({ machine }) => [`Machine ${machine.name}`],
  initial: () => ({ change: NOT_WAITING, wait: NOT_BEGUN }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const asked = await ask(context, input, state);
    return asked ?? (await untilGone(context, input, state));
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** A Machine by name and by what it stands for at the provider. */
export function machineWords({ name, providerId }: ApprovedMachine): string {
  return providerId === null ? `${name} (no instance)` : `${name} (${providerId})`;
}

/** Makes the call; `null`: it was made, or somebody else has deleted it. */
async function ask(
  context: DeleteMachineContext,
  input: DeleteMachineInput,
  state: DeleteMachineState,
): Promise<DeleteMachineAnswer | null> {
  const { ports, signal, open, acts } = context;
  const { name, uid, providerId } = input.machine;
  if (open === null && acts.some(({ observed }) => observed?.result === 'done')) return null;
  if (open === null) {
    const seen = await seeMachine(ports.kubernetes, name, signal);
    // A name that stands for another instance by now is somebody else's work.
    if (seen.ok && seen.value?.machine.uid === uid && (seen.value.machine.providerId || null) !== providerId) {
      const note = `Machine ${name} stands for ${seen.value.machine.providerId || 'no instance'} now, not for ${providerId ?? 'none'}.`;
      return { kind: 'stop', reason: 'plan-drifted', note };
    }
    if (seen.ok && (seen.value?.machine.uid !== uid || seen.value.machine.deletedAt !== null)) return null;
  }
  const doomed = { ref: machineRef(name), uid, action: 'delete-machine', item: `Machine ${name}` };
  // A new machine may join from the call on, which may have been a worker's before; who joins earlier is somebody else's.
  const now = acts.length > 0 ? input : { ...input, mayJoin: null };
  const answer = await carryOut(context, now, state.change, [deletionOf(ports.kubernetes, doomed, signal)]);
  if (answer.kind === 'stop') return answer;
  const change = answer.kind === 'again' ? answer.state : NOT_WAITING;
  return {
    kind: 'again',
    afterMs: answer.kind === 'again' ? answer.afterMs : 0,
    state: { ...state, change },
    note: answer.note,
  };
}

async function untilGone(
  context: DeleteMachineContext,
  input: DeleteMachineInput,
  state: DeleteMachineState,
): Promise<DeleteMachineAnswer> {
  const { machine, withinMs } = input;
  const late = 'machine-stuck';
  const answer = await waitFor(context, input, state.wait, {
    withinMs,
    late,
    look: async (_ring, waitedMs) => await lookAtOld(context, machine, waitedMs),
  });
  if (answer.kind === 'there') {
    const left = await leave(context, input, state.change, { added: null, aside: null }, [answer.value]);
    return left.kind === 'again' ? { ...left, state: { ...state, change: left.state } } : left;
  }
  if (answer.kind === 'stop' && answer.reason === late)
    return { ...answer, note: `${answer.note} Drydock clears no finalizer and no hook.` };
  return answer.kind === 'again' ? { ...answer, state: { ...state, wait: answer.state } } : answer;
}

async function lookAtOld(
  { ports, signal }: DeleteMachineContext,
  { name, uid }: ApprovedMachine,
  waitedMs: number,
): Promise<Awaited<string>> {
  const seen = await seeMachine(ports.kubernetes, name, signal);
  if (!seen.ok) return { kind: 'not-yet', note: seen.why };
  if (seen.value === null || seen.value.machine.uid !== uid)
    return { kind: 'there', value: `Machine ${name} is gone.` };
  const { words, byEtcdOnly } = whatHolds(seen.value.machine);
  const since = seen.value.machine.deletedAt;
  const held = `Machine ${name} is being deleted since ${since ?? 'nobody knows when'}, held by ${words}`;
  if (byEtcdOnly && waitedMs >= HELD_BY_ETCD_MS)
    return {
      kind: 'there',
      value: `${held}; going on after ${formatSpan(waitedMs)}: it goes when the new member is in.`,
    };
  return { kind: 'not-yet', note: held };
}
