import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type RunningProcess, startProcess } from '../../playground/processes.ts';
import { type PlaygroundRedis, startRedis } from '../../playground/redis.ts';
import { waitFor } from '../../playground/waiting.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import type { RequestDesk } from '../../src/core/desk.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import type { TriggerPoint } from '../../src/core/ports/runtime.ts';
import { foldRun, openGate, type RunState } from '../../src/core/run-state.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { crashDeps } from './crash-deps.ts';
import { approver, operator } from './engine-harness.ts';
import { type FileValves, openFileValves } from './file-valves.ts';
import { testSeal } from './test-seal.ts';

const WORKER = fileURLToPath(new URL('./crash-worker.ts', import.meta.url));

/** A real Redis, a desk, valves in a folder, and worker processes that can be stopped at trigger points. */
export interface CrashScene {
  readonly redis: PlaygroundRedis;
  readonly store: RunStore;
  readonly desk: RequestDesk;
  readonly valves: FileValves;
  worker(
    stop: { readonly at: TriggerPoint; readonly count?: number; readonly signal: 'SIGKILL' | 'SIGSTOP' } | null,
  ): Promise<RunningProcess>;
  ask(valves: readonly string[]): Promise<string>;
  state(runId: string): Promise<RunState>;
  /** Approves whenever asked, until the run ended. */
  untilEnded(runId: string): Promise<RunState>;
  /** Approves whenever asked, until the process has ended or froze. */
  approveWhile(runId: string, goOn: () => Promise<boolean> | boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts a scene. */
export async function startCrashScene(): Promise<CrashScene> {
  const redis = await startRedis();
  const directory = await mkdtemp(join(tmpdir(), 'drydock-valves-'));
  const valves = openFileValves(directory);
  const storeClient = connectRedis(redis.url, 'store');
  await storeClient.connect();
  const queueClient = connectRedis(redis.url, 'queue');
  await queueClient.connect();
  const store = createRedisRunStore({ redis: storeClient, seal: testSeal });
  const doorbell = createDoorbell({ redis: queueClient });
  const desk = createDesk(crashDeps({ store, doorbell, valves, worker: 'desk' }));
  const workers: RunningProcess[] = [];
  const scene: CrashScene = {
    redis,
    store,
    desk,
    valves,
    worker: async (stop) => {
      const env = {
        ...process.env,
        REDIS_URL: redis.url,
        VALVES: directory,
        WORKER: `worker-${workers.length}`,
        STOP_AT: stop?.at ?? '',
        STOP_COUNT: String(stop?.count ?? 1),
        STOP_SIGNAL: stop?.signal ?? 'none',
      };
      const started = await startProcess({ name: env.WORKER, command: process.execPath, args: [WORKER], env });
      workers.push(started);
      await waitFor('the worker to be ready', () => started.output().includes('ready') || started.end() !== undefined);
      return started;
    },
    ask: async (names) => await ask(desk, names),
    state: async (runId) => await readState(store, runId),
    untilEnded: async (runId) => {
      await approveWhile(scene, runId, async () => (await readState(store, runId)).ended === null);
      return await readState(store, runId);
    },
    approveWhile: async (runId, goOn) => await approveWhile(scene, runId, goOn),
    close: async () => {
      for (const each of workers) await each.kill();
      await doorbell.close();
      storeClient.disconnect();
      queueClient.disconnect();
      await redis.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return scene;
}

async function ask(desk: RequestDesk, valves: readonly string[]): Promise<string> {
  const answer = await desk.request({
    actor: operator,
    order: {
      runbook: 'valve-turn',
      cluster: 'prod',
      params: { valves: [...valves] },
      dryRun: false,
      waitForLock: false,
    },
    command: 'valve',
    policyVerb: 'valve',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube valve prod',
    idempotencyKey: `key-${valves.join()}-${String(process.hrtime.bigint())}`,
  });
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.why}`);
  return answer.runId;
}

async function readState(store: RunStore, runId: string): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error(`no run ${runId}`);
  return foldRun(record);
}

async function approveWhile(scene: CrashScene, runId: string, goOn: () => Promise<boolean> | boolean): Promise<void> {
  await waitFor(`run ${runId}`, async () => {
    const gate = openGate(await scene.state(runId));
    if (gate !== null) {
      const { id } = gate.spec;
      await scene.desk.vote({
        runId,
        gate: id,
        hash: gate.hash,
        actor: approver,
        verdict: 'approve',
        note: null,
        idempotencyKey: `v-${runId}`,
      });
    }
    return !(await goOn());
  });
}
