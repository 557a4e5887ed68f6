import { z } from 'zod';
import { sentence } from '../../../src/core/sentence.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { type DefinedStep, defineStep, type StepAnswer } from '../../../src/core/step.ts';
import type { GroupStepContext, Verified } from '../provider.ts';
import type { RollFacts, Rolling } from '../roll-steps.ts';

const VerifyState = z.object({ sinceMs: z.number().nullable() });
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
    timeoutMs: () => 15 * 60_000,
    retry: { attempts: 5, backoffMs: 5000 },
    describe: (change) => facts.describe(change).verify,
    items: (change) => facts.items(change),
    initial: () => ({ sinceMs: null }),
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
  { troubles, tables, notes }: Verified,
): StepAnswer<VerifyState, Output> {
  const words = troubles.join('; ');
  if (troubles.length > 0) {
    const sinceMs = state.sinceMs ?? context.nowMs();
    if (context.nowMs() - sinceMs >= SETTLE_MS) return { kind: 'stop', reason: 'not-on-target', note: sentence(words) };
    return { kind: 'again', afterMs: EVERY_MS, state: { sinceMs }, note: `Not yet: ${words}` };
  }
  const summary = `${group} of ${context.cluster.name}: every machine and node is at ${to}.`;
  const back = mayGoBack ? [`To take it back: \`/kube undo ${context.runId}\`.`] : [];
  const report = { at: context.nowIso(), healthy: true, summary, tables: [...tables], notes: [...notes, ...back] };
  return { kind: 'done', output: { report }, note: summary };
}
