import { z } from 'zod';
import { defineStep, ONCE, type StepAnswer } from '../../src/core/step.ts';
import { ChangeState, NOT_WAITING } from '../steps/carry-out.ts';
import { ringReport, seeChanged, votersWords } from '../steps/changed-ring.ts';
import { waitForwardOrStop } from '../steps/pass-gate.ts';
import { asideChange } from './bare/host-changes.ts';
import { addedBefore, changesOf, RingInput, RingOutput, removedBefore } from './input.ts';
import { asidePodChange, manifestOn } from './kubeadm/node-changes.ts';
import { type Machine, type MachineContext, MachineRef, machineName, onMachine } from './machine.ts';
import { lookAgainOrStop, type MachineChanged, makeInTurn } from './machine-change.ts';

/** Input of `hosts.set-aside@1`. */
export const SetAsideInput = RingInput.extend({
  machine: MachineRef,
  /** Id of the member whose data they are; `null`: it was removed before anybody asked. */
  targetId: z.string().min(1).nullable(),
});
export type SetAsideInput = z.infer<typeof SetAsideInput>;

type SetAsideAnswer = StepAnswer<ChangeState, RingOutput>;

/**
 * Moves the data of a member aside by one rename, where they are kept: only once it is out of the list, and only when its process is seen ended.
 * A voter that starts without its data would have forgotten what it voted for and wrote.
 */
export const setAsideDataStep = defineStep({
  kind: 'hosts.set-aside@1',
  input: SetAsideInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes', 'hosts'],
  risk: 'disruptive',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ machine }) => `Move the old data on ${machineName(machine)} aside, where they are kept`,
  items: ({ machine }) => [`data of ${machineName(machine)}`],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state): Promise<SetAsideAnswer> => {
    if (context.open === null && context.stopping)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait')
      return waitForwardOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince }));
    if (seen.ring.members.some(({ id }) => id === input.targetId))
      return { kind: 'stop', reason: 'plan-drifted', note: 'The member whose data they are is in the list still.' };
    const name = machineName(input.machine);
    const worked = await onMachine(context, input.machine, async (machine) => await asideOn(context, input, machine));
    context.signal.throwIfAborted();
    const failed = { kind: 'stop', reason: 'host-refused' } as const;
    const { changed, path }: Aside = worked.ok
      ? worked.value
      : { changed: { ...failed, note: `${name} could not be worked on: ${worked.why}.` }, path: '' };
    if (changed.kind === 'again') return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: changed.note };
    if (changed.kind === 'unread') return await afterRemoval(context, state, { ...failed, note: changed.note });
    if (changed.kind === 'stop') return await afterRemoval(context, state, changed);
    const report = ringReport(context, seen.ring, [changed.note]);
    const output: RingOutput = { removed: null, added: null, aside: { node: name, path }, report };
    return { kind: 'done', output, note: `${changed.note} ${votersWords(seen.ring)}.` };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

interface Aside {
  readonly changed: MachineChanged;
  readonly path: string;
}

type Stopped = Extract<MachineChanged, { kind: 'stop' }>;

/**
 * With its member removed a machine that refuses is more than a failure: the ring waits for a new one. One that cannot be worked on is asked again
 * for some minutes: a shell on a node needs the API server, which stands on what is left of the ring.
 */
async function afterRemoval(context: MachineContext, state: ChangeState, changed: Stopped): Promise<SetAsideAnswer> {
  const { outputs } = context;
  const isThin = removedBefore(outputs) !== null && addedBefore(outputs) === null;
  const isRefusal = changed.reason === 'host-refused' || changed.reason === 'old-process-alive';
  const told = isThin && isRefusal ? { ...changed, reason: 'member-not-joined' as const } : changed;
  if (changed.reason !== 'host-refused') return told;
  return await lookAgainOrStop(context, told, (trouble) =>
    waitForwardOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince })),
  );
}

async function asideOn(context: MachineContext, { machine: ref }: SetAsideInput, machine: Machine): Promise<Aside> {
  const { runId } = context;
  if (ref.on === 'host')
    return {
      changed: await makeInTurn(context, [asideChange(machine, ref, runId)]),
      path: `${ref.dataDirectory}/old-${runId}`,
    };
  const manifest = await manifestOn(machine);
  if (!manifest.ok) return { changed: { kind: 'stop', reason: 'host-refused', note: `${manifest.why}.` }, path: '' };
  const { dataDirectory } = manifest.value.facts;
  const node = { machine, ref, dataDirectory, kubernetes: context.ports.kubernetes, signal: context.signal };
  return {
    changed: await makeInTurn(context, [asidePodChange(node, runId)]),
    path: `${dataDirectory}/old-${runId}`,
  };
}
