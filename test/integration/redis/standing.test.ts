import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisControlStore } from '../../../src/adapters/redis/control-store.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import { createControlDesk } from '../../../src/engine/control-desk.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { type KeeperDeps, keep } from '../../../src/engine/keeper.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';
import { approver, operator, testPolicy } from '../../support/engine-harness.ts';
import { createScriptedScene } from '../../support/scripted-runbook.ts';
import { testSeal } from '../../support/test-seal.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRINGS = 3;

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: ReturnType<typeof connectRedis>;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'store');
  await awaitRedis(redis, 10_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** One installation on the Redis: as many processes as a test wants, one clock that it moves. */
function createInstallation(prefix: string) {
  const startMs = Date.now();
  let movedMs = 0;
  let keys = 0;
  const clock = {
    nowMs: () => Date.now() + movedMs,
    nowIso: () => new Date(Date.now() + movedMs).toISOString(),
    sleep: async (ms: number, signal?: AbortSignal) =>
      await sleep(ms, undefined, signal === undefined ? {} : { signal }),
  };
  const times = Array.from({ length: FIRINGS + 2 }, (_, index) => startMs + (index + 1) * DAY_MS);
  const options = { redis, prefix, seal: testSeal };
  const store = createRedisRunStore(options);
  const control = createRedisControlStore(options);
  const calendar = createFakeCalendar(new Map([['times', times]]));
  const depsOf = (worker: string): EngineDeps => ({
    ...createScriptedScene().harness.deps(worker),
    store,
    clock,
    ids: randomIds,
    doorbell: { ring: async () => await Promise.resolve() },
    admission: { control, calendar, windows: () => [] },
    policy: () => testPolicy(),
  });
  const keeperOf = (name: string): KeeperDeps => ({
    ...depsOf(name),
    desk: createDesk(depsOf(name)),
    opsChannel: () => 'C0OPS',
    dismissed: async () => await Promise.resolve(null),
    tell: async () => await Promise.resolve(true),
  });
  const newest = async (): Promise<RunState> => {
    const [listed] = await store.list({ cluster: null, limit: 1 });
    const record = listed === undefined ? null : await store.read(listed.id);
    if (record === null) throw new Error('there is no run');
    return foldRun(record);
  };
  /** All workers at once, until the newest run ends or waits for people. */
  const advance = async (): Promise<RunState> => {
    for (;;) {
      const run = await newest();
      if (run.ended !== null || openGate(run) !== null) return run;
      const turns = ['w1', 'w2', 'w3'].map(async (name) =>
        createEngine(depsOf(`${name}-${randomIds.suffix()}`)).advance(run.id, new AbortController().signal),
      );
      await Promise.all(turns);
    }
  };
  return {
    store,
    control,
    newest,
    advance,
    move: (ms: number) => {
      movedMs += ms;
    },
    keepAll: async () => await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => await keep(keeperOf(name)))),
    as: (user: string) => {
      keys += 1;
      return createControlDesk(depsOf('desk'), { actor: { ...operator, user }, idempotencyKey: `said-${keys}` });
    },
    approve: async (run: RunState) => {
      const gate = openGate(run);
      const said = { runId: run.id, gate: gate?.spec.id ?? '', hash: gate?.hash ?? '', note: null };
      const vote = { ...said, actor: approver, verdict: 'approve', idempotencyKey: `vote-${run.id}` } as const;
      return await createDesk(depsOf('desk')).vote(vote);
    },
    entries: async () => await store.auditEntries(0, 5000),
  };
}

type Installation = ReturnType<typeof createInstallation>;

async function granted(installation: Installation): Promise<void> {
  await installation.as(operator.user).schedule({ ...VALVE_SCHEDULE, standingMs: 60 * DAY_MS });
  await installation.keepAll();
  await installation.approve(await installation.advance());
  await installation.advance();
  await installation.keepAll();
}

test('four bots and three workers at once: one question, one grant, and one decision a firing', async () => {
  const installation = createInstallation('{standing}:');
  await granted(installation);
  for (let firing = 0; firing < FIRINGS; firing += 1) {
    installation.move(DAY_MS);
    await installation.keepAll();
    const run = await installation.advance();
    expect([run.ended?.outcome, run.gates[0]?.settled?.by]).toEqual(['succeeded', [approver]]);
  }
  const actions = (await installation.entries()).map(({ entry }) => entry.action);
  const count = (action: string): number => actions.filter((each) => each === action).length;
  expect(['standing-ask', 'standing-grant', 'vote'].map(count)).toEqual([1, 1, 1]);
  expect(['request', 'decision', 'gate-open'].map(count)).toEqual([FIRINGS + 1, FIRINGS + 1, FIRINGS + 1]);
}, 60_000);

test('revoked at the moment of its use: the revocation is first and people are asked, or the use is', async () => {
  for (let round = 0; round < 4; round += 1) {
    const installation = createInstallation(`{revoked-${round}}:`);
    await granted(installation);
    installation.move(DAY_MS);
    await installation.keepAll();
    const [made] = await installation.as(operator.user).schedules();
    if (made === undefined) throw new Error('nothing is scheduled');
    const revoking = async () => {
      await sleep(round * 6);
      return await installation.as('U0BEN').revokeStanding(made);
    };
    const [run, told] = await Promise.all([installation.advance(), revoking()]);

    expect(told.ok).toBe(true);
    const entries = await installation.entries();
    const revoked = entries.find(({ entry }) => entry.action === 'standing-revoke')?.seq ?? 0;
    const decisions = entries.filter(({ entry }) => entry.action === 'decision' && entry.run === run.id);
    const why = run.gates[0]?.notInAdvance?.why ?? '';
    const asked = openGate(run) !== null && decisions.length === 0 && why.includes('revoked');
    const used = openGate(run) === null && decisions.length === 1 && decisions.every(({ seq }) => seq < revoked);
    expect([asked, used]).toContain(true);
  }
}, 120_000);
