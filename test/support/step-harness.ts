import {
  type ClusterProfile,
  DEFAULT_REPLACE,
  type DefragSettings,
  type ReplaceSettings,
} from '../../src/core/cluster-profile.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import type { PortName, Ports } from '../../src/core/ports/ports.ts';
import type { ActState } from '../../src/core/run-state.ts';
import type { AnyRunbook, PlanDraft } from '../../src/core/runbook.ts';
import type { AnyStep, StepAnswer, StepContext } from '../../src/core/step.ts';
import { createFakeEtcd, type FakeEtcd, type FakeEtcdOptions } from '../fakes/etcd.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { inTime } from './in-fake-time.ts';
import { NO_KUBERNETES } from './no-kubernetes.ts';
import {
  base,
  bury,
  CancelledBefore,
  type CrashPoint,
  contextOf,
  type HarnessCleanup,
  restoreAll,
  WorkerDied,
  type World,
} from './step-world.ts';

export type { CrashPoint } from './step-world.ts';

/** Settings of defragmentation for tests: the real ones, so that fake time shows what would happen. */
export const TEST_DEFRAG: DefragSettings = {
  minFragmented: 0.5,
  maxQuotaUsed: 0.5,
  pauseMs: 60_000,
  answerWithinMs: 15 * 60_000,
  sampleMs: 5000,
  quotaBytes: null,
};

/** What a test may set. */
export interface HarnessOptions {
  readonly etcd?: Omit<FakeEtcdOptions, 'clock'>;
  readonly defrag?: Partial<DefragSettings>;
  readonly replace?: Partial<ReplaceSettings>;
  readonly cluster?: Partial<
    Pick<ClusterProfile, 'platform' | 'etcdAccess' | 'backups' | 'nodeShell' | 'hosts' | 'management' | 'nodes'>
  >;
  /** Default: `defrag-prod-test`. */
  readonly runId?: string;
  /** Default: a clock of its own. A real clock is needed beside a real ring. */
  readonly clock?: FakeClock;
  /** Changes what the port answers, where the fake ring has no knob for it, or gives a real one. */
  readonly wrap?: (port: EtcdPort) => EtcdPort;
  /** Default: there is none. */
  readonly kubernetes?: KubernetesPort;
  /** Default: no schedule takes backups. */
  readonly backupIntervalsMs?: () => Promise<readonly number[]>;
  /** Default: no backups, no drills, no hosts, no cluster that manages it. */
  readonly extra?: Partial<Pick<Ports, 'backups' | 'drill' | 'management' | 'hosts'>>;
  /** What steps left that were done before the first one that is run, by their index. */
  readonly outputs?: readonly Json[];
}

/** How a run of steps ended, as the engine would store it. */
export interface HarnessEnd {
  readonly kind: 'done' | 'stop';
  /** `done` or the reason. */
  readonly reason: string;
  readonly note: string;
  /** Index of the step that ended it. */
  readonly step: number;
}

/** How the steps of a plan are run. */
export interface RunOptions {
  /** Index of the first one; those before it left what the options of the harness say. Default: 0. */
  readonly from?: number;
  /** Called before each step is begun: what happens between steps. */
  readonly before?: (index: number) => Promise<void> | void;
}

/** Runs plans and steps as the engine does: `check → run → verify`, announced calls stored, `again` waited for. */
export interface StepHarness {
  readonly clock: FakeClock;
  readonly etcd: FakeEtcd;
  readonly cluster: ClusterProfile;
  /** What plans, steps and cleanups are given. */
  readonly ports: Ports;
  /** Announced calls of all steps. */
  readonly acts: readonly ActState[];
  readonly outputs: readonly Json[];
  /** Pauses that steps asked for by `again`, ms. */
  readonly pauses: readonly number[];
  /** Last words: progress and answers. */
  readonly words: readonly string[];
  /** What steps showed below themselves, look by look: see `StepContext.progress`. */
  readonly trees: readonly (readonly string[])[];
  readonly cleanups: ReadonlyMap<string, HarnessCleanup>;
  /** Dies at the n-th time from now that this point is reached (1 is the first). Said several times, it dies several times. */
  crashAt(point: CrashPoint, nth: number): void;
  /** A cancel is asked for from now on. */
  cancel(): void;
  /** Somebody freezes the cluster. */
  freeze(): void;
  /**
   * The worker is told to stop: its signal fires, its answer counts no more, and another one goes on from what is stored.
   * Counts as a death.
   */
  shutDown(): void;
  plan(runbook: AnyRunbook, params: JsonObject): Promise<PlanDraft>;
  /**
   * Runs the steps to their end; a worker that dies is followed by another one. Cleanups stay: see {@link StepHarness.restoreCleanups}.
   */
  run(runbook: AnyRunbook, steps: readonly PlannedStep[], how?: RunOptions): Promise<HarnessEnd>;
  /** Puts back what is registered, as every ending does. Answers what could not be put back, and why, by id. */
  restoreCleanups(runbook: AnyRunbook): Promise<ReadonlyMap<string, string>>;
  /** How often a worker died. */
  deaths(): number;
}

/** Makes a harness over a fake ring in fake time. */
export function createStepHarness(options: HarnessOptions = {}): StepHarness {
  const clock = options.clock ?? createFakeClock();
  const etcd = createFakeEtcd({ ...options.etcd, clock });
  const world: World = {
    clock,
    etcd,
    port: options.wrap?.(etcd.port) ?? etcd.port,
    kubernetes: options.kubernetes ?? NO_KUBERNETES,
    extra: options.extra ?? {},
    cluster: {
      name: 'prod',
      platform: 'etcd',
      etcdAccess: 'direct',
      defrag: { ...TEST_DEFRAG, ...options.defrag },
      replace: { ...DEFAULT_REPLACE, ...options.replace },
      channels: { ops: 'C0OPS', incidents: null, audit: null },
      ...options.cluster,
    },
    backupIntervalsMs: options.backupIntervalsMs ?? (async () => await Promise.resolve([])),
    acts: [],
    runId: options.runId ?? 'defrag-prod-test',
    outputs: [...(options.outputs ?? [])],
    pauses: [],
    words: [],
    trees: [],
    cleanups: new Map(),
    worker: new AbortController(),
    crashes: [],
    deaths: 0,
    stopping: false,
    frozen: false,
  };
  return {
    ...world,
    ports: base(world).ports,
    crashAt(point, nth) {
      world.crashes.push({ point, left: nth });
    },
    cancel() {
      world.stopping = true;
    },
    freeze() {
      world.frozen = true;
    },
    shutDown() {
      world.worker.abort('shutdown');
    },
    plan: async (runbook, params) => await inTime(clock, runbook.plan(base(world), params)),
    run: async (runbook, steps, how = {}) => await runSteps(world, runbook, steps, how),
    restoreCleanups: async (runbook) => await restoreAll(world, runbook),
    deaths: () => world.deaths,
  };
}

const MAX_TURNS = 1000;

async function runSteps(
  world: World,
  runbook: AnyRunbook,
  steps: readonly PlannedStep[],
  { from = 0, before }: RunOptions,
): Promise<HarnessEnd> {
  for (const [index, planned] of steps.entries()) {
    if (index < from) continue;
    const step = runbook.steps.find((each) => each.kind === planned.kind);
    if (step === undefined) throw new Error(`unknown step kind ${planned.kind}`);
    await before?.(index);
    const running: Running = { world, runbook, step, input: planned.input, index, steps: steps.length };
    const answer = await runStep(running);
    if (answer.kind === 'stop') return { kind: 'stop', reason: answer.reason, note: answer.note, step: index };
    if (answer.kind === 'again') return { kind: 'stop', reason: 'cancelled', note: answer.note, step: index };
    world.outputs[index] = answer.output;
  }
  return { kind: 'done', reason: 'done', note: world.words.at(-1) ?? '', step: steps.length - 1 };
}

interface Running {
  readonly world: World;
  readonly runbook: AnyRunbook;
  readonly step: AnyStep;
  readonly input: Json;
  readonly index: number;
  readonly steps: number;
}

/** `again` comes back only when a cancel left nothing open. */
async function runStep(running: Running): Promise<StepAnswer<Json, Json>> {
  const { world, step, input } = running;
  const untilMs = world.clock.nowMs() + step.timeoutMs(input);
  let state: Json = null;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const isOpen = world.acts.some((act) => act.observed === null);
    if (!isOpen && world.clock.nowMs() >= untilMs) return { kind: 'stop', reason: 'step-timed-out', note: '' };
    const answer = await turnOf(running, state);
    if (answer === null) continue;
    world.words.push(answer.note);
    if (answer.kind !== 'again') return answer;
    if (answer.tree !== undefined) world.trees.push(answer.tree);
    ({ state } = answer);
    if (world.stopping && world.acts.every((act) => act.observed !== null)) return answer;
    world.pauses.push(answer.afterMs);
    await world.clock.advance(answer.afterMs);
  }
  throw new Error('the step goes round without end');
}

/** `null`: the worker died; its state is what was stored before. */
async function turnOf({ world, runbook, step, input, index, steps }: Running, state: Json) {
  const context = contextOf(world, runbook, index, steps);
  const { signal } = world.worker;
  try {
    const answer = await inTime(world.clock, ask(step, context, input, state));
    if (!signal.aborted) return answer;
  } catch (thrown) {
    if (!signal.aborted && thrown instanceof CancelledBefore)
      return { kind: 'again', afterMs: 0, state, note: thrown.message } as const;
    if (!signal.aborted && !(thrown instanceof WorkerDied)) throw thrown;
  }
  bury(world);
  return null;
}

async function ask(step: AnyStep, context: StepContext<PortName>, input: Json, state: Json) {
  const checked = await step.check(context, input, state);
  const answer = checked.kind === 'go' ? await step.run(context, input, state) : checked;
  return answer.kind === 'done' ? await step.verify(context, input, answer.output) : answer;
}
