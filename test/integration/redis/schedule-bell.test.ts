import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { answerScheduleBell, createScheduleBell } from '../../../src/adapters/redis/schedule-bell.ts';
import { silentLog } from '../../support/engine-harness.ts';

type Server = Awaited<ReturnType<typeof startRedis>>;

/** Every second: BullMQ reads a sixth field in front. */
const EVERY_SECOND = '* * * * * *';
const YEARLY = '0 3 1 1 *';

describe('the bell of schedules on BullMQ', () => {
  let server: Server;
  let opened = 0;
  let prefix = '';
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
    await server.stop();
  });
  beforeEach(() => {
    opened += 1;
    prefix = `{bell-${opened}}`;
  });

  async function client(kind: 'queue' | 'worker') {
    const redis = connectRedis(server.url, kind);
    closing.push(async () => {
      redis.disconnect();
      await Promise.resolve();
    });
    await awaitRedis(redis, 10_000);
    return redis;
  }

  async function bell() {
    const made = createScheduleBell({ redis: await client('queue'), queuePrefix: prefix });
    closing.push(async () => await made.close());
    return made;
  }

  async function schedulers() {
    const queue = new Queue('schedules', { connection: await client('queue'), prefix });
    const found = await queue.getJobSchedulers();
    const waiting = await queue.getDelayedCount();
    await queue.close();
    return {
      found: found
        .map(({ key, pattern, tz }) => [key, pattern, tz])
        .toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
      waiting,
    };
  }

  test('has exactly the schedules that are wanted, changed ones with their new times', async () => {
    const one = await bell();
    await one.reconcile([
      { id: 'sched-a', cron: YEARLY, tz: 'UTC' },
      { id: 'sched-b', cron: YEARLY, tz: 'UTC' },
    ]);
    await one.reconcile([
      { id: 'sched-b', cron: '0 4 1 1 *', tz: 'Europe/Berlin' },
      { id: 'sched-c', cron: YEARLY, tz: 'UTC' },
    ]);
    expect(await schedulers()).toEqual({
      found: [
        ['sched-b', '0 4 1 1 *', 'Europe/Berlin'],
        ['sched-c', YEARLY, 'UTC'],
      ],
      waiting: 2,
    });
    await one.reconcile([]);
    expect(await schedulers()).toEqual({ found: [], waiting: 0 });
  });

  test('two processes that reconcile at once make one scheduler with one job', async () => {
    const both = [await bell(), await bell()];
    for (let round = 0; round < 10; round += 1) {
      const wanted = [{ id: 'sched-a', cron: `${round} 3 1 1 *`, tz: 'UTC' }];
      await Promise.all(both.map(async (each) => await each.reconcile(wanted)));
    }
    const { found, waiting } = await schedulers();
    expect([found, waiting]).toEqual([[['sched-a', '9 3 1 1 *', 'UTC']], 1]);
  });

  test('rings, and does not end with a ring that fails', async () => {
    const rung: string[] = [];
    const answering = answerScheduleBell({
      redis: await client('worker'),
      queuePrefix: prefix,
      log: silentLog,
      onRing: async (schedule) => {
        rung.push(schedule);
        if (rung.length === 1) throw new Error('not now');
        await Promise.resolve();
      },
    });
    closing.push(async () => await answering.close());
    const one = await bell();
    await one.reconcile([{ id: 'sched-a', cron: EVERY_SECOND, tz: 'UTC' }]);
    await expect.poll(() => rung.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
    expect(new Set(rung)).toEqual(new Set(['sched-a']));
  });
});
