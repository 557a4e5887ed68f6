import { z } from 'zod';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { type DefinedStep, defineStep, type StepAnswer } from '../../../src/core/step.ts';
import type { GroupStepContext, Unseen, Verified } from '../provider.ts';
import type { RollFacts, Rolling } from '../roll-steps.ts';
import { heardNothing, LONGEST_SILENCE_MS, Silence } from './silence.ts';

const VerifyState = z.object({
  /** Since when something is not as it should be, ms since the epoch; `null`: nothing was found so. */
  sinceMs: z.number().nullable(),
  /** `null`: both clusters could be seen. */
  unseen: Silence.nullable().default(null),
});
type VerifyState = z.infer<typeof VerifyState>;

const Output = z.object({ report: StateReport });
type Output = z.infer<typeof Output>;

/** What is not as it should be may settle for so long, ms: a kubelet tells its version some seconds after its start. */
const SETTLE_MS = 2 * 60_000;
const EVERY_MS = 5000;

/** What of {@link RollFacts} this step needs. */
export interface VerifyFacts<Change>
  extends Pick<RollFacts<Change>, 'prefix' | 'items' | 'group' | 'to' | 'undo' | 'goesForwardOnly'> {
  /** The line an approver reads, without a period. */
  describe(change: Change): { readonly verify: string };
}

/** Looks whether every machine and node is at the target: what their owner says of itself counts for nothing. */
export function verifyStep<Change>(
  provider: Pick<Rolling<Change>, 'change' | 'verify'>,
  facts: VerifyFacts<Change>,
): DefinedStep<Change> {
  return defineStep<Change, VerifyState, Output, 'kubernetes' | 'management'>({
    kind: `${facts.prefix}.verify@1`,
    input: provider.change,
    state: VerifyState,
    output: Output,
    needs: ['kubernetes', 'management'],
    risk: 'read',
    timeoutMs: () => LONGEST_SILENCE_MS + 15 * 60_000,
    retry: { attempts: 5, backoffMs: 5000 },
    describe: (change) => facts.describe(change).verify,
    items: (change) => facts.items(change),
    initial: () => ({ sinceMs: null, unseen: null }),
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async (context, change, state) =>
      judge(context, groupOf(facts, change), state, await provider.verify(context, change)),
    verify: async (_context, _change, output) =>
      await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
  });
}

interface GroupOf {
  readonly group: string;
  readonly to: string;
  /** It left something for an undo, and an undo can be. */
  readonly mayGoBack: boolean;
}

function groupOf<Change>(facts: VerifyFacts<Change>, change: Change): GroupOf {
  const mayGoBack = facts.undo(change) !== null && !facts.goesForwardOnly(change);
  return { group: facts.group(change), to: facts.to(change), mayGoBack };
}

function judge(
  context: GroupStepContext,
  { group, to, mayGoBack }: GroupOf,
  state: VerifyState,
  seen: Verified | Unseen,
): StepAnswer<VerifyState, Output> {
  if ('kind' in seen) return whileUnseen(context, state, seen);
  const { troubles, tables, notes } = seen;
  const words = troubles.join('; ');
  if (troubles.length > 0) {
    const sinceMs = state.sinceMs ?? context.nowMs();
    if (context.nowMs() - sinceMs >= SETTLE_MS) return { kind: 'stop', reason: 'not-on-target', note: sentence(words) };
    return { kind: 'again', afterMs: EVERY_MS, state: { sinceMs, unseen: null }, note: `Not yet: ${words}` };
  }
  const summary = `${group} of ${context.cluster.name}: every machine and node is at ${to}.`;
  const back = mayGoBack ? [`To take it back: \`/kube undo ${context.runId}\`.`] : [];
  const report = { at: context.nowIso(), healthy: true, summary, tables: [...tables], notes: [...notes, ...back] };
  return { kind: 'done', output: { report }, note: summary };
}

/** A silent cluster is no cluster whose nodes are not at the target. */
function whileUnseen(context: GroupStepContext, state: VerifyState, seen: Unseen): StepAnswer<VerifyState, Output> {
  const { silence, reason, note } = heardNothing(state.unseen, seen, context.nowMs());
  if (reason !== null) return { kind: 'stop', reason, note: sentence(note) };
  return { kind: 'again', afterMs: EVERY_MS, state: { sinceMs: null, unseen: silence }, note: sentence(note) };
}
