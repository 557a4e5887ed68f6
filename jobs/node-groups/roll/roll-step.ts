import { z } from 'zod';
import { nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { type DefinedStep, defineStep, type StepAnswer } from '../../../src/core/step.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import type { GroupStepContext, Progress, Unseen } from '../provider.ts';
import type { RollFacts, Rolling } from '../roll-steps.ts';
import { holdId } from './hold-cleanup.ts';
import { awayFor, heardNothing, Silence } from './silence.ts';

/** What was seen of a roll-out so far. Times in ms since the epoch. */
export const RollState = z.object({
  /** First look; `null`: none was made. */
  beganMs: z.number().nullable(),
  lookedMs: z.number(),
  /** What of it moves, and since when it is as it is. */
  moved: z.string(),
  movedMs: z.number(),
  /** `null`: both clusters could be seen. */
  unseen: Silence.nullable(),
});
export type RollState = z.infer<typeof RollState>;

const NOT_LOOKED: RollState = { beganMs: null, lookedMs: 0, moved: '', movedMs: 0, unseen: null };

const Rolled = z.object({ words: z.string() });
type Rolled = z.infer<typeof Rolled>;

/** Soon after something moved it is looked at more often. */
const LIVELY_MS = 30_000;
const LIVELY_EVERY_MS = 2000;
const EVERY_MS = 5000;
/** Beyond every limit of the configuration: the step's own limits end it first. */
const TIMEOUT_MS = 49 * 3_600_000;

/** Watches a roll-out that others carry out. It begins nothing; when its run ends before it is over, it is held. */
export function rollStep<Change>(provider: Rolling<Change>, facts: RollFacts<Change>): DefinedStep<Change> {
  return defineStep<Change, RollState, Rolled, 'kubernetes' | 'management'>({
    kind: `${facts.prefix}.roll@1`,
    input: provider.change,
    state: RollState,
    output: Rolled,
    needs: ['kubernetes', 'management'],
    risk: 'read',
    timeoutMs: () => TIMEOUT_MS,
    retry: { attempts: 5, backoffMs: 2000 },
    describe: (change) => facts.describe(change).roll,
    items: (change) => facts.items(change),
    initial: () => NOT_LOOKED,
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async (context, change, state) => {
      const seen = await provider.poll(context, change);
      // What the card shows to the end is from this look, not from the one before.
      if (seen.kind === 'stopped' && seen.tree.length > 0) await context.progress(sentence(seen.words), seen.tree);
      const answer = judge(context, state, seen);
      if (answer.kind === 'done') await context.cleanedUp(holdId(facts.group(change)));
      return answer;
    },
    verify: async (_context, _change, output) => await Promise.resolve({ kind: 'done', output, note: output.words }),
  });
}

type Answer = StepAnswer<RollState, Rolled>;

/** What one look means for the run. */
function judge(context: GroupStepContext, earlier: RollState, seen: Progress): Answer {
  const now = context.nowMs();
  const state = caughtUp(earlier, now);
  if (seen.kind === 'done')
    return { kind: 'done', output: { words: sentence(seen.words) }, note: sentence(seen.words) };
  if (seen.kind === 'stopped') return { kind: 'stop', reason: seen.reason, note: sentence(seen.words) };
  if (seen.kind === 'unseen') return whileUnseen(state, seen, now);
  const { upgrade } = nodeSettingsOf(context.cluster);
  const stands = seen.moved === state.moved;
  const next: RollState = { ...state, unseen: null, moved: seen.moved, movedMs: stands ? state.movedMs : now };
  const stillMs = now - next.movedMs;
  if (stillMs >= upgrade.stallMs) return stalled(`Nothing moved for ${spanAsSet(stillMs)}`, seen.words);
  const takenMs = now - (next.beganMs ?? now);
  if (takenMs >= upgrade.rollMs) return stalled(`It is not over after ${spanAsSet(takenMs)}`, seen.words);
  const afterMs = stillMs < LIVELY_MS ? LIVELY_EVERY_MS : EVERY_MS;
  return { kind: 'again', afterMs, state: next, note: progressWords(seen), tree: seen.tree };
}

function progressWords({ done, total, words }: Extract<Progress, { readonly kind: 'rolling' }>): string {
  return `${done} of ${total}: ${words}`;
}

/** The time in which no worker looked counts for nothing. */
function caughtUp(state: RollState, now: number): RollState {
  if (state.beganMs === null) return { ...NOT_LOOKED, beganMs: now, lookedMs: now, movedMs: now };
  return { ...state, lookedMs: now, movedMs: state.movedMs + awayFor(state.lookedMs, now) };
}

function whileUnseen(state: RollState, seen: Unseen, now: number): Answer {
  const { silence, reason, note } = heardNothing(state.unseen, seen, now);
  if (reason !== null) return stop(reason, note);
  // Nobody can say that it stood still while it could not be seen.
  const next: RollState = { ...state, unseen: silence, movedMs: now };
  return { kind: 'again', afterMs: EVERY_MS, state: next, note: `${note}. What was begun goes on.` };
}

function stalled(what: string, words: string): Answer {
  return stop('roll-stalled', `${what}: ${words}`);
}

function stop(reason: EndReason, note: string): Answer {
  return { kind: 'stop', reason, note: sentence(note) };
}
