import process from 'node:process';
import { z } from 'zod';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { crashDeps } from './crash-deps.ts';
import { silentLog } from './engine-harness.ts';
import { openFileValves } from './file-valves.ts';
import { sweepOn } from './sweep-on.ts';
import { testSeal } from './test-seal.ts';

/**
 * A real worker process for crash tests: the engine, the run store and the doorbell on a real Redis, valves in a folder.
 * At the trigger point named by STOP_AT it ends or freezes itself.
 */
const Environment = z.object({
  REDIS_URL: z.string(),
  VALVES: z.string(),
  WORKER: z.string(),
  STOP_AT: z.string(),
  STOP_COUNT: z.coerce.number(),
  STOP_SIGNAL: z.enum(['SIGKILL', 'SIGSTOP', 'none']),
});

const env = Environment.parse(process.env);
let seen = 0;
const store = connectRedis(env.REDIS_URL, 'store');
await store.connect();
const queue = connectRedis(env.REDIS_URL, 'queue');
await queue.connect();
const engine = createEngine({
  ...crashDeps({
    store: createRedisRunStore({ redis: store, seal: testSeal }),
    doorbell: createDoorbell({ redis: queue }),
    valves: openFileValves(env.VALVES),
    worker: env.WORKER,
  }),
  triggers: {
    reach: async (point) => {
      process.stdout.write(`reached ${point}\n`);
      if (point !== env.STOP_AT) return;
      seen += 1;
      if (seen === env.STOP_COUNT && env.STOP_SIGNAL !== 'none') process.kill(process.pid, env.STOP_SIGNAL);
    },
  },
});
startDoorbellWorker({
  redis: connectRedis(env.REDIS_URL, 'worker'),
  concurrency: 4,
  log: silentLog,
  onRing: async (runId, signal) => {
    const how = await engine.advance(runId, signal);
    process.stdout.write(`advanced ${how}\n`);
  },
});
process.stdout.write('ready\n');
await sweepOn(engine);
