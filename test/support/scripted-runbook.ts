import { z } from 'zod';
import { Json } from '../../src/core/json.ts';
import type { Check, PlannedStep, Risk } from '../../src/core/plan.ts';
import type { PlanFile } from '../../src/core/plan-file.ts';
import {
  type AnyRunbook,
  type DraftGate,
  defineCleanup,
  defineRunbook,
  defineWatch,
  type NotYet,
  type WatchContext,
} from '../../src/core/runbook.ts';
import { type CheckAnswer, defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import type { FakeRunStore } from '../fakes/run-store.ts';
import { type Harness, operator } from './engine-harness.ts';
import { harnessInMemory } from './harness-in-memory.ts';

/** A step as tests script it: any context, any JSON. */
export type ScriptContext = StepContext<'etcd'>;

/** What the runbook does; tests replace parts of it. The parameters of a run are the names of its locks. */
export interface Script {
  /** One step of each risk, in this order. `read` may be tried three times, `reversible` twice, others once. */
  risks: readonly Risk[];
  gates: readonly DraftGate[];
  /** The gate of the policy and the locks come before the first step. */
  gateFirst: boolean;
  /** Locks that only planning names. */
  planLocks: readonly string[];
  /** Steps that are irreversible commit the run. */
  commits: boolean;
  /** One look of the watch `scripted.watch@1`, which looks each minute. */
  look(context: WatchContext<'etcd'>): Promise<{ readonly seen: string } | null> | { readonly seen: string } | null;
  /** What the plan hands over. */
  files: readonly PlanFile[];
  checks: readonly Check[];
  /** Limit of each step. */
  timeoutMs: number;
  onPlan(signal: AbortSignal): Promise<void> | void;
  check(context: ScriptContext): Promise<CheckAnswer<Json, Json>> | CheckAnswer<Json, Json>;
  run(context: ScriptContext, state: Json): Promise<StepAnswer<Json, Json>> | StepAnswer<Json, Json>;
  verify(context: ScriptContext): Promise<StepAnswer<Json, Json>> | StepAnswer<Json, Json>;
  /** `input`: of the cleanup. */
  restore(input: Json): Promise<string | NotYet | null> | string | NotYet | null;
}

/** An engine with one scripted runbook over the fake store. */
export interface ScriptedScene {
  readonly harness: Harness;
  readonly store: FakeRunStore;
  readonly script: Script;
  /** The runbooks that workers and desks of the scene know; tests may change it. */
  readonly runbooks: AnyRunbook[];
}

/** The answer that a step is done. */
export const DONE: StepAnswer<Json, Json> = { kind: 'done', output: null, note: 'done' };

const RETRY = {
  read: { attempts: 3, backoffMs: 100 },
  reversible: { attempts: 2, backoffMs: 60_000 },
  disruptive: ONCE,
  irreversible: ONCE,
} as const;

function scriptedStep(script: Script, risk: Risk) {
  return defineStep({
    kind: `scripted.${risk}@1`,
    input: z.object({ locks: z.array(z.string()) }),
    state: Json,
    output: Json,
    needs: ['etcd'],
    risk,
    timeoutMs: () => script.timeoutMs,
    retry: RETRY[risk],
    describe: () => `A step that is ${risk}`,
    items: () => [],
    initial: () => null,
    check: async (context) => await script.check(context),
    run: async (context, _input, state) => await script.run(context, state),
    verify: async (context) => await script.verify(context),
  });
}

function asScripted({ commits }: Script, line: PlannedStep): PlannedStep {
  return commits && line.risk === 'irreversible' ? { ...line, commits: true } : line;
}

/** The runbook of a script. It has the id that the harness asks for. */
export function scriptedRunbook(script: Script, version = 1): AnyRunbook {
  const steps = (['read', 'reversible', 'disruptive', 'irreversible'] as const).map((risk) =>
    scriptedStep(script, risk),
  );
  const restore = defineCleanup({
    kind: 'scripted.restore@1',
    input: Json,
    needs: [],
    restore: async (_context, input) => await script.restore(input),
  });
  const watch = defineWatch({
    kind: 'scripted.watch@1',
    input: z.object({ host: z.string() }),
    needs: ['etcd'],
    everyMs: 60_000,
    look: async (context) => await script.look(context),
  });
  return defineRunbook({
    id: 'valve-turn',
    version,
    title: 'A script',
    params: z.object({ valves: z.array(z.string()) }),
    needs: [],
    steps,
    cleanups: [restore],
    watches: [watch],
    locks: (_cluster, { valves }) => valves,
    plan: async ({ signal }, { valves }) => {
      await script.onPlan(signal);
      const planned = script.risks.map((risk) => steps.find((step) => step.risk === risk)?.plan({ locks: valves }));
      const lines = planned.filter((line) => line !== undefined).map((line) => asScripted(script, line));
      const { checks, files, planLocks: locks } = script;
      const rest = { checks, forecast: [], notes: [], before: [], locks, files };
      const first = script.gateFirst ? { gateFirst: true as const } : {};
      return { identity: 'script-1', facts: {}, steps: lines, gates: script.gates, ...rest, ...first };
    },
  });
}

/** Makes a scene whose runbook has one disruptive step that is done at once, with what the test wants different. */
export function createScriptedScene(over: Partial<Script> = {}): ScriptedScene {
  const script: Script = {
    risks: ['disruptive'],
    gates: [],
    gateFirst: false,
    planLocks: [],
    commits: false,
    files: [],
    checks: [],
    look: () => null,
    timeoutMs: 3_600_000,
    onPlan: () => undefined,
    check: () => ({ kind: 'go' }),
    run: () => DONE,
    verify: () => DONE,
    restore: () => null,
    ...over,
  };
  const runbooks = [scriptedRunbook(script)];
  const { harness, store } = harnessInMemory({ runbooks });
  return { harness, store, script, runbooks };
}

/** Starts a run and drives it to its end, with an approval when it asks for one. */
export async function driveScript(scene: ScriptedScene, locks: readonly string[] = ['cluster/prod/valves']) {
  const { harness } = scene;
  const runId = await harness.start(locks);
  const waiting = await harness.drive(runId);
  if (waiting.ended === null) await harness.approve(runId);
  return await harness.drive(runId, 'later', 20_000);
}

/** Lets a run drift before its next step, and plans it again with the same plan. Answers how it ended, and where the next one waits. */
export async function driftAndPlanAgain({ harness, script }: ScriptedScene, runId: string) {
  script.check = () => ({ kind: 'stop', reason: 'plan-drifted', note: '' });
  const before = await harness.drive(runId);
  script.check = () => ({ kind: 'go' });
  const origin = { channel: 'C0', threadTs: null };
  const again = await harness.desk.planAgain({ runId, actor: operator, origin, idempotencyKey: 'again' });
  const next = await harness.drive(again.kind === 'refused' ? '' : again.runId);
  return { before, next };
}
