import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import type { Json } from '../../src/core/json.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import type { PortName, Ports } from '../../src/core/ports/ports.ts';
import type { ActState } from '../../src/core/run-state.ts';
import type { AnyRunbook } from '../../src/core/runbook.ts';
import type { StepContext } from '../../src/core/step.ts';
import type { FakeEtcd } from '../fakes/etcd.ts';
import type { FakeClock } from './fake-clock.ts';
import { inTime } from './in-fake-time.ts';
import { NO_PORTS } from './no-ports.ts';

/** Where a worker dies. A call that was announced and not made: `intent-stored`; one that was made: `call-made`. */
export type CrashPoint =
  | 'cleanup-registered'
  | 'intent-stored'
  | 'call-made'
  | 'observed-stored'
  | 'cleaned-up'
  | 'cleanup-restored';

/** The death of a worker: what was not stored is gone. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** A call that a cancel came before: the engine makes none then. */
export class CancelledBefore extends Error {
  override readonly name = 'CancelledBefore';
}

/** Something that a run registered to be put back. */
export interface HarnessCleanup {
  readonly kind: string;
  readonly input: Json;
  readonly summary: string;
  readonly done: boolean;
}

/** Everything that outlives a worker, and the worker that is at work. */
export interface World {
  readonly clock: FakeClock;
  readonly etcd: FakeEtcd;
  readonly port: EtcdPort;
  readonly kubernetes: KubernetesPort;
  readonly extra: Partial<Pick<Ports, 'backups' | 'drill' | 'management' | 'hosts'>>;
  readonly cluster: ClusterProfile;
  readonly runId: string;
  readonly backupIntervalsMs: () => Promise<readonly number[]>;
  readonly acts: ActState[];
  readonly outputs: Json[];
  readonly pauses: number[];
  readonly words: string[];
  readonly trees: (readonly string[])[];
  readonly cleanups: Map<string, HarnessCleanup>;
  /** Of the worker that is at work. */
  worker: AbortController;
  crashes: { readonly point: CrashPoint; left: number }[];
  deaths: number;
  stopping: boolean;
  frozen: boolean;
}

/** What plans, steps and cleanups are given alike. */
export function base(world: World) {
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

/** The context of one step, as the engine makes it. `steps`: how many the plan has. */
export function contextOf(world: World, runbook: AnyRunbook, index: number, steps: number): StepContext<PortName> {
  const openAt = (): number => world.acts.findIndex((act) => act.observed === null);
  return {
    ...base(world),
    runId: world.runId,
    idempotencyKey: `${world.runId}/${index}`,
    get stopping() {
      return world.stopping;
    },
    get open() {
      return world.acts[openAt()] ?? null;
    },
    get acts() {
      return world.acts.filter((act) => act.index === index);
    },
    get outputs() {
      return Array.from({ length: steps }, (_, at) => world.outputs[at] ?? null);
    },
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
    progress: async (note, tree) => {
      world.words.push(note);
      if (tree !== undefined) world.trees.push(tree);
      await Promise.resolve();
    },
    registerCleanup: async ({ id, kind, input, summary }) => {
      await Promise.resolve();
      if (!runbook.cleanups.some((each) => each.kind === kind)) throw new Error(`the cleanup ${kind} is not declared`);
      if (world.cleanups.get(id)?.done !== false) {
        // As in the engine: what is registered anew is the newest.
        world.cleanups.delete(id);
        world.cleanups.set(id, { kind, input, summary, done: false });
      }
      die(world, 'cleanup-registered');
    },
    cleanedUp: async (id) => {
      await Promise.resolve();
      markDone(world, id);
      die(world, 'cleaned-up');
    },
  };
}

function markDone(world: World, id: string): void {
  const cleanup = world.cleanups.get(id);
  if (cleanup !== undefined) world.cleanups.set(id, { ...cleanup, done: true });
}

/** The engine's own rules: nothing is announced twice unless it was seen not to have happened, and nothing after a cancel. */
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
  if (world.stopping) throw new CancelledBefore(`${intent.action} of ${intent.item}`);
  world.acts.push({ index, ...intent, at: world.clock.nowIso(), observed: null });
}

function die(world: World, point: CrashPoint): void {
  const here = world.crashes.filter((each) => each.point === point);
  for (const each of here) each.left -= 1;
  if (here.every((each) => each.left > 0)) return;
  world.crashes = world.crashes.filter((each) => each.left > 0);
  throw new WorkerDied(point);
}

/** Another worker takes over. */
export function bury(world: World): void {
  world.deaths += 1;
  world.worker = new AbortController();
}

/** Tries of one cleanup, as in the engine. */
const TRIES = 3;
/** As the engine: so long what is only for now is tried. */
const PATIENCE_MS = 10 * 60_000;
const RETRY_MS = 5000;

/**
 * Puts back what is registered, last first, as the engine does in every ending; a worker that dies meanwhile is followed by another one.
 *
 * @returns What could not be put back, and why, by id.
 */
export async function restoreAll(world: World, runbook: AnyRunbook): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>();
  for (;;) {
    const [id, cleanup] = [...world.cleanups].findLast(([each, { done }]) => !done && !failed.has(each)) ?? [];
    if (id === undefined || cleanup === undefined) return failed;
    try {
      const problem = await restoreOne(world, runbook, cleanup);
      die(world, 'cleanup-restored');
      if (problem === null) markDone(world, id);
      else failed.set(id, problem);
    } catch (thrown) {
      if (!(thrown instanceof WorkerDied)) throw thrown;
      bury(world);
    }
  }
}

async function restoreOne(world: World, runbook: AnyRunbook, cleanup: HarnessCleanup): Promise<string | null> {
  const definition = runbook.cleanups.find(({ kind }) => kind === cleanup.kind);
  if (definition === undefined) return `this version does not know ${cleanup.kind}`;
  const beganMs = world.clock.nowMs();
  for (let attempt = 1; ; attempt += 1) {
    const { ports, signal, nowMs, pause } = base(world);
    const context = { ports, signal, nowMs, pause };
    const problem = await inTime(world.clock, definition.restore(context, cleanup.input).catch(messageOf));
    if (problem === null) return null;
    const isOver = typeof problem === 'string' || world.clock.nowMs() - beganMs >= PATIENCE_MS;
    if (attempt >= TRIES && isOver) return typeof problem === 'string' ? problem : problem.notYet;
    await world.clock.advance(RETRY_MS * Math.min(attempt, TRIES));
  }
}

/** The engine takes a throw of a cleanup for a try that failed. */
function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
