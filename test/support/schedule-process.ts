import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisControlStore } from '../../src/adapters/redis/control-store.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { createScheduleBell } from '../../src/adapters/redis/schedule-bell.ts';
import { randomIds } from '../../src/adapters/runtime/random-ids.ts';
import { createControlDesk } from '../../src/engine/control-desk.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { keep } from '../../src/engine/keeper.ts';
import { createFakeCalendar } from '../fakes/calendar.ts';
import { operator } from './engine-harness.ts';
import { createScriptedScene } from './scripted-runbook.ts';
import { testSeal } from './test-seal.ts';
import { VALVE_SCHEDULE } from './valve-schedule.ts';

/**
 * A real process that keeps or makes schedules on a real Redis. `MODE`: `keep` looks every 50 ms and dies where `STOP_AT` says; `bell`
 * makes the bell ring for a list, `ROUNDS` times with other times each; `add` stores one schedule. Its clock is `MOVED_MS` ahead.
 */
const Environment = z.object({
  REDIS_URL: z.string(),
  MODE: z.enum(['keep', 'bell', 'add']),
  /** Instants of the cron text `times`, ms since the epoch, by commas. */
  TIMES: z.string().default(''),
  MOVED_MS: z.coerce.number().default(0),
  STOP_AT: z.enum(['before-request', 'after-request', 'none']).default('none'),
  ROUNDS: z.coerce.number().default(1),
  /** The delivery that makes a schedule. */
  KEY: z.string().default('once'),
});

const env = Environment.parse(process.env);
const nowMs = (): number => Date.now() + env.MOVED_MS;
const clock = {
  nowMs,
  nowIso: () => new Date(nowMs()).toISOString(),
  sleep: async (ms: number, signal?: AbortSignal) => await sleep(ms, undefined, signal === undefined ? {} : { signal }),
};
const redis = connectRedis(env.REDIS_URL, 'store');
await redis.connect();
const deps = {
  ...createScriptedScene().harness.deps('process'),
  store: createRedisRunStore({ redis, seal: testSeal }),
  doorbell: { ring: async () => await Promise.resolve() },
  clock,
  ids: randomIds,
  admission: {
    control: createRedisControlStore({ redis, seal: testSeal }),
    calendar: createFakeCalendar(new Map([['times', env.TIMES.split(',').map(Number)]])),
    windows: () => [],
  },
};

function dieAt(point: 'before-request' | 'after-request'): void {
  if (env.STOP_AT === point) process.kill(process.pid, 'SIGKILL');
}

async function keepOn(): Promise<never> {
  const desk = createDesk(deps);
  const keeper = {
    ...deps,
    desk: {
      request: async (ask: Parameters<typeof desk.request>[0]) => {
        dieAt('before-request');
        const result = await desk.request(ask);
        dieAt('after-request');
        return result;
      },
    },
    opsChannel: () => 'C0OPS',
    dismissed: async () => await Promise.resolve(null),
    tell: async ({ title }: { readonly title: string }) => {
      process.stdout.write(`told ${title}\n`);
      return await Promise.resolve(true);
    },
  };
  for (;;) {
    await keep(keeper);
    await sleep(50);
  }
}

async function setBell(): Promise<void> {
  const queue = connectRedis(env.REDIS_URL, 'queue');
  await queue.connect();
  const bell = createScheduleBell({ redis: queue });
  for (let round = 0; round < env.ROUNDS; round += 1) {
    const cron = `${round % 60} 3 1 1 *`;
    await bell.reconcile(['a', 'b', 'c'].map((id) => ({ id: `sched-${id}`, cron, tz: 'UTC' })));
  }
  await bell.close();
  queue.disconnect();
}

async function add(): Promise<void> {
  const told = await createControlDesk(deps, { actor: operator, idempotencyKey: env.KEY }).schedule(VALVE_SCHEDULE);
  process.stdout.write(told.ok ? `added ${told.value.id}\n` : `refused ${told.why}\n`);
}

process.stdout.write('ready\n');
if (env.MODE === 'keep') await keepOn();
else if (env.MODE === 'bell') await setBell();
else await add();
redis.disconnect();
