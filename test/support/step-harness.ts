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
import { NO_PORTS } from './no-ports.ts';

/** Settings of defragmentation for tests: the real ones, so that fake time shows what would happen. */
export const TEST_DEFRAG: DefragSettings = {
  minFragmented: 0.5,
  maxQuotaUsed: 0.5,
  pauseMs: 60_000,
  answerWithinMs: 15 * 60_000,
  sampleMs: 5000,
  quotaBytes: null,
};

/** Where a worker dies. */
export type CrashPoint = 'intent-stored' | 'call-made' | 'observed-stored';

/** The death of a worker: what was not stored is gone. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** What a test may set. */
export interface HarnessOptions {
  readonly etcd?: Omit<FakeEtcdOptions, 'clock'>;
  readonly defrag?: Partial<DefragSettings>;
  readonly replace?: Partial<ReplaceSettings>;
  readonly cluster?: Partial<Pick<ClusterProfile, 'platform' | 'etcdAccess' | 'backups' | 'nodeShell'>>;
  /** Default: a clock of its own. A real clock is needed beside a real ring. */
  readonly clock?: FakeClock;
  /** Changes what the port answers, where the fake ring has no knob for it, or gives a real one. */
  readonly wrap?: (port: EtcdPort) => EtcdPort;
  /** Default: there is none. */
  readonly kubernetes?: KubernetesPort;
  /** Default: no schedule takes backups. */
  readonly backupIntervalsMs?: () => Promise<readonly number[]>;
  /** Default: no backups, no drills. */
  readonly extra?: Partial<Pick<Ports, 'backups' | 'drill'>>;
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

/** Runs plans and steps as the engine does: `check → run → verify`, announced calls stored, `again` waited for. */
export interface StepHarness {
  readonly clock: FakeClock;
  readonly etcd: FakeEtcd;
  readonly cluster: ClusterProfile;
  /** Announced calls of all steps. */
  readonly acts: readonly ActState[];
  readonly outputs: readonly Json[];
  /** Pauses that steps asked for by `again`, ms. */
  readonly pauses: readonly number[];
  /** Last words: progress and answers. */
  readonly words: readonly string[];
  readonly cleanups: ReadonlyMap<string, { readonly kind: string; readonly input: Json; readonly done: boolean }>;
  /** Dies at the n-th time this point is reached (1 is the first). */
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
  /** Runs the steps to their end; a worker that dies is followed by another one. */
  run(runbook: AnyRunbook, steps: readonly PlannedStep[]): Promise<HarnessEnd>;
  /** How often a worker died. */
  deaths(): number;
}

interface Cleanup {
  readonly kind: string;
  readonly input: Json;
  readonly done: boolean;
}

interface World {
  readonly clock: FakeClock;
  readonly etcd: FakeEtcd;
  readonly port: EtcdPort;
  readonly kubernetes: KubernetesPort;
  readonly extra: Partial<Pick<Ports, 'backups' | 'drill'>>;
  readonly cluster: ClusterProfile;
  readonly backupIntervalsMs: () => Promise<readonly number[]>;
  readonly acts: ActState[];
  readonly outputs: Json[];
  readonly pauses: number[];
  readonly words: string[];
  readonly cleanups: Map<string, Cleanup>;
  /** Of the worker that is at work. */
  worker: AbortController;
  crash: { readonly point: CrashPoint; left: number } | null;
  deaths: number;
  stopping: boolean;
  frozen: boolean;
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
    outputs: [],
    pauses: [],
    words: [],
    cleanups: new Map(),
    worker: new AbortController(),
    crash: null,
    deaths: 0,
    stopping: false,
    frozen: false,
  };
  return {
    ...world,
    crashAt(point, nth) {
      world.crash = { point, left: nth };
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
    run: async (runbook, steps) => await runSteps(world, runbook, steps),
    deaths: () => world.deaths,
  };
}

function base(world: World) {
  const { clock, cluster } = world;
  const { signal } = world.worker;
  return {
    ports: { ...NO_PORTS, ...world.extra, etcd: world.port, kubernetes: world.kubernetes },
    cluster,
    signal,
    nowMs: () => clock.nowMs(),
    nowIso: () => clock.nowIso(),
    pause: async (ms: number) => await clock.sleep(ms, signal),
  };
}

const MAX_TURNS = 1000;

async function runSteps(world: World, runbook: AnyRunbook, steps: readonly PlannedStep[]): Promise<HarnessEnd> {
  for (const [index, planned] of steps.entries()) {
    const step = runbook.steps.find((each) => each.kind === planned.kind);
    if (step === undefined) throw new Error(`unknown step kind ${planned.kind}`);
    const answer = await runStep(world, step, planned.input, index);
    if (answer.kind === 'stop') return { kind: 'stop', reason: answer.reason, note: answer.note, step: index };
    if (answer.kind === 'again') return { kind: 'stop', reason: 'cancelled', note: answer.note, step: index };
    world.outputs[index] = answer.output;
  }
  return { kind: 'done', reason: 'done', note: world.words.at(-1) ?? '', step: steps.length - 1 };
}

/** `again` comes back only when a cancel left nothing open. */
async function runStep(world: World, step: AnyStep, input: Json, index: number): Promise<StepAnswer<Json, Json>> {
  let state: Json = null;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const answer = await turnOf(world, step, input, state, index);
    if (answer === null) continue;
    world.words.push(answer.note);
    if (answer.kind !== 'again') return answer;
    ({ state } = answer);
    if (world.stopping && world.acts.every((act) => act.observed !== null)) return answer;
    world.pauses.push(answer.afterMs);
    await world.clock.advance(answer.afterMs);
  }
  throw new Error('the step goes round without end');
}

/** `null`: the worker died; its state is what was stored before. */
async function turnOf(world: World, step: AnyStep, input: Json, state: Json, index: number) {
  const context = contextOf(world, index);
  const { signal } = world.worker;
  try {
    const answer = await inTime(world.clock, ask(step, context, input, state));
    if (!signal.aborted) return answer;
  } catch (thrown) {
    if (!signal.aborted && !(thrown instanceof WorkerDied)) throw thrown;
  }
  world.deaths += 1;
  world.worker = new AbortController();
  return null;
}

async function ask(step: AnyStep, context: StepContext<PortName>, input: Json, state: Json) {
  const checked = await step.check(context, input, state);
  const answer = checked.kind === 'go' ? await step.run(context, input, state) : checked;
  return answer.kind === 'done' ? await step.verify(context, input, answer.output) : answer;
}

function contextOf(world: World, index: number): StepContext<PortName> {
  const openAt = (): number => world.acts.findIndex((act) => act.observed === null);
  return {
    ...base(world),
    runId: 'defrag-prod-test',
    idempotencyKey: `defrag-prod-test/${index}`,
    get stopping() {
      return world.stopping;
    },
    get open() {
      return world.acts[openAt()] ?? null;
    },
    get acts() {
      return world.acts.filter((act) => act.index === index);
    },
    outputs: world.outputs,
    act: async (intent, call) => {
      announce(world, index, intent);
      die(world, 'intent-stored');
      const answer = await call(world.worker.signal);
      die(world, 'call-made');
      return answer;
    },
    observed: async (observation) => {
      const at = openAt();
      const open = world.acts[at];
      if (open !== undefined) world.acts[at] = { ...open, observed: { ...observation, at: world.clock.nowIso() } };
      await Promise.resolve();
      die(world, 'observed-stored');
    },
    frozen: async () => await Promise.resolve(world.frozen),
    backupIntervalsMs: world.backupIntervalsMs,
    progress: async (note) => await Promise.resolve(void world.words.push(note)),
    registerCleanup: async ({ id, kind, input }) =>
      await Promise.resolve(void world.cleanups.set(id, { kind, input, done: false })),
    cleanedUp: async (id) => {
      const cleanup = world.cleanups.get(id);
      if (cleanup !== undefined) world.cleanups.set(id, { ...cleanup, done: true });
      await Promise.resolve();
    },
  };
}

/** The engine's own rule: nothing is announced twice unless it was seen not to have happened. */
function announce(
  world: World,
  index: number,
  intent: { readonly item: string; readonly action: string; readonly facts: Json },
): void {
  if (world.acts.some((act) => act.observed === null)) throw new Error('another call is open');
  const before = world.acts.findLast(
    (act) => act.index === index && act.item === intent.item && act.action === intent.action,
  );
  if (before !== undefined && before.observed?.result !== 'not-done')
    throw new Error(`${intent.action} of ${intent.item} would be repeated`);
  world.acts.push({ index, ...intent, at: world.clock.nowIso(), observed: null });
}

function die(world: World, point: CrashPoint): void {
  if (world.crash?.point !== point) return;
  world.crash.left -= 1;
  if (world.crash.left > 0) return;
  world.crash = null;
  throw new WorkerDied(point);
}
