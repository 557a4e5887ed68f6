import { Queue, Worker } from 'bullmq';
import { z } from 'zod';
import { createDirectEtcd } from '../src/adapters/etcd/direct.ts';
import { connectRedis } from '../src/adapters/redis/connection.ts';
import { type AnyRunbook, defineRunbook } from '../src/core/runbook.ts';
import { defineStep } from '../src/core/step.ts';
import { startEngine } from './engine-on-redis.ts';
import { printSides } from './figures.ts';

const ROUNDS = 200;

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
  const draft = {
    identity: 'bench',
    facts: {},
    steps: [look.plan({})],
    gates: [],
    checks: [],
    forecast: [],
    notes: [],
    before: [],
  };
  return defineRunbook({
    id: 'look',
    version: 1,
    title: 'Look',
    params: z.object({}),
    needs: [],
    steps: [look],
    cleanups: [],
    locks: () => [],
    plan: async () => await Promise.resolve(draft),
  });
}

/** Resolves `wait` at the next call of `ring`. */
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
  const stepBegan = bell();
  const etcd = createDirectEtcd({ endpoints: ['http://127.0.0.1:1'] });
  const engine = await startEngine([lookRunbook(() => stepBegan.ring())], etcd);
  const jobBegan = bell();
  const clients = [connectRedis(engine.redisUrl, 'queue'), connectRedis(engine.redisUrl, 'worker')] as const;
  const queue = new Queue('bare', { connection: clients[0] });
  const began = async (): Promise<void> => await Promise.resolve(jobBegan.ring());
  const bare = new Worker('bare', began, { connection: clients[1] });
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
        async () => await engine.ask('look', 'look', {}),
        async () => await stepBegan.wait(),
      ),
    );
  }
  printSides(
    'Request to first step',
    { name: 'Drydock: recorded, planned, first step', samples: ours },
    { name: 'bare BullMQ: job added, processor called', samples: theirs },
  );
  await bare.close(true);
  await queue.close();
  for (const client of clients) client.disconnect();
  await engine.close();
}
