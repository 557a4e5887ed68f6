import { z } from 'zod';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { type Moved, moveLeader, settleMove, successorOf } from '../etcd-defrag/move-leader.ts';
import { changesOf, RingInput, RingOutput, TargetRef } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, votersWords } from './changed-ring.ts';
import { waitOrStop } from './pass-gate.ts';

/** Input of `etcd.move-leader@1`. */
export const MoveInput = RingInput.extend({ target: TargetRef });
export type MoveInput = z.infer<typeof MoveInput>;

const MoveState = z.object({ waitingSince: z.number().nullable() });
type MoveState = z.infer<typeof MoveState>;
type MoveAnswer = StepAnswer<MoveState, RingOutput>;

/** A move is announced so often: a second time only when the first was seen to have had no effect. */
const MAX_ANNOUNCED = 2;

/** Moves leadership away from a member that is to go, if it has it: a leader that is removed leaves the ring without one for a moment. */
export const moveLeaderStep = defineStep({
  kind: 'etcd.move-leader@1',
  input: MoveInput,
  state: MoveState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'disruptive',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ target }) => `Move leadership away from ${memberWords(target)}, if it leads`,
  items: ({ target }) => [memberWords(target)],
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.open !== null) {
      const moved = await settleMove(context, context.open.item, input.target.id, null);
      return afterMove(context, state, moved);
    }
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    return await moveIfItLeads(context, input, state);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function moveIfItLeads(context: StepContext<'etcd'>, input: MoveInput, state: MoveState): Promise<MoveAnswer> {
  const { target } = input;
  const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
  if (seen.kind === 'stop') return seen;
  const trouble = seen.kind === 'wait' ? seen : seen.ring.leaderId === null ? NO_LEADER : null;
  if (seen.kind === 'wait' || trouble !== null)
    return waitOrStop(context, state.waitingSince, trouble ?? NO_LEADER, (waitingSince) => ({ waitingSince }));
  const { ring } = seen;
  const from = ring.members.find(({ id }) => id === target.id);
  if (ring.leaderId !== target.id || from === undefined) return done(context, ring, target);
  if (context.acts.some(({ observed }) => observed?.result === 'done'))
    return { kind: 'stop', reason: 'leader-flapping', note: `${memberWords(target)} leads again.` };
  const to = successorOf(ring, from);
  if (to === null)
    return {
      kind: 'stop',
      reason: 'second-member-sick',
      note: `No other member is well enough to lead. ${votersWords(ring)}.`,
    };
  return afterMove(context, state, await moveLeader(context, from, to));
}

const NO_LEADER = { reason: 'quorum-at-risk', note: 'The members do not agree on a leader.' } as const;

function afterMove({ acts }: StepContext<'etcd'>, state: MoveState, moved: Moved): MoveAnswer {
  if (moved.kind === 'unknown') return { kind: 'stop', reason: 'outcome-unknown', note: `${moved.text}.` };
  // Looked at once more: the step ends when somebody else leads.
  if (moved.kind === 'moved' || acts.length < MAX_ANNOUNCED)
    return { kind: 'again', afterMs: 0, state, note: `${moved.text}.` };
  return { kind: 'stop', reason: moved.reason, note: `Leadership was to move: ${moved.text}.` };
}

function done(context: StepContext<'etcd'>, ring: Ring, target: MoveInput['target']): MoveAnswer {
  const leader = ring.members.find(({ isLeader }) => isLeader);
  const words = `${leader?.label ?? 'another member'} leads, not ${memberWords(target)}.`;
  const output: RingOutput = { removed: null, added: null, aside: null, report: ringReport(context, ring, [words]) };
  return { kind: 'done', output, note: words };
}
