import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { type EtcdRing, startEtcdRing } from '../../playground/etcd-ring.ts';
import { fillRing } from '../../playground/fill.ts';
import { type RunningProcess, startProcess } from '../../playground/processes.ts';
import { startRedis } from '../../playground/redis.ts';
import { waitFor } from '../../playground/waiting.ts';
import { awaitRedis, connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import { foldRun, openGate, type RunState } from '../../src/core/run-state.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Cut } from './backup-cuts.ts';
import { type BackupWorld, backupDeps, type Place, vaultOf, type WorldWraps } from './backup-world.ts';
import { operator, silentLog } from './engine-harness.ts';
import { sweepOn } from './sweep-on.ts';
import { testSeal } from './test-seal.ts';

const WORKER = fileURLToPath(new URL('./backup-worker.ts', import.meta.url));
const PATIENCE_MS = 120_000;

/** What a test asks for. */
export interface Asked {
  readonly runbook: 'etcd-backup' | 'backups' | 'etcd-drill' | 'etcd-defrag' | 'status';
  readonly params: JsonObject;
  readonly wait?: boolean;
}

/** A backup of whoever is chosen. */
export const BACKUP: Asked = {
  runbook: 'etcd-backup',
  params: { member: null, note: null, by: `${operator.team}/${operator.user}` },
};

/** Where a worker is stopped, and how. */
export interface Stop {
  readonly cut: Cut;
  readonly how: 'stand' | 'freeze';
}

/** A real Redis, a real ring with something in it, and workers over them: processes of their own, and in this process. */
export interface FaultScene {
  readonly ring: EtcdRing;
  readonly store: RunStore;
  /** Where tests may keep files. */
  readonly folder: string;
  world(place: Place, more?: Partial<BackupWorld>): BackupWorld;
  /** A new folder to store in. */
  place(): Promise<Place & { readonly kind: 'file' }>;
  /** Starts a worker as a process; it stands or freezes at the cut. `limits`: of a shell, as `ulimit -f 100`. */
  worker(world: BackupWorld, stop?: Stop, limits?: string): Promise<RunningProcess>;
  /** Starts a worker in this process. Answers what ends it. */
  here(world: BackupWorld, wraps?: WorldWraps): Promise<() => Promise<void>>;
  ask(asked: Asked): Promise<string>;
  state(run: string): Promise<RunState>;
  /** Waits until a run has ended; approves what is asked. */
  ended(run: string): Promise<RunState & { readonly ended: NonNullable<RunState['ended']> }>;
  /** Asks, and waits for the end. */
  run(asked: Asked): Promise<RunState & { readonly ended: NonNullable<RunState['ended']> }>;
  close(): Promise<void>;
}

/** Starts a scene. `megabytes`: what every member holds; `size`: how many there are. */
export async function startFaultScene(binary: string, megabytes: number, size = 3): Promise<FaultScene> {
  const [redis, ring, folder] = await Promise.all([
    startRedis(),
    startEtcdRing({ binary, size }),
    makeTemporaryDirectory('backup-faults'),
  ]);
  const [storeClient, queueClient] = [connectRedis(redis.url, 'store'), connectRedis(redis.url, 'queue')];
  for (const client of [storeClient, queueClient]) await awaitRedis(client, 30_000);
  await fillRing(ring, { megabytes, keep: 1 });
  const parts = {
    store: createRedisRunStore({ redis: storeClient, seal: testSeal }),
    doorbell: createDoorbell({ redis: queueClient }),
  };
  let names = 0;
  const world: FaultScene['world'] = (place, more = {}) => ({
    redisUrl: redis.url,
    endpoints: [...ring.endpoints],
    tls: ring.tls,
    place,
    compression: 'none',
    keys: null,
    drills: join(folder, 'drills'),
    worker: `worker-${(names += 1)}`,
    aheadMs: 0,
    ...more,
  });
  const workers = workersOver(redis.url, parts);
  const desk = createDesk(await backupDeps(world({ kind: 'file', folder }), parts));
  return {
    ring,
    store: parts.store,
    folder,
    world,
    place: async () => {
      const path = join(folder, `place-${(names += 1)}`);
      await mkdir(path);
      return { kind: 'file', folder: path };
    },
    ...workers,
    ...askingOf(desk, parts.store),
    close: async () => {
      await workers.end();
      await parts.doorbell.close();
      for (const client of [storeClient, queueClient]) client.disconnect();
      await Promise.all([redis.stop(), ring.stop()]);
      await removeDirectory(folder);
    },
  };
}

type Parts = Parameters<typeof backupDeps>[1];

function workersOver(
  redisUrl: string,
  parts: Parts,
): Pick<FaultScene, 'worker' | 'here'> & { readonly end: () => Promise<void> } {
  const started: RunningProcess[] = [];
  const ends: (() => Promise<void>)[] = [];
  return {
    worker: async (own, stop, limits = ':') => {
      const env = {
        ...process.env,
        WORLD: JSON.stringify(own),
        CUT: stop?.cut ?? 'none',
        HOW: stop?.how ?? 'stand',
      };
      const worker = await startProcess({
        name: own.worker,
        command: 'sh',
        args: ['-c', `${limits}; exec "$0" "$1"`, process.execPath, WORKER],
        env,
      });
      started.push(worker);
      await waitFor('the worker to be ready', () => worker.output().includes('ready') || worker.end() !== undefined, {
        timeoutMs: PATIENCE_MS,
      });
      return worker;
    },
    here: async (own, wraps) => {
      const end = await workHere(redisUrl, await backupDeps(own, parts, wraps));
      ends.push(end);
      return end;
    },
    end: async () => {
      for (const each of started) await each.kill();
      for (const end of ends) await end();
    },
  };
}

async function workHere(redisUrl: string, deps: Awaited<ReturnType<typeof backupDeps>>): Promise<() => Promise<void>> {
  const engine = createEngine(deps);
  const client = connectRedis(redisUrl, 'worker');
  await awaitRedis(client, 30_000);
  const bell = startDoorbellWorker({
    redis: client,
    concurrency: 4,
    log: silentLog,
    onRing: async (runId, signal) => void (await engine.advance(runId, signal)),
  });
  const ending = new AbortController();
  const sweeping = sweepOn(engine, ending.signal);
  const state = { ended: false };
  return async () => {
    if (state.ended) return;
    state.ended = true;
    ending.abort();
    await bell.close(5000);
    await sweeping;
    client.disconnect();
    await deps.close();
  };
}

function askingOf(
  desk: ReturnType<typeof createDesk>,
  store: RunStore,
): Pick<FaultScene, 'ask' | 'state' | 'ended' | 'run'> {
  async function state(run: string): Promise<RunState> {
    const record = await store.read(run);
    if (record === null) throw new Error(`no run ${run}`);
    return foldRun(record);
  }
  async function approve(run: string, gate: NonNullable<ReturnType<typeof openGate>>): Promise<void> {
    const vote = { gate: gate.spec.id, hash: gate.hash, verdict: 'approve', note: null } as const;
    await desk.vote({ runId: run, actor: operator, idempotencyKey: `vote-${run}`, ...vote });
  }
  async function ended(run: string): ReturnType<FaultScene['ended']> {
    return await waitFor(
      `the end of ${run}`,
      async () => {
        const now = await state(run);
        const gate = openGate(now);
        if (gate !== null) await approve(run, gate);
        return now.ended !== null && { ...now, ended: now.ended };
      },
      { timeoutMs: PATIENCE_MS },
    );
  }
  let keys = 0;
  const askNow: FaultScene['ask'] = async (asked) => await ask(desk, asked, `key-${(keys += 1)}`);
  return { state, ended, ask: askNow, run: async (asked) => await ended(await askNow(asked)) };
}

async function ask(desk: ReturnType<typeof createDesk>, asked: Asked, key: string): Promise<string> {
  const command = asked.runbook.replace('etcd-', '');
  const answer = await desk.request({
    actor: operator,
    order: {
      runbook: asked.runbook,
      cluster: 'prod',
      params: asked.params,
      dryRun: false,
      waitForLock: asked.wait ?? false,
    },
    command,
    policyVerb: command,
    origin: { channel: 'C0', threadTs: null },
    text: `/kube ${command} prod`,
    idempotencyKey: key,
  });
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.why}`);
  return answer.runId;
}

/** What lies in the store of a world, newest first. */
export async function listedIn(world: BackupWorld): Promise<readonly CataloguedBackup[]> {
  const listed = await vaultOf(world).list({ signal: new AbortController().signal });
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value;
}

/** Names of all files in the folder of a world, also of those that are no objects. */
export async function filesIn({ place }: BackupWorld): Promise<readonly string[]> {
  if (place.kind !== 'file') throw new Error('not a folder');
  const found = await readdir(place.folder, { recursive: true, withFileTypes: true });
  return found.flatMap((each) => (each.isFile() ? [each.name] : []));
}

/** How a run ended, in one text: its reason, what was noted, and the report. */
export function saidBy(state: RunState): string {
  const reports = state.steps.map(({ output }) => JSON.stringify(StateReport.safeParse(output).data ?? output));
  return [state.ended?.reason, state.ended?.note, ...state.steps.map(({ note }) => note), ...reports].join('\n');
}
