import { createHash } from 'node:crypto';
import type { Actor } from '../../src/core/actor.ts';
import { DEFAULT_REPLACE } from '../../src/core/cluster-profile.ts';
import type { AskResult, RequestDesk } from '../../src/core/desk.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import type { Digest, Log, TriggerPoint, Triggers } from '../../src/core/ports/runtime.ts';
import type { Witness } from '../../src/core/ports/witness.ts';
import { foldRun, openGate, type RunState } from '../../src/core/run-state.ts';
import type { AnyRunbook } from '../../src/core/runbook.ts';
import type { AdmissionDeps } from '../../src/engine/admission.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../src/engine/deps.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createFakeEtcd } from '../fakes/etcd.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { type Life, mortalStore } from './mortal-store.ts';
import { NO_KUBERNETES } from './no-kubernetes.ts';
import { NO_PORTS } from './no-ports.ts';
import { openAdmission } from './open-admission.ts';

export const TEAM = 'T0HOME';
export const operator: Actor = { team: TEAM, user: 'U0OP' };
export const approver: Actor = { team: TEAM, user: 'U0AP1' };
export const secondApprover: Actor = { team: TEAM, user: 'U0AP2' };
export const stranger: Actor = { team: TEAM, user: 'U0NOBODY' };

/** A policy with one operator, two approvers and one approval for what disrupts. */
export function testPolicy(required = 1): Policy {
  return {
    homeTeam: TEAM,
    roles: [
      { name: 'operator', users: [operator.user] },
      { name: 'approver', users: [approver.user, secondApprover.user] },
    ],
    rules: [{ clusters: ['prod'], commands: ['valve', 'status'], allow: ['operator'], approvals: null }],
    defaultApprovals: { required, from: ['approver'], requesterMayApprove: false, expiresMs: 30 * 60_000 },
  };
}

/** Logs nothing. */
export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

/** Hash for tests: keys sorted, SHA-256. */
export const testDigest: Digest = {
  of: (value) => createHash('sha256').update(sortedText(value)).digest('hex'),
  text: (value) => sortedText(value),
};

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** An engine over a store, with a clock that tests move. */
export interface Harness {
  readonly clock: FakeClock;
  readonly store: RunStore;
  readonly desk: RequestDesk;
  readonly rings: string[];
  policy: Policy;
  /** Freezes and windows; at first there are none. */
  admission: AdmissionDeps;
  /** Crash here, the n-th time it is reached. */
  crashAt: { readonly point: TriggerPoint; count: number } | null;
  /** What the cluster remembers of calls; `null`: it has no Kubernetes. */
  witness: Witness | null;
  readonly reached: TriggerPoint[];
  engine(worker: string): Engine;
  deps(worker: string): EngineDeps;
  ask(
    valves: readonly string[],
    extra?: { readonly dryRun?: boolean; readonly wait?: boolean; readonly key?: string; readonly actor?: Actor },
  ): Promise<AskResult>;
  /** Asks and answers the id, failing the test when refused. */
  start(
    valves: readonly string[],
    extra?: { readonly dryRun?: boolean; readonly wait?: boolean; readonly key?: string },
  ): Promise<string>;
  state(runId: string): Promise<RunState>;
  approve(runId: string, actor?: Actor): ReturnType<RequestDesk['vote']>;
  reject(runId: string, actor?: Actor): ReturnType<RequestDesk['vote']>;
  /** Runs a promise to its end, moving the clock whenever only time can help. */
  through<T>(promise: Promise<T>): Promise<T>;
  /** Wakes the run as the sweep would until it ends or waits for people; `worker` is a name prefix. */
  drive(runId: string, worker?: string, rounds?: number): Promise<RunState>;
}

/** What a harness is built of. */
export interface HarnessOptions {
  readonly runbooks: readonly AnyRunbook[];
  readonly store: (clock: FakeClock) => RunStore;
  /** Default: a new one. */
  readonly clock?: FakeClock;
  /** Default: none. */
  readonly kubernetes?: KubernetesPort;
}

/** Builds a harness. */
export function createHarness(options: HarnessOptions): Harness {
  const { clock = createFakeClock(), kubernetes = NO_KUBERNETES } = options;
  const store = options.store(clock);
  const rings: string[] = [];
  let ids = 0;
  const harness: Harness = {
    clock,
    store,
    rings,
    policy: testPolicy(),
    admission: openAdmission(),
    crashAt: null,
    witness: null,
    reached: [],
    deps: (worker) => {
      const life: Life = { dead: false };
      return {
        store: mortalStore(store, life),
        doorbell: { ring: async (runId) => void rings.push(runId) },
        clock,
        ids: { suffix: () => (ids += 1).toString(36).padStart(4, '0') },
        log: silentLog,
        runbooks: options.runbooks,
        admission: harness.admission,
        policy: () => harness.policy,
        digest: testDigest,
        metrics: { runEnded: () => undefined, stepDone: () => undefined },
        triggers: crashTriggers(harness, life),
        settings: { ...DEFAULT_SETTINGS, worker },
        cluster: (name) => ({
          name,
          platform: 'etcd',
          etcdAccess: null,
          defrag: DEFRAG,
          replace: DEFAULT_REPLACE,
          channels: { ops: 'C0', incidents: null, audit: null },
        }),
        ports: async () => await Promise.resolve({ ...NO_PORTS, etcd: createFakeEtcd({}).port, kubernetes }),
        standing: async () => await Promise.resolve([]),
        witness: () => harness.witness,
      };
    },
    engine: (worker) => createEngine(harness.deps(worker)),
    desk: createDeskOf(() => harness),
    ask: async (valves, extra = {}) => await askFor(harness, valves, extra),
    start: async (valves, extra = {}) => {
      const result = await askFor(harness, valves, extra);
      if (result.kind === 'refused') throw new Error(`refused: ${result.reason} ${result.why}`);
      return result.runId;
    },
    state: async (runId) => await readState(store, runId),
    approve: async (runId, actor = approver) => await voteOf(harness, runId, 'approve', actor),
    reject: async (runId, actor = approver) => await voteOf(harness, runId, 'reject', actor),
    through: async (promise) => await runThrough(clock, promise),
    drive: async (runId, worker = 'w', rounds = 60) => await driveRun(harness, runId, worker, rounds),
  };
  return harness;
}

const DEFRAG = {
  minFragmented: 0.5,
  maxQuotaUsed: 0.5,
  pauseMs: 60_000,
  answerWithinMs: 900_000,
  sampleMs: 5000,
  quotaBytes: null,
};

function createDeskOf(harness: () => Harness): RequestDesk {
  const desk = (): RequestDesk => createDesk(harness().deps('bot'));
  return {
    request: async (ask) => await desk().request(ask),
    planAgain: async (ask) => await desk().planAgain(ask),
    vote: async (ask) => await desk().vote(ask),
    cancel: async (ask) => await desk().cancel(ask),
    refused: async (refusal) => await desk().refused(refusal),
  };
}

function crashTriggers(harness: Harness, life: Life): Triggers {
  return {
    reach: async (point) => {
      harness.reached.push(point);
      if (harness.crashAt?.point !== point) return;
      harness.crashAt.count -= 1;
      if (harness.crashAt.count > 0) return;
      harness.crashAt = null;
      life.dead = true;
      // A dead process never goes on: this promise does not settle.
      await new Promise<never>(() => undefined);
    },
  };
}

let keys = 0;

async function askFor(
  harness: Harness,
  valves: readonly string[],
  extra: { readonly dryRun?: boolean; readonly wait?: boolean; readonly key?: string; readonly actor?: Actor },
): Promise<AskResult> {
  keys += 1;
  return await harness.desk.request({
    actor: extra.actor ?? operator,
    order: {
      runbook: 'valve-turn',
      cluster: 'prod',
      params: { valves: [...valves] },
      dryRun: extra.dryRun ?? false,
      waitForLock: extra.wait ?? false,
    },
    command: 'valve',
    policyVerb: 'valve',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube valve prod',
    idempotencyKey: extra.key ?? `key-${keys}`,
  });
}

async function readState(store: RunStore, runId: string): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error(`no run ${runId}`);
  return foldRun(record);
}

async function voteOf(
  harness: Harness,
  runId: string,
  verdict: 'approve' | 'reject',
  actor: Actor,
): ReturnType<RequestDesk['vote']> {
  const gate = openGate(await readState(harness.store, runId));
  keys += 1;
  return await harness.desk.vote({
    runId,
    gate: gate?.spec.id ?? 'approve',
    hash: gate?.hash ?? 'no-gate-is-open',
    actor,
    verdict,
    note: verdict === 'reject' ? 'not tonight' : (gate?.spec.expect ?? null),
    idempotencyKey: `vote-${keys}`,
  });
}

async function runThrough<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const progress = track(promise);
  for (let round = 0; !progress.settled; round += 1) {
    if (round > 5000) throw new Error('the promise does not settle however far time goes');
    await clock.advanceToNext();
  }
  return await promise;
}

async function driveRun(harness: Harness, runId: string, worker: string, rounds: number): Promise<RunState> {
  for (let round = 0; round < rounds; round += 1) {
    const state = await readState(harness.store, runId);
    if (state.ended !== null || openGate(state) !== null) return state;
    const due = await harness.store.due(harness.clock.nowMs(), 100, 5000);
    if (!due.includes(runId)) {
      await harness.clock.advance(1000);
      continue;
    }
    const turn = harness.engine(`${worker}${round}`).advance(runId, new AbortController().signal);
    await waitOrCrash(harness, turn);
  }
  return await readState(harness.store, runId);
}

/** Waits for a turn, or for the crash that was asked for: then the lease runs out. */
async function waitOrCrash(harness: Harness, turn: Promise<unknown>): Promise<void> {
  const planned = harness.crashAt !== null;
  const progress = track(turn);
  for (let round = 0; !progress.settled; round += 1) {
    if (round > 5000) throw new Error('the turn does not settle');
    await harness.clock.advance(0);
    if (planned && harness.crashAt === null && !progress.settled) return;
    if (!progress.settled) await harness.clock.advanceToNext();
  }
}

/** Whether a promise has settled, either way. */
function track(promise: Promise<unknown>): { settled: boolean } {
  const progress = { settled: false };
  void (async () => {
    await Promise.allSettled([promise]);
    progress.settled = true;
  })();
  return progress;
}
