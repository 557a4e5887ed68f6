import { z } from 'zod';
import { formatBytes } from '../../src/core/bytes.ts';
import { isCompact } from '../../src/core/etcd/defrag-outcome.ts';
import { LeaderTrack, NO_LEADER_SEEN } from '../../src/core/etcd/leader-track.ts';
import type { StepContext } from '../../src/core/step.ts';
import { defineStep, ONCE, type StepAnswer } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { checkIdentity } from '../steps/pass-gate.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { DefragInput } from './input.ts';
import { nextTurn } from './next-turn.ts';
import { resumeTurn } from './resume-turn.ts';
import { DefragOutput, remainingOf, turnsOf } from './turns.ts';

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
    if (remainingOf(input, context.acts).length === 0) {
      const turns = [...turnsOf(context.acts)];
      return {
        kind: 'done',
        output: { turns },
        note: `${turns.length} of ${input.members.length} members defragmented`,
      };
    }
    if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    return await nextTurn(context, input, state);
  },
  verify: async (context, _input, output) => await verifySizes(context, output),
});

/** Looks once more at every file that had its turn: smaller, or as small as its content allows. */
async function verifySizes(context: StepContext<'etcd'>, output: DefragOutput): Promise<DefragAnswer> {
  const { ring, trouble } = await readRing(lookOf(context));
  const words: string[] = [];
  for (const turn of output.turns) {
    const status = ring?.members.find((each) => each.id === turn.id)?.status ?? null;
    if (status === null)
      return {
        kind: 'stop',
        reason: 'member-unhealthy',
        note: `${turn.label} does not answer after its turn ${trouble}`.trim(),
      };
    const now = { size: status.dbSizeBytes, inUse: status.dbSizeInUseBytes };
    const change = `${turn.label}: ${formatBytes(turn.before.size)} → ${formatBytes(now.size)}`;
    if (now.size >= turn.before.size && !isCompact(now)) {
      return { kind: 'stop', reason: 'not-verified', note: `${change}; ${formatBytes(now.inUse)} in use.` };
    }
    words.push(
      now.size < turn.before.size ? change : `${change} (nothing was left to free, or as much was written since)`,
    );
  }
  return { kind: 'done', output, note: words.join('; ') };
}
