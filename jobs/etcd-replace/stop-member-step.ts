import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { defineStep, ONCE, type StepAnswer } from '../../src/core/step.ts';
import { ringReport, seeChanged, votersWords } from '../steps/changed-ring.ts';
import { judgeRemovalNow } from '../steps/judge-removal-now.ts';
import { type Clearance, waitForwardOrStop, waitOrStop } from '../steps/pass-gate.ts';
import { forgetEnableUnit, registerEnableUnit } from './bare/enable-unit.ts';
import { hostTrouble, stopChange } from './bare/host-changes.ts';
import { disableChange } from './bare/start-changes.ts';
import { changesOf, RingInput, RingOutput, removedBefore, TargetRef } from './input.ts';
import { immovable, KEPT_MANIFEST, MANIFEST, manifestOn, stopPodChange } from './kubeadm/node-changes.ts';
import { type Machine, type MachineContext, MachineRef, machineName, onMachine } from './machine.ts';
import { isOfChange, lookAgainOrStop, type MachineChange, type MachineChanged, makeInTurn } from './machine-change.ts';

/** Input of `hosts.stop-member@1`. */
export const StopInput = RingInput.extend({
  machine: MachineRef,
  /** The member that runs there, or ran: what the machine must say of itself. `id` null: it was removed before anybody asked. */
  target: TargetRef.extend({ id: z.string().min(1).nullable() }),
  /** See `RemovalKind`. */
  why: z.enum(['dead', 'sick', 'swap']),
  alsoDead: z.array(z.string()),
});
export type StopInput = z.infer<typeof StopInput>;

const StopState = z.object({ waitingSince: z.number().nullable() });
type StopState = z.infer<typeof StopState>;
type StopAnswer = StepAnswer<StopState, RingOutput>;

/**
 * Ends the old process on its machine, proves that it has ended, and keeps it from starting with the machine. Its data stay in their place until
 * it is out of the list: started without them, a voter would have forgotten its votes.
 */
export const stopMemberStep = defineStep({
  kind: 'hosts.stop-member@1',
  input: StopInput,
  state: StopState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes', 'hosts'],
  risk: 'disruptive',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ machine }) =>
    `Stop etcd on ${machineName(machine)}, see that it has ended, and keep it from starting with the machine`,
  items: ({ machine }) => [`etcd on ${machineName(machine)}`],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.open === null && context.stopping)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    const cleared = await clearance(context, input);
    // An open call is settled whatever the ring is like: looking changes nothing.
    if (cleared.kind === 'stop' && context.open === null) return cleared;
    if (cleared.kind === 'wait' && context.open === null) return hold(context, input, state, cleared);
    return await stopThere(context, input, state, cleared.kind === 'go');
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** A process is not ended while that could cost the ring its quorum, nor when its member is well again. */
async function clearance(context: MachineContext, input: StopInput): Promise<Clearance> {
  const { target, why, alsoDead } = input;
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const seen = await seeChanged(context, expected, target.id);
  if (seen.kind !== 'go' || target.id === null || removedBefore(context.outputs) === target.id) return seen;
  const verdict = await judgeRemovalNow(context, seen.ring, {
    target: { ...target, id: target.id },
    kind: why,
    alsoDead,
  });
  // With its process stopped by this very step, a member that was sick is dead now.
  return verdict.kind === 'go' ? seen : verdict;
}

async function stopThere(
  context: MachineContext,
  input: StopInput,
  state: StopState,
  isClear: boolean,
): Promise<StopAnswer> {
  const name = machineName(input.machine);
  const worked = await onMachine(
    context,
    input.machine,
    async (machine) => await stopOn(context, input, machine, isClear),
  );
  context.signal.throwIfAborted();
  const changed: MachineChanged = worked.ok
    ? worked.value
    : { kind: 'stop', reason: 'host-refused', note: `${name} could not be worked on: ${worked.why}.` };
  // What came of an open call is looked for; without one a machine that refuses ends the step.
  const isHidden = changed.kind === 'stop' && changed.reason === 'host-refused' && context.open !== null;
  if (changed.kind === 'unread' || isHidden)
    return await lookAgainOrStop(context, { reason: 'outcome-unknown', note: changed.note }, (trouble) =>
      hold(context, input, state, trouble),
    );
  if (changed.kind === 'stop') return changed;
  if (changed.kind === 'again') return { kind: 'again', afterMs: 0, state, note: changed.note };
  if (input.machine.on === 'host') await forgetEnableUnit(context);
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const seen = await seeChanged(context, expected, input.target.id);
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') return hold(context, input, state, seen);
  return done(context, input, seen.ring, changed.note);
}

/** Behind a removal the way out is forward, and it is waited for longer. */
function hold(
  context: MachineContext,
  { target }: StopInput,
  { waitingSince }: StopState,
  trouble: Parameters<typeof waitOrStop>[2],
): Exclude<StopAnswer, { readonly kind: 'done' }> {
  const isRemoved = target.id === null || removedBefore(context.outputs) !== null;
  const wait = isRemoved ? waitForwardOrStop<StopState> : waitOrStop<StopState>;
  return wait(context, waitingSince, trouble, (since) => ({ waitingSince: since }));
}

async function stopOn(
  context: MachineContext,
  input: StopInput,
  machine: Machine,
  isClear: boolean,
): Promise<MachineChanged> {
  const found = await changesFor(context, input, machine);
  if ('why' in found) return { kind: 'stop', reason: 'host-refused', note: `${found.why}.` };
  const { changes } = found;
  const { open } = context;
  if (open === null || isClear) return await makeInTurn(context, changes);
  // Nothing further is begun: its member may be well again, and is not stopped because its service was disabled.
  const settled = await makeInTurn(
    context,
    changes.filter((each) => isOfChange(open, each)),
  );
  const isLast = changes.findIndex((each) => isOfChange(open, each)) === changes.length - 1;
  return settled.kind === 'done' && !isLast ? { kind: 'again', note: settled.note } : settled;
}

async function changesFor(
  context: MachineContext,
  { machine: ref, target, ring }: StopInput,
  machine: Machine,
): Promise<{ readonly changes: readonly MachineChange[] } | { readonly why: string }> {
  if (ref.on === 'host') {
    const trouble = await hostTrouble(machine, ref, target);
    if (trouble.length > 0) return { why: trouble.join('; ') };
    const disable = disableChange(machine, ref);
    const { clusterId } = ring;
    const { id } = target;
    // Of a member that is in the list: until its process is stopped it must come back with its machine.
    if (id === null || removedBefore(context.outputs) !== null) return { changes: [disable, stopChange(machine, ref)] };
    const before = async () => await registerEnableUnit(context, ref, { clusterId, memberId: id });
    return { changes: [{ ...disable, before }, stopChange(machine, ref)] };
  }
  const manifest = await manifestOn(machine);
  if (!manifest.ok) return { why: manifest.why };
  const { name, dataDirectory, peerUrls } = manifest.value.facts;
  const unlike = peerUrls.filter((url) => !target.peerUrls.includes(url));
  if ((target.name !== '' && name !== target.name) || unlike.length > 0)
    return {
      why: `the manifest of ${ref.node} is that of ${name} with ${peerUrls.join(', ')}, not of ${target.name} with ${target.peerUrls.join(', ')}`,
    };
  const fixed = await immovable(machine, dataDirectory);
  if (fixed !== null) return { why: fixed };
  const node = { machine, ref, dataDirectory, kubernetes: context.ports.kubernetes, signal: context.signal };
  return { changes: [stopPodChange(node, context.runId)] };
}

function done(context: MachineContext, { machine, target }: StopInput, ring: Ring, note: string): StopAnswer {
  const name = machineName(machine);
  const who = target.id === null ? `the member on ${name}` : memberWords({ ...target, id: target.id });
  const notes = [
    note,
    // It stays stopped in every ending: a sick member is started again by nobody but people.
    machine.on === 'host'
      ? `On ${name} etcd stays stopped, also when the machine restarts, until it is started as a new member. To put ${who} back as it was, only as long as it is a member: systemctl enable --now ${machine.service}.`
      : `On ${name} etcd stays stopped until it is started as a new member. To put ${who} back as it was, only as long as it is a member: move ${KEPT_MANIFEST} back to ${MANIFEST}.`,
  ];
  const output: RingOutput = { removed: null, added: null, aside: null, report: ringReport(context, ring, notes) };
  return { kind: 'done', output, note: `${note} ${votersWords(ring)}.` };
}
