import { z } from 'zod';
import type { NamedPeer } from '../../src/core/etcd/environment-file.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { sentence } from '../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer } from '../../src/core/step.ts';
import { ChangeState, NOT_WAITING } from '../steps/carry-out.ts';
import { ringReport, seeChanged, votersWords } from '../steps/changed-ring.ts';
import { waitForwardOrStop } from '../steps/pass-gate.ts';
import { configChange, hostTrouble, oldDataOn } from './bare/host-changes.ts';
import { enableChange, startChange, unfitToStart } from './bare/start-changes.ts';
import { addedBefore, changesOf, RingInput, RingOutput } from './input.ts';
import { manifestOn, startPodChange } from './kubeadm/node-changes.ts';
import { type Machine, type MachineContext, MachineRef, machineName, onMachine } from './machine.ts';
import {
  isOfChange,
  lookAgainOrStop,
  type MachineChange,
  type MachineChanged,
  makeMachineChange,
} from './machine-change.ts';

/** Input of `hosts.start-member@1`. The member is the one that a step before it added. */
export const StartInput = RingInput.extend({
  machine: MachineRef,
  /** What it is to be called. */
  name: z.string().min(1),
});
export type StartInput = z.infer<typeof StartInput>;

type StartAnswer = StepAnswer<ChangeState, RingOutput>;

/** Tells the machine the ring as it is now, and starts etcd there: with no data of its own it takes those of the leader. */
export const startMemberStep = defineStep({
  kind: 'hosts.start-member@1',
  input: StartInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes', 'hosts'],
  risk: 'disruptive',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ machine, name }) => `Start ${name} on ${machineName(machine)} as the new member, with the list of now`,
  items: ({ machine }) => [
    ...(machine.on === 'host' ? [`${machine.environmentFile} of ${machine.host}`] : []),
    `etcd on ${machineName(machine)}`,
  ],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.open === null && context.stopping)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    // Whether others are well is not asked: a member that is started takes nothing from the ring.
    const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait')
      return waitForwardOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince }));
    return await startThere(context, input, state, seen.ring);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

async function startThere(
  context: MachineContext,
  input: StartInput,
  state: ChangeState,
  ring: Ring,
): Promise<StartAnswer> {
  const name = machineName(input.machine);
  const added = addedBefore(context.outputs);
  if (added === null || !ring.members.some(({ id }) => id === added.id))
    return { kind: 'stop', reason: 'plan-drifted', note: 'The entry that was added is not in the member list.' };
  const others = ring.members
    .filter(({ id }) => id !== added.id)
    .map(({ member }) => ({ name: member.name, peerUrls: member.peerUrls }));
  const worked = await onMachine(context, input.machine, async (machine) => {
    const member: NamedPeer = { name: input.name, peerUrls: added.peerUrls };
    return await startOn(context, input, machine, { runId: context.runId, member, others });
  });
  context.signal.throwIfAborted();
  const changed: MachineChanged = worked.ok
    ? worked.value
    : { kind: 'stop', reason: 'host-refused', note: `${name} could not be worked on: ${worked.why}.` };
  // Its learner waits, and what hides the machine may pass: a shell on a node needs the API server, which stands on what is left of the ring.
  if (changed.kind === 'unread' || (changed.kind === 'stop' && changed.reason === 'host-refused'))
    return await lookAgainOrStop(context, { reason: 'host-refused', note: changed.note }, (trouble) =>
      waitForwardOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince })),
    );
  if (changed.kind === 'stop') return changed;
  if (changed.kind === 'again') return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: changed.note };
  const report = ringReport(context, ring, [changed.note]);
  const output: RingOutput = { removed: null, added: null, aside: null, report };
  return { kind: 'done', output, note: `${changed.note} ${votersWords(ring)}.` };
}

interface Joining {
  readonly runId: string;
  readonly member: NamedPeer;
  readonly others: readonly NamedPeer[];
}

async function startOn(
  context: MachineContext,
  { machine: ref }: StartInput,
  machine: Machine,
  joining: Joining,
): Promise<MachineChanged> {
  const found = await changesFor(context, ref, machine, joining);
  if ('kind' in found) return found;
  const notes: string[] = [];
  for (const change of found.changes) {
    if (context.open !== null && !isOfChange(context.open, change)) continue;
    const changed = await makeMachineChange(context, change);
    if (changed.kind === 'stop' && ref.on === 'host' && changed.reason === 'member-not-joined') {
      const old = await oldDataOn(machine, ref);
      if (old !== null) return { kind: 'stop', reason: 'old-data-joined', note: `${changed.note} ${sentence(old)}` };
    }
    if (changed.kind !== 'done') return changed;
    notes.push(changed.note);
  }
  return { kind: 'done', note: notes.join(' ') };
}

/** What is to be done on the machine; nothing of it where it is not as the step before left it. */
async function changesFor(
  context: MachineContext,
  ref: MachineRef,
  machine: Machine,
  joining: Joining,
): Promise<{ readonly changes: readonly MachineChange[] } | MachineChanged> {
  if (ref.on === 'node') {
    const manifest = await manifestOn(machine);
    if (!manifest.ok) return { kind: 'stop', reason: 'host-refused', note: `${manifest.why}.` };
    const { dataDirectory } = manifest.value.facts;
    return { changes: [startPodChange(machine, ref, { ...joining, dataDirectory })] };
  }
  const trouble = await hostTrouble(machine, ref, null);
  if (trouble.length > 0) return { kind: 'stop', reason: 'host-refused', note: `${trouble.join('; ')}.` };
  const isAnnounced = (): boolean =>
    context.open?.action === 'start' || context.acts.some(({ action }) => action === 'start');
  // Before the settings are written and the unit is enabled: neither is for data that are not the new member's.
  const unfit = context.open !== null || isAnnounced() ? null : await unfitToStart(machine, ref);
  if (unfit?.is === 'never') return { kind: 'stop', reason: unfit.reason, note: sentence(unfit.why) };
  if (unfit?.is === 'unread') return { kind: 'stop', reason: 'host-refused', note: sentence(unfit.why) };
  const config = configChange(machine, ref, joining);
  return { changes: [config, enableChange(machine, ref), startChange(machine, ref, isAnnounced, config)] };
}
