import { expect, test } from 'vitest';
import { createRedisControlStore } from '../../../src/adapters/redis/control-store.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { watchBackups } from '../../../src/engine/backup-watch.ts';
import { createControlDesk } from '../../../src/engine/control-desk.ts';
import type { DeskDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { type KeeperDeps, keep } from '../../../src/engine/keeper.ts';
import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';
import { operator, silentLog, testPolicy } from '../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { useRedis } from '../../support/own-redis.ts';
import { createScriptedScene } from '../../support/scripted-runbook.ts';
import { testSeal } from '../../support/test-seal.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const HOUR_MS = 3_600_000;
const FIRINGS = 8;

const redis = useRedis();

/** One process of several on the same Redis. */
function processOn(prefix: string, clock: FakeClock, told: string[]): { deps: DeskDeps; keeper: KeeperDeps } {
  const store = { redis: redis(), prefix, seal: testSeal };
  const start = clock.nowMs();
  const times = Array.from({ length: FIRINGS + 1 }, (_, index) => start + (index + 1) * HOUR_MS);
  const deps: DeskDeps = {
    store: createRedisRunStore(store),
    doorbell: { ring: async () => await Promise.resolve() },
    clock,
    ids: randomIds,
    log: silentLog,
    runbooks: createScriptedScene().runbooks,
    admission: {
      control: createRedisControlStore(store),
      calendar: createFakeCalendar(new Map([['times', times]])),
      windows: () => [],
    },
    policy: () => testPolicy(),
  };
  const keeper: KeeperDeps = {
    ...deps,
    desk: createDesk(deps),
    opsChannel: () => 'C0OPS',
    dismissed: async () => await Promise.resolve(null),
    tell: async ({ title }) => {
      told.push(title);
      return await Promise.resolve(true);
    },
  };
  return { deps, keeper };
}

test('four processes that look at the same moment, each several times: one run and one entry a firing', async () => {
  const clock = createFakeClock();
  const told: string[] = [];
  const processes = Array.from({ length: 4 }, () => processOn('{keepers}:', clock, told));
  const [first] = processes;
  const desk = createControlDesk(first?.deps ?? processOn('{keepers}:', clock, told).deps, {
    actor: operator,
    idempotencyKey: 'once',
  });
  expect((await desk.schedule(VALVE_SCHEDULE)).ok).toBe(true);

  for (let firing = 0; firing < FIRINGS; firing += 1) {
    await clock.advance(HOUR_MS);
    await Promise.all([...processes, ...processes].map(async ({ keeper }) => await keep(keeper)));
  }

  const runs = (await first?.deps.store.list({ cluster: null, limit: 100 })) ?? [];
  const entries = (await first?.deps.store.auditEntries(0, 1000)) ?? [];
  const actions = entries.map(({ entry }) => entry.action);
  expect(runs).toHaveLength(FIRINGS);
  expect(actions.filter((action) => action === 'request')).toHaveLength(FIRINGS);
  expect(actions.filter((action) => action === 'schedule-fire')).toHaveLength(FIRINGS);
  expect(told).toEqual([]);
});

test('a freeze that is over is ended and told once by four processes', async () => {
  const clock = createFakeClock();
  const told: string[] = [];
  const processes = Array.from({ length: 4 }, () => processOn('{freezes}:', clock, told));
  const desks = processes.map(({ deps }, index) =>
    createControlDesk(deps, { actor: operator, idempotencyKey: `freeze-${index}` }),
  );
  const frozen = await Promise.all(desks.map(async (desk) => await desk.freeze('prod', '1h', 'holiday')));
  expect(frozen.filter((each) => each.ok)).toHaveLength(1);

  await clock.advance(HOUR_MS);
  await Promise.all(processes.map(async ({ keeper }) => await keep(keeper)));
  await keep(processes[0]?.keeper ?? processOn('{freezes}:', clock, told).keeper);

  const entries = (await processes[0]?.deps.store.auditEntries(0, 100)) ?? [];
  expect(entries.map(({ entry }) => entry.action)).toEqual(['freeze', 'freeze-over']);
  expect(new Set(told)).toEqual(new Set(['prod is not frozen any more']));
});

test('what is to be known of backups is stored and told once by four processes that look at the same moment', async () => {
  const clock = createFakeClock();
  const told: string[] = [];
  const processes = Array.from({ length: 4 }, () => processOn('{backups}:', clock, told));
  const vault = createFakeBackupVault(clock);
  const { signal } = new AbortController();
  const look = { cluster: 'prod', opsChannel: 'C0OPS', maxAgeMs: 24 * HOUR_MS, vault };
  const all = [...processes, ...processes];
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(all.map(async ({ deps }) => await watchBackups(deps, look, signal)));
    await clock.advance(HOUR_MS);
  }
  const [first] = processes;
  expect(await first?.deps.admission.control.list('notice')).toHaveLength(1);
  for (const { keeper } of processes) await keep(keeper);

  const entries = (await first?.deps.store.auditEntries(0, 100)) ?? [];
  expect(entries.map(({ entry }) => entry.action)).toEqual(['backup-advice']);
  expect(told).toEqual(['The backups of prod need attention']);
});
