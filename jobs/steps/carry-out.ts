import { z } from 'zod';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { MemberId } from '../../src/core/ports/etcd.ts';
import type { StepAnswer, StepContext } from '../../src/core/step.ts';
import { changesOf, type RingInput, type RingOutput, removedBefore } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, sickVoters, sickWords, votersWords } from './changed-ring.ts';
import { isOf, makeChange, type ObjectChange, sentence } from './object-change.ts';
import { type Clearance, waitOrStop } from './pass-gate.ts';

/** State of a step that changes objects beside the ring. */
export const ChangeState = z.object({
  /** Since when it cannot go on, ms since the epoch; `null`: it can. */
  waitingSince: z.number().nullable(),
});
export type ChangeState = z.infer<typeof ChangeState>;

/** The state before the first run. */
export const NOT_WAITING: ChangeState = { waitingSince: null };

/** A step in the middle of a replacement: the ring it relies on, and whose sickness is known. */
export interface Midway extends RingInput {
  /** Id of the member that is replaced; `null`: it was removed before anybody asked. */
  readonly targetId: MemberId | null;
  /** Ids of other voters that were dead when this was approved; absent: none. */
  readonly alsoDead?: readonly MemberId[];
}

/** What a step leaves, beside the report on the ring. */
export type Left = Pick<RingOutput, 'added' | 'aside'>;

const NOTHING_LEFT: Left = { added: null, aside: null };

/**
 * Makes the calls of a step in their order, each once, and each only when the ring is the one that was approved and nobody but the member to
 * be replaced is sick. The open call of an earlier worker is settled before anything else.
 */
export async function carryOut(
  context: StepContext<'etcd'>,
  input: Midway,
  state: ChangeState,
  changes: readonly ObjectChange[],
  left: Left = NOTHING_LEFT,
): Promise<StepAnswer<ChangeState, RingOutput>> {
  const { open, stopping } = context;
  if (open !== null) return await settleOpen(context, changes);
  if (stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
  const words: string[] = [];
  let since = state.waitingSince;
  for (const change of changes) {
    const earlier = doneBefore(context, change);
    if (earlier !== null) {
      words.push(sentence(earlier));
      continue;
    }
    const cleared = await ringBeforeCall(context, input);
    if (cleared.kind === 'stop') return cleared;
    if (cleared.kind === 'wait') return waitOrStop(context, since, cleared, waiting);
    const changed = await makeChange(context, change);
    if (changed.kind === 'stop') return changed;
    if (changed.kind === 'wait') return waitOrStop(context, since, changed, waiting);
    // Each has its own time.
    since = null;
    words.push(changed.note);
  }
  return await leave(context, input, state, left, words);
}

function waiting(waitingSince: number): ChangeState {
  return { waitingSince };
}

async function settleOpen(
  context: StepContext<'etcd'>,
  changes: readonly ObjectChange[],
): Promise<StepAnswer<ChangeState, RingOutput>> {
  const { open } = context;
  const change = changes.find((each) => open !== null && isOf(open, each));
  if (open === null || change === undefined) throw new Error(`no change of this step is ${open?.action ?? 'open'}`);
  const settled = await makeChange(context, change);
  if (settled.kind === 'stop') return settled;
  // How often it is made is limited by itself.
  if (settled.kind === 'wait') return waitOrStop(context, null, settled, waiting);
  return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: settled.note };
}

/** What was seen of a call of this step that has taken effect; `null`: none has. */
export function doneBefore({ acts }: Pick<StepContext<'etcd'>, 'acts'>, change: ObjectChange): string | null {
  const act = acts.findLast((each) => isOf(each, change) && each.observed?.result === 'done');
  return act?.observed?.note ?? null;
}

/**
 * Looks at the ring right before a call. Before the removal, who is sick in two looks is sick, and nothing further is begun. After it the
 * way out is forward, and an operator may restart members one by one: it is waited for, and nothing is begun meanwhile.
 */
export async function ringBeforeCall(context: StepContext<'etcd'>, input: Midway): Promise<Clearance> {
  const first = await seeOthers(context, input);
  if (first.kind !== 'wait' || first.reason !== 'second-member-sick') return first;
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await seeOthers(context, input);
  return second.kind === 'wait' && second.reason === first.reason ? { ...second, kind: 'stop' } : second;
}

/** One look at the ring, and at all members that were approved but for the one to be replaced. */
export async function seeOthers(context: StepContext<'etcd'>, input: Midway): Promise<Clearance> {
  const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
  const isThin = input.targetId === null || removedBefore(context.outputs) !== null;
  if (seen.kind === 'wait' && isThin && seen.reason === 'quorum-at-risk') return { ...seen, reason: 'ring-thin' };
  if (seen.kind !== 'go') return seen;
  const known = [...(input.targetId === null ? [] : [input.targetId]), ...(input.alsoDead ?? [])];
  const sick = sickVoters(seen.ring, [...newIn(seen.ring, input), ...known]);
  if (sick.length === 0) return seen;
  return {
    kind: 'wait',
    reason: isThin ? 'ring-thin' : 'second-member-sick',
    note: `${sickWords(sick)}. ${votersWords(seen.ring)}. ${isThin ? 'Remove nothing further' : 'Nothing was removed'}; bring ${sick[0]?.label ?? ''} back first.`,
  };
}

/** Members that were not there when the plan was approved: whether they are well is waited for, and is nobody's sickness. */
function newIn(ring: Ring, { ring: planned }: Midway): readonly MemberId[] {
  return ring.members.map(({ id }) => id).filter((id) => !planned.members.some((each) => each.id === id));
}

/** Ends a step: with the ring as it is now. */
export async function leave(
  context: StepContext<'etcd'>,
  input: Midway,
  state: ChangeState,
  left: Left,
  words: readonly string[],
): Promise<StepAnswer<ChangeState, RingOutput>> {
  const seen = await seeChanged(context, { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) });
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') return waitOrStop(context, state.waitingSince, seen, waiting);
  const output: RingOutput = { removed: null, ...left, report: ringReport(context, seen.ring, words) };
  return { kind: 'done', output, note: [...words, output.report.summary].join(' ') };
}
