import { Queue, Worker } from 'bullmq';
import { z } from 'zod';
import { startRedis } from '../playground/redis.ts';
import { createDirectEtcd } from '../src/adapters/etcd/direct.ts';
import { connectRedis } from '../src/adapters/redis/connection.ts';
import { createDoorbell } from '../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../src/adapters/redis/run-store.ts';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import type { Policy } from '../src/core/policy.ts';
import type { Log } from '../src/core/ports/runtime.ts';
import { type AnyRunbook, defineRunbook } from '../src/core/runbook.ts';
import { defineStep } from '../src/core/step.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../src/engine/deps.ts';
import { createDesk } from '../src/engine/desk.ts';
import { createEngine } from '../src/engine/engine.ts';
import { printSides } from './figures.ts';

const ROUNDS = 200;
const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, with: () => quiet };
const policy: Policy = {
  homeTeam: 'T0',
  roles: [{ name: 'operator', users: ['U0'] }],
  rules: [{ clusters: ['*'], commands: ['look'], allow: ['operator'], approvals: null }],
  defaultApprovals: { required: 1, from: ['operator'], requesterMayApprove: false, expiresMs: 60_000 },
};

/** A runbook whose one step tells when it begins. */
function lookRunbook(onStep: () => void): AnyRunbook {
  const look = defineStep({
    kind: 'bench.look@1',
    input: z.object({}),
    state: z.null(),
    output: z.object({}),
    needs: [],
    risk: 'read',
    timeoutMs: () => 60_000,
    retry: { attempts: 1, backoffMs: 0 },
    describe: () => 'Look',
    items: () => [],
    initial: () => null,
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async () => {
      onStep();
      return await Promise.resolve({ kind: 'done', output: {}, note: '' });
    },
    verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: '' }),
  });
  return defineRunbook({
    id: 'look',
    version: 1,
    title: 'Look',
    params: z.object({}),
    needs: [],
    steps: [look],
    cleanups: [],
    locks: () => [],
    plan: async () =>
      await Promise.resolve({
        identity: 'bench',
        facts: {},
        steps: [look.plan({})],
        gates: [],
        checks: [],
        forecast: [],
        notes: [],
        before: [],
      }),
  });
}

/** Resolves at the next call of `ring`. */
function bell(): { wait(): Promise<void>; ring(): void } {
  let next = Promise.withResolvers<void>();
  return {
    wait: async () => {
      await next.promise;
      next = Promise.withResolvers();
    },
    ring: () => next.resolve(),
  };
}

async function timed(start: () => Promise<unknown>, until: () => Promise<void>): Promise<number> {
  const began = performance.now();
  const done = until();
  await start();
  await done;
  return performance.now() - began;
}

/** Request to first step of a run, beside adding a bare BullMQ job and its processor's start, in turn on one Redis. */
export async function benchRequestToStep(): Promise<void> {
  const redis = await startRedis();
  const clients = [connectRedis(redis.url, 'store'), connectRedis(redis.url, 'queue')] as const;
  await Promise.all(clients.map(async (client) => await client.connect()));
  const stepBegan = bell();
  const deps: EngineDeps = {
    store: createRedisRunStore({ redis: clients[0] }),
    doorbell: createDoorbell({ redis: clients[1] }),
    clock: systemClock,
    ids: randomIds,
    log: quiet,
    digest: canonicalDigest,
    runbooks: [lookRunbook(() => stepBegan.ring())],
    policy: () => policy,
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: { ...DEFAULT_SETTINGS, worker: 'bench' },
    cluster: (name) => ({
      name,
      platform: 'etcd',
      etcdAccess: null,
      defrag: DEFRAG,
      channels: { ops: 'C0', incidents: null, audit: null },
    }),
    ports: async () => await Promise.resolve({ etcd: createDirectEtcd({ endpoints: ['http://127.0.0.1:1'] }) }),
  };
  const engine = createEngine(deps);
  const desk = createDesk(deps);
  const worker = startDoorbellWorker({
    redis: connectRedis(redis.url, 'worker'),
    concurrency: 1,
    log: quiet,
    onRing: async (runId, signal) => void (await engine.advance(runId, signal)),
  });
  const jobBegan = bell();
  const queue = new Queue('bare', { connection: connectRedis(redis.url, 'queue') });
  const bare = new Worker('bare', async () => await Promise.resolve(jobBegan.ring()), {
    connection: connectRedis(redis.url, 'worker'),
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(
      await timed(
        async () => await queue.add('job', {}),
        async () => await jobBegan.wait(),
      ),
    );
    ours.push(
      await timed(
        async () => await ask(desk, round),
        async () => await stepBegan.wait(),
      ),
    );
  }
  printSides(
    'Request to first step',
    { name: 'Drydock: recorded, planned, first step', samples: ours },
    { name: 'bare BullMQ: job added, processor called', samples: theirs },
  );
  await worker.close(1000);
  await bare.close(true);
  await redis.stop();
}

const DEFRAG = {
  minFragmented: 0.5,
  maxQuotaUsed: 0.5,
  pauseMs: 0,
  answerWithinMs: 1000,
  sampleMs: 1,
  quotaBytes: null,
};

async function ask(desk: ReturnType<typeof createDesk>, round: number): Promise<void> {
  await desk.request({
    actor: { team: 'T0', user: 'U0' },
    order: { runbook: 'look', cluster: 'bench', params: {}, dryRun: false, waitForLock: false },
    command: 'look',
    policyVerb: 'look',
    origin: { channel: 'C0', threadTs: null },
    text: 'look',
    idempotencyKey: `round-${round}`,
  });
}
