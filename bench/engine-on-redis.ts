import { startRedis } from '../playground/redis.ts';
import { createNoVault } from '../src/adapters/backup/no-vault.ts';
import { createNoDrill } from '../src/adapters/drill/no-drill.ts';
import { createNoKubernetes } from '../src/adapters/kubernetes/no-access.ts';
import { connectRedis } from '../src/adapters/redis/connection.ts';
import { createDoorbell } from '../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../src/adapters/redis/run-store.ts';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { createSeal } from '../src/core/audit-seal.ts';
import { DEFAULT_REPLACE } from '../src/core/cluster-profile.ts';
import type { RequestDesk } from '../src/core/desk.ts';
import type { Policy } from '../src/core/policy.ts';
import type { EtcdPort } from '../src/core/ports/etcd.ts';
import type { Doorbell, RunStore } from '../src/core/ports/run-store.ts';
import type { Log } from '../src/core/ports/runtime.ts';
import type { AnyRunbook } from '../src/core/runbook.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../src/engine/deps.ts';
import { createDesk } from '../src/engine/desk.ts';
import { createEngine } from '../src/engine/engine.ts';
import { NO_HOSTS } from '../test/support/no-hosts.ts';
import { openAdmission } from '../test/support/open-admission.ts';

/** The person of all measurements: may ask for everything and approve it. */
export const person = { team: 'T0', user: 'U0' };

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, with: () => quiet };
const policy: Policy = {
  homeTeam: person.team,
  roles: [{ name: 'operator', users: [person.user] }],
  rules: [{ clusters: ['*'], commands: ['look', 'defrag'], allow: ['operator'], approvals: null }],
  defaultApprovals: { required: 1, from: ['operator'], requesterMayApprove: true, expiresMs: 60_000 },
};

/** The engine with a worker on a Redis of its own. */
export interface BenchEngine {
  readonly redisUrl: string;
  readonly desk: RequestDesk;
  readonly store: RunStore;
  /** Asks for a run on cluster `bench`, with its card in `channel` (default one that is not there); answers its id. */
  ask(
    command: string,
    runbook: string,
    params: { readonly [key: string]: boolean | number | null | readonly string[] },
    channel?: string,
  ): Promise<string>;
  close(): Promise<void>;
}

/** All optional. */
export interface BenchEngineOptions {
  /** Runs advanced at the same time; default 1. */
  readonly concurrency?: number;
  /** Puts something between the engine and its store. */
  readonly wrap?: (store: RunStore) => RunStore;
}

/** Starts it. Every run's etcd is `etcd`; the pause between members is none. */
export async function startEngine(
  runbooks: readonly AnyRunbook[],
  etcd: EtcdPort,
  options: BenchEngineOptions = {},
): Promise<BenchEngine> {
  const redis = await startRedis();
  const [storeClient, queueClient] = [connectRedis(redis.url, 'store'), connectRedis(redis.url, 'queue')];
  await Promise.all([storeClient.connect(), queueClient.connect()]);
  const workerClient = connectRedis(redis.url, 'worker');
  const doorbell = createDoorbell({ redis: queueClient });
  const store = createRedisRunStore({ redis: storeClient, seal: createSeal(canonicalDigest, (value) => value) });
  const deps = depsOf(options.wrap?.(store) ?? store, doorbell, runbooks, etcd);
  const engine = createEngine(deps);
  const desk = createDesk(deps);
  const worker = startDoorbellWorker({
    redis: workerClient,
    concurrency: options.concurrency ?? 1,
    log: quiet,
    onRing: async (runId, signal) => void (await engine.advance(runId, signal)),
  });
  const sweeping = new AbortController();
  void sweep(async () => await engine.sweep(), sweeping.signal);
  return {
    redisUrl: redis.url,
    desk,
    store: deps.store,
    ask: async (command, runbook, params, channel = 'C0') => await ask(desk, { command, runbook, params, channel }),
    close: async () => {
      sweeping.abort();
      await worker.close(1000);
      await doorbell.close();
      for (const client of [storeClient, queueClient, workerClient]) client.disconnect();
      await redis.stop();
    },
  };
}

function depsOf(store: RunStore, doorbell: Doorbell, runbooks: readonly AnyRunbook[], etcd: EtcdPort): EngineDeps {
  const defrag = {
    minFragmented: 0.5,
    maxQuotaUsed: 0.5,
    pauseMs: 0,
    answerWithinMs: 60_000,
    sampleMs: 500,
    quotaBytes: null,
  };
  return {
    store,
    doorbell,
    clock: systemClock,
    ids: randomIds,
    log: quiet,
    digest: canonicalDigest,
    runbooks,
    admission: openAdmission(),
    policy: () => policy,
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: { ...DEFAULT_SETTINGS, worker: 'bench' },
    cluster: (name) => ({
      name,
      platform: 'etcd',
      etcdAccess: 'direct',
      defrag,
      replace: DEFAULT_REPLACE,
      channels: { ops: 'C0', incidents: null, audit: null },
    }),
    ports: async () =>
      await Promise.resolve({
        etcd,
        kubernetes: createNoKubernetes('The bench has no Kubernetes.'),
        management: createNoKubernetes('The bench has no management cluster.'),
        hosts: NO_HOSTS,
        backups: createNoVault('The bench has no backups.'),
        drill: createNoDrill('The bench has no drills.'),
      }),
    standing: async () => await Promise.resolve([]),
    witness: () => null,
  };
}

async function sweep(once: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await once().catch(() => 0);
    await systemClock.sleep(200);
  }
}

let asked = 0;

async function ask(
  desk: RequestDesk,
  {
    command,
    runbook,
    params,
    channel,
  }: {
    readonly command: string;
    readonly runbook: string;
    readonly params: Parameters<BenchEngine['ask']>[2];
    readonly channel: string;
  },
): Promise<string> {
  asked += 1;
  const answer = await desk.request({
    actor: person,
    order: { runbook, cluster: 'bench', params, dryRun: false, waitForLock: false },
    command,
    policyVerb: command,
    origin: { channel, threadTs: null },
    text: command,
    idempotencyKey: `ask-${asked}`,
  });
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.why}`);
  return answer.runId;
}
