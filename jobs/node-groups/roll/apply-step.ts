import { z } from 'zod';
import { Json, JsonObject } from '../../../src/core/json.ts';
import type { Risk } from '../../../src/core/plan.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { type DefinedStep, defineStep, ONCE, type StepAnswer } from '../../../src/core/step.ts';
import { UndoRecord } from '../../../src/core/undo-record.ts';
import { isOf, makeChange, type ObjectChange } from '../../steps/object-change.ts';
import type { GroupStepContext } from '../provider.ts';
import type { RollFacts, Rolling } from '../roll-steps.ts';
import { holdId, registerHold } from './hold-cleanup.ts';

/** What the step that applies a change leaves. */
export const Applied = z.object({ words: z.string(), undo: UndoRecord.nullable() });
export type Applied = z.infer<typeof Applied>;

const ApplyState = z.object({
  /** Since when it cannot go on, ms since the epoch; `null`: it can. */
  waitingSince: z.number().nullable(),
});
type ApplyState = z.infer<typeof ApplyState>;
const NOT_WAITING: ApplyState = { waitingSince: null };

/** How long an API server is waited for that is away or refuses for now, ms. */
const PATIENCE_MS = 10 * 60_000;
const EVERY_MS = 5000;
const TIMEOUT_MS = 45 * 60_000;

/** What the two kinds of the step differ in. */
export interface ApplyKind {
  readonly verb: 'apply' | 'apply-forward';
  readonly risk: Risk;
}

/** Makes the calls that begin a change, in their order, each announced and each once. */
export function applyStep<Change>(
  provider: Rolling<Change>,
  facts: RollFacts<Change>,
  { verb, risk }: ApplyKind,
): DefinedStep<Change> {
  return defineStep<Change, ApplyState, Applied, 'kubernetes' | 'management'>({
    kind: `${facts.prefix}.${verb}@1`,
    input: provider.change,
    state: ApplyState,
    output: Applied,
    needs: ['kubernetes', 'management'],
    risk,
    ...(facts.commits ? { commits: true } : {}),
    timeoutMs: () => TIMEOUT_MS,
    retry: ONCE,
    describe: (change) => facts.describe(change).apply,
    // Its calls are its items; machines go in the next step.
    items: () => [],
    initial: () => NOT_WAITING,
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async (context, change, state) => {
      const undo = undoOf(provider, facts, change);
      const order: Order = {
        changes: withUndo(provider.apply(context, change), undo),
        hold: async () => await registerHold(context, provider, facts, change),
        letGo: async () => await context.cleanedUp(holdId(facts.group(change))),
        undo,
      };
      return context.open === null ? await applied(context, order, state) : await settled(context, order, state);
    },
    verify: async (_context, _change, output) => await Promise.resolve({ kind: 'done', output, note: output.words }),
  });
}

function undoOf<Change>({ id }: Rolling<Change>, facts: RollFacts<Change>, change: Change): UndoRecord | null {
  const back = facts.undo(change);
  return back === null ? null : { kind: 'group', provider: id, group: facts.group(change), ...back };
}

/** The call that begins the roll-out announces what an undo needs: its outcome may stay unknown, and then the step leaves nothing else. */
function withUndo(changes: readonly ObjectChange[], undo: UndoRecord | null): readonly ObjectChange[] {
  const last = changes.at(-1);
  const { data } = JsonObject.safeParse(last?.facts);
  if (undo === null || last === undefined || data === undefined) return changes;
  return [...changes.slice(0, -1), { ...last, facts: { ...data, undo: Json.parse(undo) } }];
}

type Answer = StepAnswer<ApplyState, Applied>;

/** What is done, and what belongs to it. */
interface Order {
  /** The last one begins the roll-out. */
  readonly changes: readonly ObjectChange[];
  /** Registers that the roll-out is held in every ending. */
  readonly hold: () => Promise<void>;
  /** Forgets that again. */
  readonly letGo: () => Promise<void>;
  /** `null`: it cannot be taken back. */
  readonly undo: UndoRecord | null;
}

async function applied(context: GroupStepContext, order: Order, state: ApplyState): Promise<Answer> {
  const { changes } = order;
  if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
  const words: string[] = [];
  for (const change of changes) {
    const earlier = context.acts.findLast((act) => isOf(act, change) && act.observed?.result === 'done');
    if (earlier !== undefined) {
      words.push(sentence(earlier.observed?.note ?? ''));
      continue;
    }
    const begins = change === changes.at(-1);
    // Registered before its own call, and not sooner: what somebody else began is not ours to hold.
    const changed = await makeChange(context, change, begins ? order.hold : undefined);
    if (begins) await heldIfOurs(context, change, order);
    if (changed.kind === 'stop') return changed;
    if (changed.kind === 'wait') return waited(context, state, changed);
    words.push(changed.note);
  }
  const note = words.join(' ');
  const last = changes.at(-1);
  const undo = last !== undefined && isOurs(context, last) ? order.undo : null;
  return { kind: 'done', output: { words: note, undo }, note };
}

/** A roll-out that no call of this step began is not held, whoever began it meanwhile. */
async function heldIfOurs(context: GroupStepContext, change: ObjectChange, { letGo }: Order): Promise<void> {
  if (!isOurs(context, change)) await letGo();
}

/** Whether a call of this step made the change, or may have. */
function isOurs({ acts }: GroupStepContext, change: ObjectChange): boolean {
  return acts.some((act) => isOf(act, change) && act.observed?.result !== 'not-done');
}

/** The open call of an earlier worker, before anything else. */
async function settled(context: GroupStepContext, order: Order, state: ApplyState): Promise<Answer> {
  const { open } = context;
  const change = order.changes.find((each) => open !== null && isOf(open, each));
  if (change === undefined) throw new Error(`no change of this step is ${open?.action ?? 'open'}`);
  const changed = await makeChange(context, change);
  if (change === order.changes.at(-1)) await heldIfOurs(context, change, order);
  if (changed.kind === 'stop') return changed;
  if (changed.kind === 'wait') return waited(context, state, changed);
  return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: changed.note };
}

function waited(
  context: GroupStepContext,
  state: ApplyState,
  { reason, note }: { readonly reason: EndReason; readonly note: string },
): Answer {
  const waitingSince = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - waitingSince >= PATIENCE_MS) return { kind: 'stop', reason, note };
  return { kind: 'again', afterMs: EVERY_MS, state: { waitingSince }, note: `Waiting: ${note}` };
}
