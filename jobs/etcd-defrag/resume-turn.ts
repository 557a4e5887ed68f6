import { leaderMoved } from '../../src/core/etcd/leader-track.ts';
import type { ActState } from '../../src/core/run-state.ts';
import type { StepContext } from '../../src/core/step.ts';
import type { DefragAnswer, DefragState } from './defragment-step.ts';
import { endTurn } from './end-turn.ts';
import type { DefragInput } from './input.ts';
import { MOVE_LEADER, settleMove } from './move-leader.ts';
import { settleTurn, TurnFacts } from './settle.ts';
import { timesAnnounced } from './turns.ts';

/** A call may be announced so often: a second time only when a successor saw that the first had no effect. */
const MAX_ANNOUNCED = 2;

/** Settles a call that an earlier worker announced: looks, stores what is seen, and starts nothing. */
export async function resumeTurn(
  context: StepContext<'etcd'>,
  input: DefragInput,
  state: DefragState,
  open: ActState,
): Promise<DefragAnswer> {
  if (open.action === MOVE_LEADER) return await resumeMove(context, input, state, open);
  const facts = TurnFacts.safeParse(open.facts);
  if (!facts.success) {
    await context.observed({
      result: 'unknown',
      note: 'what was stored before the call cannot be read',
      evidence: null,
    });
    return {
      kind: 'stop',
      reason: 'outcome-unknown',
      note: `${open.item}: what was stored before the call cannot be read.`,
    };
  }
  await context.progress(`Looking at ${open.item}: its turn was announced before this worker took over.`);
  const settled = await settleTurn(
    context,
    { label: open.item, member: null, facts: facts.data, answer: 'unknown' },
    input.answerWithinMs,
  );
  const again = settled.kind === 'not-done' && !settled.wentDown && timesAnnounced(context.acts, open) < MAX_ANNOUNCED;
  if (!again) {
    return await endTurn(context, input, state, {
      label: open.item,
      settled: { ...settled, error: null },
      tookMs: null,
      warning: null,
      unseen: null,
    });
  }
  await context.observed({ result: 'not-done', note: settled.text, evidence: { after: settled.after, tookMs: null } });
  return { kind: 'again', afterMs: 0, state, note: `${open.item} had not begun: ${settled.text}. It is still due.` };
}

async function resumeMove(
  context: StepContext<'etcd'>,
  input: DefragInput,
  state: DefragState,
  open: ActState,
): Promise<DefragAnswer> {
  const from = input.members.find((each) => each.label === open.item);
  const moved = await settleMove(context, open.item, from?.id ?? '', null);
  if (moved.kind === 'unknown') return { kind: 'stop', reason: 'outcome-unknown', note: `${moved.text}.` };
  if (moved.kind === 'moved')
    return { kind: 'again', afterMs: 0, state: { ...state, track: leaderMoved(state.track) }, note: `${moved.text}.` };
  if (timesAnnounced(context.acts, open) < MAX_ANNOUNCED)
    return { kind: 'again', afterMs: 0, state, note: `${moved.text}: the move had not begun.` };
  return {
    kind: 'stop',
    reason: moved.reason,
    note: `Leadership was to move: ${moved.text}.`,
  };
}
