import type { Json } from '../../src/core/json.ts';
import type { Risk } from '../../src/core/plan.ts';
import type { AnyCleanup } from '../../src/core/runbook.ts';
import type { AnyStep, DefinedStep } from '../../src/core/step.ts';
import type { NodeGroupProvider } from './provider.ts';
import { applyStep } from './roll/apply-step.ts';
import { holdCleanup } from './roll/hold-cleanup.ts';
import { rollStep } from './roll/roll-step.ts';
import { verifyStep } from './roll/verify-step.ts';

/** What the three steps ask of a provider. */
export type Rolling<Change> = Pick<NodeGroupProvider<Change>, 'id' | 'change' | 'apply' | 'poll' | 'stop' | 'verify'>;

/** What a provider says of its steps, beside what they do. */
export interface RollFacts<Change> {
  /** Begins the kinds of its steps: `capi` makes `capi.apply@1`, `capi.apply-forward@1`, `capi.roll@1`, `capi.verify@1` and the cleanup `capi.hold@1`. */
  readonly prefix: string;
  /** Risk of the step that applies a change which can be taken back. */
  readonly risk: Risk;
  /** Whether a change cannot be taken back once it goes on: `<prefix>.apply-forward@1` applies it, of risk `irreversible`. */
  goesForwardOnly(change: Change): boolean;
  /**
   * From the first call on every further step goes on through a freeze and a closed window, and every other ending is told as `left-midway`.
   * Only where stopping before the next group leaves the cluster worse off: watching and verifying go on in any case.
   */
  readonly commits: boolean;
  /** The lines an approver reads, without a period. */
  describe(change: Change): { readonly apply: string; readonly roll: string; readonly verify: string };
  /** Names that the steps cover: nodes or machines, else the group. */
  items(change: Change): readonly string[];
  /** The group as people type it: `nodegroup/md-0`. */
  group(change: Change): string;
  /** Version at which every machine and node of it is to be. */
  to(change: Change): string;
  /** What `rollback` is given later, and what was changed, in a few words; `null`: it cannot be undone. */
  undo(change: Change): { readonly what: string; readonly change: Json } | null;
}

/** The steps of a provider whose owner carries out a change by itself: apply it, watch it, look at what is true at the end. */
export interface RollSteps<Change> {
  /** Of two kinds: which one, the change decides. */
  readonly apply: Pick<DefinedStep<Change>, 'plan'>;
  readonly roll: DefinedStep<Change>;
  readonly verify: DefinedStep<Change>;
  /** For `steps` of the provider. */
  readonly list: readonly AnyStep[];
  /** For `cleanups` of the provider. */
  readonly cleanups: readonly AnyCleanup[];
}

/**
 * Makes the steps. Right before the last call of `apply` a cleanup is registered that makes the calls of `stop` in every ending before the
 * roll-out is over. Where that call was not needed, somebody else began the roll-out, and nothing is held.
 */
export function rollSteps<Change>(provider: Rolling<Change>, facts: RollFacts<Change>): RollSteps<Change> {
  const apply = applyStep(provider, facts, { verb: 'apply', risk: facts.risk });
  const forward = applyStep(provider, facts, { verb: 'apply-forward', risk: 'irreversible' });
  const roll = rollStep(provider, facts);
  const verify = verifyStep(provider, facts);
  return {
    apply: { plan: (change) => (facts.goesForwardOnly(change) ? forward : apply).plan(change) },
    roll,
    verify,
    list: [apply, forward, roll, verify],
    cleanups: [holdCleanup(provider, facts)],
  };
}
