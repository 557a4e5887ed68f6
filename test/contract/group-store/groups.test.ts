import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisGroupStore } from '../../../src/adapters/redis/group-store.ts';
import type { GroupStore } from '../../../src/core/ports/people.ts';
import { createFakeGroupStore } from '../../fakes/group-store.ts';

/** Two clients of one store, and its clock. */
interface Shared {
  readonly one: GroupStore;
  readonly other: GroupStore;
  readonly passTime: (ms: number) => void;
}

interface Source {
  open(): Shared;
  stop(): Promise<void>;
}

function movable() {
  let nowMs = 1_763_700_000_123;
  return {
    nowMs: () => nowMs,
    passTime: (ms: number) => {
      nowMs += ms;
    },
  };
}

async function fakes(): Promise<Source> {
  return {
    open() {
      const clock = movable();
      const store = createFakeGroupStore(clock);
      return { one: store, other: store, passTime: clock.passTime };
    },
    stop: async () => undefined,
  };
}

async function redis(): Promise<Source> {
  const server = await startRedis();
  const clients = [connectRedis(server.url, 'store'), connectRedis(server.url, 'store')] as const;
  for (const client of clients) await awaitRedis(client, 10_000);
  let opened = 0;
  return {
    open() {
      opened += 1;
      const { nowMs, passTime } = movable();
      const prefix = `{groups-${opened}}:`;
      const [one, other] = clients.map((client) => createRedisGroupStore({ redis: client, prefix, nowMs }));
      if (one === undefined || other === undefined) throw new Error('two clients are needed');
      return { one, other, passTime };
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await server.stop();
    },
  };
}

describe.each([
  ['fake', fakes],
  ['redis', redis],
] as const)('%s', (_name, start) => {
  let source: Source;
  beforeAll(async () => {
    source = await start();
  });
  afterAll(async () => {
    await source.stop();
  });

  test('what one process read, another one has, with its age', async () => {
    const { one, other, passTime } = source.open();
    const beganMs = await one.beginning();
    passTime(100);
    await one.save('S0A', ['U1', 'U2'], beganMs);
    passTime(900);

    expect(await other.load(['S0A', 'S0NEVER'])).toEqual([{ group: 'S0A', users: ['U1', 'U2'], ageMs: 1000 }]);
    expect(await other.load([])).toEqual([]);
  });

  test('an empty group is stored too', async () => {
    const { one } = source.open();
    await one.save('S0A', [], await one.beginning());

    expect(await one.load(['S0A'])).toEqual([{ group: 'S0A', users: [], ageMs: 0 }]);
  });

  test('what was asked for earlier never replaces what was asked for later', async () => {
    const { one, other, passTime } = source.open();
    const early = await one.beginning();
    passTime(10);
    const late = await other.beginning();
    await other.save('S0A', ['U2'], late);
    passTime(10);
    await one.save('S0A', ['U1', 'U2'], early);

    expect(await one.load(['S0A'])).toEqual([{ group: 'S0A', users: ['U2'], ageMs: 10 }]);
  });

  test('a clock of the store that was set back freezes nothing: the age is unknown until the next read', async () => {
    const { one, passTime } = source.open();
    await one.save('S0A', ['U1'], await one.beginning());
    passTime(-3_600_000);
    expect(await one.load(['S0A'])).toEqual([]);
    await one.save('S0A', ['U2'], await one.beginning());

    expect(await one.load(['S0A'])).toEqual([{ group: 'S0A', users: ['U2'], ageMs: 0 }]);
  });
});
