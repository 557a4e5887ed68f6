import { z } from 'zod';
import { formatBytes } from '../../src/core/bytes.ts';
import { isCompact } from '../../src/core/etcd/defrag-outcome.ts';
import type { RingIdentity } from '../../src/core/etcd/identity.ts';
import { LeaderTrack, NO_LEADER_SEEN } from '../../src/core/etcd/leader-track.ts';
import type { StepContext } from '../../src/core/step.ts';
import { defineStep, ONCE, type StepAnswer } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { type Clearance, checkIdentity, seeRing, waitOrStop } from '../steps/pass-gate.ts';
import { DefragInput } from './input.ts';
import { nextTurn } from './next-turn.ts';
import { resumeTurn } from './resume-turn.ts';
import { DefragOutput, remainingOf, type Turn, turnsOf } from './turns.ts';

/** What the step remembers between turns, beside the announced calls. */
export const DefragState = z.object({
  track: LeaderTrack,
  /** Since when the gate is shut, ms since the epoch; `null`: it is not. */
  waitingSince: z.number().nullable(),
});
export type DefragState = z.infer<typeof DefragState>;

/** What the step may answer. */
export type DefragAnswer = StepAnswer<DefragState, DefragOutput>;

/** Upper bound of one call, ms: six times the estimate for the largest database etcd supports is below it. */
const TURN_MS = 60 * 60_000;

/**
 * Defragments members one after another, followers first and the leader last, each at most once. One invocation does
 * one turn, then parks for the pause. Source: `docs/runbooks/etcd-defrag.md`.
 */
export const defragmentStep = defineStep({
  kind: 'etcd.defragment@1',
  input: DefragInput,
  state: DefragState,
  output: DefragOutput,
  needs: ['etcd'],
  risk: 'disruptive',
  timeoutMs: (input) => input.members.length * (TURN_MS + input.answerWithinMs + input.pauseMs),
  retry: ONCE,
  describe: (input) => {
    const names = input.members.map((each) => each.label).join(', ');
    const moving = input.moveLeader ? ', after moving leadership away' : '';
    return `Defragment ${names}: followers first, the leader last${moving}, ${formatSpan(input.pauseMs)} apart`;
  },
  items: (input) => input.members.map((each) => each.label),
  initial: () => ({ track: NO_LEADER_SEEN, waitingSince: null }),
  check: async (context, input) => {
    if (context.open !== null || context.stopping) return { kind: 'go' };
    return (await checkIdentity(context, input.ring)) ?? { kind: 'go' };
  },
  run: async (context, input, state) => {
    if (context.open !== null) return await resumeTurn(context, input, state, context.open);
    if (remainingOf(input, context.acts).length === 0) return await allDone(context, input, state);
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    return await nextTurn(context, input, state);
  },
  verify: async (context, input, output) => {
    const seen = await lookAtSizes(context, input.ring, output.turns);
    if (seen.kind === 'fine') return { kind: 'done', output, note: seen.note };
    // `run` looks again, and gives up after a while.
    return seen.kind === 'stop' ? seen : wait(context, { track: NO_LEADER_SEEN, waitingSince: null }, seen);
  },
});

/** Ends the step when every file can be seen to be as small as it should be. */
async function allDone(context: StepContext<'etcd'>, input: DefragInput, state: DefragState): Promise<DefragAnswer> {
  const turns = [...turnsOf(context.acts)];
  const seen = await lookAtSizes(context, input.ring, turns);
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') return wait(context, state, seen);
  const note = `${turns.length} of ${input.members.length} members defragmented`;
  return { kind: 'done', output: { turns }, note };
}

function wait(context: StepContext<'etcd'>, state: DefragState, trouble: Clearance & { kind: 'wait' }): DefragAnswer {
  return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ ...state, waitingSince }));
}

type Sizes = { readonly kind: 'fine'; readonly note: string } | Exclude<Clearance, { readonly kind: 'go' }>;

/** Looks once more at every file that had its turn: smaller, or as small as its content allows. */
async function lookAtSizes(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  turns: readonly Turn[],
): Promise<Sizes> {
  const seen = await seeRing(context, planned);
  if (seen.kind !== 'go') return seen;
  const words: string[] = [];
  for (const turn of turns) {
    const member = seen.ring.members.find((each) => each.id === turn.id);
    if (member?.status === undefined || member.status === null) {
      const note = `${turn.label} does not answer after its turn: ${member?.trouble ?? 'no answer'}.`;
      return { kind: 'wait', reason: 'member-unhealthy', note };
    }
    const now = { size: member.status.dbSizeBytes, inUse: member.status.dbSizeInUseBytes };
    const change = `${turn.label}: ${formatBytes(turn.before.size)} → ${formatBytes(now.size)}`;
    if (now.size >= turn.before.size && !isCompact(now)) {
      return { kind: 'stop', reason: 'not-verified', note: `${change}; ${formatBytes(now.inUse)} in use.` };
    }
    words.push(
      now.size < turn.before.size ? change : `${change} (nothing was left to free, or as much was written since)`,
    );
  }
  return { kind: 'fine', note: words.join('; ') };
}
