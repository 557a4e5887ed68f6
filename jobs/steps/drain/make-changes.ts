import { z } from 'zod';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import type { StepAnswer, StepContext } from '../../../src/core/step.ts';
import { isOf, makeChange, type ObjectChange } from '../object-change.ts';

/** State of a step that makes calls one after another. */
export const ChangesState = z.object({
  /** Since when it cannot go on, ms since the epoch; `null`: it can. */
  waitingSince: z.number().nullable(),
});
export type ChangesState = z.infer<typeof ChangesState>;

/** The state before the first run. */
export const NOT_WAITING: ChangesState = { waitingSince: null };

/** How long an API server that does not take calls is waited for, ms. */
export const SILENT_MS = 2 * 60_000;
const EVERY_MS = 5000;

/** What came of one turn: all calls have taken effect, or an answer of the step. Notes are sentences, in the order of the calls. */
export type MadeChanges =
  | { readonly kind: 'all-done'; readonly notes: readonly string[] }
  | Exclude<StepAnswer<ChangesState, never>, { readonly kind: 'done' }>;

/** Makes the calls in their order, each once. The open call of an earlier worker is settled before anything else. */
export async function makeChanges(
  context: StepContext<never>,
  state: ChangesState,
  changes: readonly ObjectChange[],
): Promise<MadeChanges> {
  const { open, stopping } = context;
  if (open !== null) return await settleOpen(context, changes);
  if (stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
  const notes: string[] = [];
  let since = state.waitingSince;
  for (const change of changes) {
    const earlier = context.acts.findLast((act) => isOf(act, change) && act.observed?.result === 'done');
    const changed =
      earlier === undefined
        ? await makeChange(context, change)
        : { kind: 'done' as const, note: sentence(earlier.observed?.note ?? '') };
    if (changed.kind === 'stop') return changed;
    if (changed.kind === 'wait') return waitOrStop(context, since, changed);
    since = null;
    notes.push(changed.note);
  }
  return { kind: 'all-done', notes };
}

async function settleOpen(context: StepContext<never>, changes: readonly ObjectChange[]): Promise<MadeChanges> {
  const change = changes.find((each) => context.open !== null && isOf(context.open, each));
  if (change === undefined) throw new Error(`no change of this step is ${context.open?.action ?? 'open'}`);
  const settled = await makeChange(context, change);
  if (settled.kind === 'stop') return settled;
  const state = settled.kind === 'wait' ? { waitingSince: context.nowMs() } : NOT_WAITING;
  return { kind: 'again', afterMs: settled.kind === 'wait' ? EVERY_MS : 0, state, note: settled.note };
}

function waitOrStop(
  context: StepContext<never>,
  since: number | null,
  { reason, note }: { readonly reason: EndReason; readonly note: string },
): MadeChanges {
  const waitingSince = since ?? context.nowMs();
  if (context.nowMs() - waitingSince >= SILENT_MS) return { kind: 'stop', reason, note };
  return { kind: 'again', afterMs: EVERY_MS, state: { waitingSince }, note: `Waiting: ${note}` };
}
