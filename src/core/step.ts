import type { z } from 'zod';
import type { ClusterProfile } from './cluster-profile.ts';
import { Json } from './json.ts';
import type { PlannedStep, Risk } from './plan.ts';
import type { PortName, Ports } from './ports/ports.ts';
import type { EndReason } from './reasons.ts';
import type { ActState } from './run-state.ts';

/** What a step answers. A throw means "unknown" and is looked at, never blindly repeated. */
export type StepAnswer<State, Out> =
  | { readonly kind: 'done'; readonly output: Out; readonly note: string }
  /** Not there yet: park, free the worker, come back with this state. */
  | {
      readonly kind: 'again';
      readonly afterMs: number;
      readonly state: State;
      readonly note: string;
      /** As of {@link StepContext.progress}. */
      readonly tree?: readonly string[];
    }
  /** Ends the run for a person to look. */
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/** Answer of a step's check: go on with `run`, or any answer of a step. */
export type CheckAnswer<State, Out> = { readonly kind: 'go' } | StepAnswer<State, Out>;

/** What was seen of a destructive call. */
export interface Observation {
  readonly result: 'done' | 'not-done' | 'unknown';
  readonly note: string;
  readonly evidence: Json;
}

/** Everything a step may use. */
export interface StepContext<N extends PortName> {
  readonly ports: Pick<Ports, N>;
  readonly cluster: ClusterProfile;
  readonly runId: string;
  /** `${runId}/${index}`: the same on every attempt. */
  readonly idempotencyKey: string;
  /** Fires on time-out, lost lease and shutdown; on cancel only while no announced call is open. */
  readonly signal: AbortSignal;
  /** A cancel was asked for: look at what is open, start nothing. */
  readonly stopping: boolean;
  /** A call that was announced and not yet looked at: observe it first. */
  readonly open: ActState | null;
  /** Announced calls of this step, in order, with what was seen of them. Those that were certainly never made are not among them. */
  readonly acts: readonly ActState[];
  /** Outputs of the plan's steps so far; `null` where not done. */
  readonly outputs: readonly Json[];
  nowMs(): number;
  nowIso(): string;
  /** Waits inside the step, for sampling intervals of seconds. Rejects when the signal fires. */
  pause(ms: number): Promise<void>;
  /**
   * Announces a destructive call durably, checks the lease margin, then makes it. Refuses (throws) when a call of
   * the same item and action was already announced and not seen to be `not-done`, or another is open.
   */
  act<T>(
    intent: { readonly item: string; readonly action: string; readonly facts: Json },
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Stores what was seen of the open call. */
  observed(observation: Observation): Promise<void>;
  /** Whether the cluster is frozen now. For steps that read, and so are not held up by a freeze. Rejects when that cannot be told. */
  frozen(): Promise<boolean>;
  /** The longest interval of each schedule that takes backups of the cluster, ms; empty: there is none. Rejects when that cannot be told. */
  backupIntervalsMs(): Promise<readonly number[]>;
  /**
   * Replaces the progress line on the card, and what stands below the step. Renews nothing by itself; cheap.
   *
   * @param tree lines that are shown as they are, in letters of one width: what is under way, one line for each machine or pod, narrow
   *   enough for a phone where it can be (about 40 characters). The card shows what fits, `/kube show` up to 200 lines. Absent: none.
   */
  progress(note: string, tree?: readonly string[]): Promise<void>;
  /**
   * Registers durably what must be put back in every ending, before it is changed. Refuses (throws) a kind that the runbook of the run
   * does not declare.
   */
  registerCleanup(cleanup: {
    readonly id: string;
    readonly kind: string;
    readonly input: Json;
    readonly summary: string;
  }): Promise<void>;
  /** Marks a registered cleanup as put back. */
  cleanedUp(id: string): Promise<void>;
}

/** How often a step may be tried again after a throw. One attempt for anything disruptive. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly backoffMs: number;
}

/** One attempt, never repeated. */
export const ONCE = { attempts: 1, backoffMs: 0 } as const satisfies RetryPolicy;

/** Definition of one kind of step. */
export interface StepDefinition<In, State, Out, N extends PortName> {
  /** Kind with version, for instance `etcd.defragment@1`. A worker that does not know it leaves the run to a newer one. */
  readonly kind: `${string}@${number}`;
  readonly input: z.ZodType<In>;
  readonly state: z.ZodType<State>;
  readonly output: z.ZodType<Out>;
  readonly needs: readonly N[];
  readonly risk: Risk;
  /** What it changes, for cards, where the words of its risk would mislead: a step that reads the cluster and writes to a store. */
  readonly effect?: string;
  /**
   * From its first announced call on the run goes on also through a freeze and a closed window: stopped there the cluster would be worse off
   * (a ring without one of its members). A call that was seen as `not-done` does not count.
   */
  readonly commits?: true;
  /** Limit of the whole step from its first start, pauses included. Required. */
  timeoutMs(input: In): number;
  readonly retry: RetryPolicy;
  /** The line an approver reads. */
  describe(input: In): string;
  /** Names the step covers. */
  items(input: In): readonly string[];
  /** State before the first run. */
  initial(input: In): State;
  /** Before every run: safe? done already? still what was approved? */
  check(context: StepContext<N>, input: In, state: State): Promise<CheckAnswer<State, Out>>;
  run(context: StepContext<N>, input: In, state: State): Promise<StepAnswer<State, Out>>;
  /** Looks at the world, not at what `run` returned. */
  verify(context: StepContext<N>, input: In, output: Out): Promise<StepAnswer<State, Out>>;
}

/** A step with its types erased: stored input, state and output pass the schemas again on the way in. */
export interface AnyStep {
  readonly kind: string;
  readonly risk: Risk;
  readonly needs: readonly PortName[];
  readonly retry: RetryPolicy;
  timeoutMs(input: Json): number;
  check(context: StepContext<PortName>, input: Json, state: Json): Promise<CheckAnswer<Json, Json>>;
  run(context: StepContext<PortName>, input: Json, state: Json): Promise<StepAnswer<Json, Json>>;
  verify(context: StepContext<PortName>, input: Json, output: Json): Promise<StepAnswer<Json, Json>>;
}

/** A defined step: erased for the engine, and `plan` to make a line of a plan. */
export interface DefinedStep<In> extends AnyStep {
  /** Makes the plan line; parses the input first, so that a bad line never reaches an approver. */
  plan(input: In): PlannedStep;
}

/** Defines a step kind. */
export function defineStep<In, State, Out, N extends PortName>(
  def: StepDefinition<In, State, Out, N>,
): DefinedStep<In> {
  const stateOf = (input: In, state: Json): State => (state === null ? def.initial(input) : def.state.parse(state));
  return {
    kind: def.kind,
    risk: def.risk,
    needs: def.needs,
    retry: def.retry,
    timeoutMs: (input) => def.timeoutMs(def.input.parse(input)),
    plan: (input) => {
      const parsed = def.input.parse(input);
      return {
        kind: def.kind,
        input: Json.parse(parsed),
        summary: def.describe(parsed),
        risk: def.risk,
        ...(def.effect === undefined ? {} : { effect: def.effect }),
        ...(def.commits === undefined ? {} : { commits: def.commits }),
        items: [...def.items(parsed)],
      };
    },
    check: async (context, raw, state) => {
      const input = def.input.parse(raw);
      const answer = await def.check(context, input, stateOf(input, state));
      return answer.kind === 'go' ? answer : erase(def, answer);
    },
    run: async (context, raw, state) => {
      const input = def.input.parse(raw);
      return erase(def, await def.run(context, input, stateOf(input, state)));
    },
    verify: async (context, raw, output) =>
      erase(def, await def.verify(context, def.input.parse(raw), def.output.parse(output))),
  };
}

function erase<In, State, Out, N extends PortName>(
  def: StepDefinition<In, State, Out, N>,
  answer: StepAnswer<State, Out>,
): StepAnswer<Json, Json> {
  switch (answer.kind) {
    case 'done':
      return { ...answer, output: Json.parse(def.output.parse(answer.output)) };
    case 'again':
      return { ...answer, state: Json.parse(def.state.parse(answer.state)) };
    case 'stop':
      return answer;
  }
}
