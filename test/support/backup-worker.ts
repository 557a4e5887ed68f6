import process from 'node:process';
import { z } from 'zod';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { CUTS, withCuts } from './backup-cuts.ts';
import { BackupWorld, backupDeps } from './backup-world.ts';
import { silentLog } from './engine-harness.ts';
import { sweepOn } from './sweep-on.ts';
import { testSeal } from './test-seal.ts';

/**
 * A real worker process for backups: the engine, the run store and the doorbell on a real Redis, a real ring, a real store. At the moment
 * named by CUT it says so, and then stands there until it is killed, or freezes itself and goes on when it is woken.
 */
const Environment = z.object({
  WORLD: z.string().transform((text) => BackupWorld.parse(JSON.parse(text))),
  CUT: z.enum([...CUTS, 'none']),
  HOW: z.enum(['stand', 'freeze']),
});

const { WORLD: world, CUT: cut, HOW: how } = Environment.parse(process.env);
const store = connectRedis(world.redisUrl, 'store');
await store.connect();
const queue = connectRedis(world.redisUrl, 'queue');
await queue.connect();
const state = { wasThere: false };
const parts = {
  store: createRedisRunStore({ redis: store, seal: testSeal }),
  doorbell: createDoorbell({ redis: queue }),
};
const deps = await backupDeps(world, parts, {
  store: (honest) =>
    withCuts(honest, async (at) => {
      if (at !== cut || state.wasThere) return;
      state.wasThere = true;
      process.stdout.write(`reached ${at}\n`);
      if (how === 'freeze') process.kill(process.pid, 'SIGSTOP');
      else await new Promise(() => undefined);
    }),
});
const engine = createEngine(deps);
startDoorbellWorker({
  redis: connectRedis(world.redisUrl, 'worker'),
  concurrency: 4,
  log: silentLog,
  onRing: async (runId, signal) => {
    const advanced = await engine.advance(runId, signal);
    process.stdout.write(`advanced ${advanced}\n`);
  },
});
process.stdout.write('ready\n');
await sweepOn(engine);
