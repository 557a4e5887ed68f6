import { appendFileSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import type { TriggerPoint } from '../../src/core/ports/runtime.ts';
import { foldRun } from '../../src/core/run-state.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { silentLog } from './engine-harness.ts';
import { ReplaceWorld, replaceDeps } from './replace-world.ts';
import { sweepOn } from './sweep-on.ts';
import { testSeal } from './test-seal.ts';

/**
 * A real worker process for replacements and drains. It kills itself at the boundaries of its world at which no worker has died before: of many workers,
 * one after the other, each dies at the next one.
 */
const Environment = z.object({
  WORLD: z.string().transform((text) => ReplaceWorld.parse(JSON.parse(text))),
  WORKER: z.string(),
});
const { WORLD: world, WORKER: worker } = Environment.parse(process.env);
const redis = connectRedis(world.redisUrl, 'store');
await redis.connect();
const queue = connectRedis(world.redisUrl, 'queue');
await queue.connect();
const store = createRedisRunStore({ redis, seal: testSeal });
const deps = replaceDeps(world, { store, doorbell: createDoorbell({ redis: queue }), worker });

/** Names the boundary: the point and the last announced call. */
async function boundaryOf(point: TriggerPoint, runId: string): Promise<string> {
  const record = await store.read(runId);
  const action = record === null ? null : foldRun(record).acts.at(-1)?.action;
  return `${point} of ${action ?? 'nothing'}`;
}

const engine = createEngine({
  ...deps,
  triggers: {
    async reach(point, runId) {
      const boundary = await boundaryOf(point, runId);
      if (!world.boundaries.includes(boundary)) return;
      if (readFileSync(world.deaths, 'utf8').split('\n').includes(boundary)) return;
      appendFileSync(world.deaths, `${boundary}\n`);
      process.kill(process.pid, 'SIGKILL');
    },
  },
});
startDoorbellWorker({
  redis: connectRedis(world.redisUrl, 'worker'),
  concurrency: 2,
  log: silentLog,
  onRing: async (runId, signal) => void (await engine.advance(runId, signal)),
});
process.stdout.write('ready\n');
await sweepOn(engine);
