import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRedis } from '../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisControlStore } from '../../src/adapters/redis/control-store.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { Schedule } from '../../src/core/schedule.ts';
import { operator } from '../support/engine-harness.ts';
import { testSeal } from '../support/test-seal.ts';
import { VALVE_SCHEDULE } from '../support/valve-schedule.ts';

const SCRIPT = new URL('../support/schedule-process.ts', import.meta.url).pathname;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Patience with what other processes do, ms. */
const PATIENCE = { timeout: 60_000 };

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: ReturnType<typeof connectRedis>;
const children: ChildProcess[] = [];
beforeEach(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'store');
  await awaitRedis(redis, 10_000);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  redis.disconnect();
  await server.stop();
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Starts a process; answers it with its end and what it has written so far. */
function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { PATH: process.env['PATH'] ?? '', REDIS_URL: server.url, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { child, ended: once(child, 'exit'), output: () => output };
}

function stores() {
  return {
    runs: createRedisRunStore({ redis, seal: testSeal }),
    control: createRedisControlStore({ redis, seal: testSeal }),
  };
}

async function schedules(): Promise<readonly Schedule[]> {
  return (await stores().control.list('schedule')).map(({ value }) => Schedule.parse(value));
}

async function seen() {
  const { runs } = stores();
  const actions = (await runs.auditEntries(0, 1000)).map(({ entry }) => entry.action);
  const count = (action: string): number => actions.filter((each) => each === action).length;
  const made = (await runs.list({ cluster: null, limit: 100 })).length;
  return { runs: made, fired: count('schedule-fire'), missed: count('schedule-missed') };
}

/** One schedule whose first time comes in an hour by the clock of this test; answers its times for processes. */
async function scheduled(): Promise<string> {
  const times = [HOUR_MS, 24 * HOUR_MS].map((ms) => Date.now() + ms);
  const value = {
    ...VALVE_SCHEDULE,
    id: 'sched-prod-x',
    by: operator,
    at: new Date().toISOString(),
    nextAt: new Date(times[0] ?? 0).toISOString(),
    last: null,
    request: 'once',
  } satisfies Schedule;
  await stores().control.write({ kind: 'schedule', key: value.id, seen: null, value, audit: [] });
  return times.join(',');
}

describe('a keeper that is killed', () => {
  test.each([
    [
      'before it proposed, followed in time',
      'before-request',
      2 * MINUTE_MS,
      { runs: 1, fired: 1, missed: 0 },
      'proposed',
    ],
    [
      'before it proposed, followed too late',
      'before-request',
      20 * MINUTE_MS,
      { runs: 0, fired: 0, missed: 1 },
      'missed',
    ],
    [
      'after it proposed, followed in time',
      'after-request',
      2 * MINUTE_MS,
      { runs: 1, fired: 1, missed: 0 },
      'proposed',
    ],
    [
      'after it proposed, followed too late',
      'after-request',
      20 * MINUTE_MS,
      { runs: 1, fired: 1, missed: 0 },
      'proposed',
    ],
  ])('%s: nothing is lost silently and nothing comes twice', async (_what, point, lateMs, counts, outcome) => {
    const times = await scheduled();
    const first = start({ MODE: 'keep', TIMES: times, MOVED_MS: String(HOUR_MS + MINUTE_MS), STOP_AT: point });
    expect(await first.ended).toEqual([null, 'SIGKILL']);
    expect((await schedules())[0]?.last).toBeNull();

    // Two successors that look at the same time.
    const moved = String(HOUR_MS + lateMs);
    const followers = [1, 2].map(() => start({ MODE: 'keep', TIMES: times, MOVED_MS: moved }));
    await expect.poll(async () => (await schedules())[0]?.last?.outcome, PATIENCE).toBe(outcome);
    await expect.poll(async () => (await stores().control.list('notice')).length, PATIENCE).toBe(0);

    expect(await seen()).toEqual(counts);
    const told = (): boolean => followers.some(({ output }) => output().includes('did not start a run'));
    await expect.poll(told, PATIENCE).toBe(outcome === 'missed');
  });
});

describe('two processes at once', () => {
  test('that set the bell leave one scheduler with one job a schedule', async () => {
    const both = [1, 2].map(() => start({ MODE: 'bell', ROUNDS: '31' }));
    expect(await Promise.all(both.map(async ({ ended }) => await ended))).toEqual([
      [0, null],
      [0, null],
    ]);
    const connection = connectRedis(server.url, 'queue');
    await connection.connect();
    const queue = new Queue('schedules', { connection, prefix: '{drydock}' });
    const found = (await queue.getJobSchedulers()).map(({ key, pattern }) => `${key} ${pattern}`);
    const waiting = await queue.getDelayedCount();
    await queue.close();
    connection.disconnect();
    expect(new Set(found)).toEqual(new Set(['a', 'b', 'c'].map((id) => `sched-${id} 30 3 1 1 *`)));
    expect(found).toHaveLength(3);
    expect(waiting).toBe(3);
  });

  test('that store schedules lose none', async () => {
    const times = String(Date.now() + HOUR_MS);
    const added = ['k1', 'k2', 'k3', 'k4'].map((KEY) => start({ MODE: 'add', TIMES: times, KEY }));
    await Promise.all(added.map(async ({ ended }) => await ended));
    const ids = added.map(({ output }) => /added (\S+)/.exec(output())?.[1]);
    expect(new Set((await schedules()).map(({ id }) => id))).toEqual(new Set(ids));
    expect(new Set(ids).size).toBe(4);
  });
});
