import { z } from 'zod';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { MemberId } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { sentence } from '../../src/core/sentence.ts';
import type { StepAnswer, StepContext } from '../../src/core/step.ts';
import { changesOf, type RingInput, type RingOutput, removedBefore } from '../etcd-replace/input.ts';
import { ringReport, seeChanged, sickVoters, sickWords, votersWords } from './changed-ring.ts';
import { isOf, makeChange, type ObjectChange } from './object-change.ts';
import { type Clearance, FORWARD_MS, waitOrStop } from './pass-gate.ts';

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
  if (open !== null) return await settleOpen(context, input, changes);
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
    if (cleared.kind === 'wait') return waitForward(context, input, since, cleared);
    const changed = await makeChange(context, change);
    if (changed.kind === 'stop') return changed;
    if (changed.kind === 'wait') return waitForward(context, input, since, changed);
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
  input: Midway,
  changes: readonly ObjectChange[],
): Promise<StepAnswer<ChangeState, RingOutput>> {
  const { open } = context;
  const change = changes.find((each) => open !== null && isOf(open, each));
  if (open === null || change === undefined) throw new Error(`no change of this step is ${open?.action ?? 'open'}`);
  const settled = await makeChange(context, change);
  if (settled.kind === 'stop') return settled;
  // How often it is made is limited by itself.
  if (settled.kind === 'wait') return waitForward(context, input, null, settled);
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
  const { ring: planned, mayJoin, targetId: target } = input;
  const seen = await seeChanged(context, { planned, changes: changesOf(context.outputs, mayJoin), target });
  const isThin = isRemoved(context, input);
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

function isRemoved({ outputs }: Pick<StepContext<'etcd'>, 'outputs'>, { targetId }: Midway): boolean {
  return targetId === null || removedBefore(outputs) !== null;
}

const FORWARD_EVERY_MS = 5000;

/** Looks again. Before the removal the grace is that of every step; after it the way out is forward, and it is waited for longer. */
export function waitForward(
  context: StepContext<'etcd'>,
  input: Midway,
  since: number | null,
  trouble: { readonly reason: EndReason; readonly note: string },
): Exclude<StepAnswer<ChangeState, never>, { readonly kind: 'done' }> {
  if (!isRemoved(context, input)) return waitOrStop(context, since, trouble, waiting);
  const waitingSince = since ?? context.nowMs();
  const { reason, note } = trouble;
  if (context.nowMs() - waitingSince >= FORWARD_MS) return { kind: 'stop', reason, note };
  return { kind: 'again', afterMs: FORWARD_EVERY_MS, state: { waitingSince }, note: `Waiting: ${note}` };
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
  if (seen.kind === 'wait') return waitForward(context, input, state.waitingSince, seen);
  const output: RingOutput = { removed: null, ...left, report: ringReport(context, seen.ring, words) };
  return { kind: 'done', output, note: [...words, output.report.summary].join(' ') };
}
