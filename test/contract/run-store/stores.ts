import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startRedis } from '../../../playground/redis.ts';
import { createRedisAuditMarks } from '../../../src/adapters/redis/audit-marks.ts';
import { createRedisCardStore } from '../../../src/adapters/redis/card-store.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import type { AuditMarks } from '../../../src/core/ports/audit-marks.ts';
import type { CardStore } from '../../../src/core/ports/card-store.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { createFakeAuditMarks } from '../../fakes/audit-marks.ts';
import { createFakeCardStore } from '../../fakes/card-store.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { testSeal } from '../../support/test-seal.ts';

/** One pair of stores, empty, as the contract sees them. */
export interface Stores {
  readonly runs: RunStore;
  readonly cards: CardStore;
  readonly marks: AuditMarks;
  /** Lets the store's own time pass: at once on the fake, really on Redis. Keep it short. */
  passTime(ms: number): Promise<void>;
  /** Appends text that is no JSON to a run's events, as a broken disk would. */
  spoilEvents(runId: string): Promise<void>;
  /** Stores a lock entry of that name with this text, as another version or a broken disk would. */
  spoilLock(name: string, text: string): Promise<void>;
}

/** Where stores come from: made once a file, opened once a test. */
export interface StoreSource {
  readonly open: () => Promise<Stores>;
  readonly stop: () => Promise<void>;
}

/** Both implementations of the ports. */
export const implementations = [
  { name: 'fake', start: startFakes },
  { name: 'redis', start: startRedisStores },
] as const;

/** Fresh stores for each test of the block in which it is called; all go with it. Answers what opens further ones. */
export function useStores(start: () => Promise<StoreSource>, give: (stores: Stores) => void): () => Promise<Stores> {
  let source: StoreSource | null = null;
  async function open(): Promise<Stores> {
    if (source === null) throw new Error('stores are opened in tests only');
    return await source.open();
  }
  beforeAll(async () => {
    source = await start();
  });
  afterAll(async () => await source?.stop());
  beforeEach(async () => give(await open()));
  return open;
}

async function startFakes(): Promise<StoreSource> {
  return { open: async () => openFakes(), stop: async () => undefined };
}

function openFakes(): Stores {
  let nowMs = 1_000_000;
  const runs = createFakeRunStore({ nowMs: () => nowMs });
  return {
    runs,
    cards: createFakeCardStore(runs),
    marks: createFakeAuditMarks(runs),
    async passTime(ms) {
      nowMs += ms;
    },
    async spoilEvents(runId) {
      runs.memory.runs.get(runId)?.events.push('{"type":');
    },
    async spoilLock(name, text) {
      runs.memory.locks.set(name, text);
    },
  };
}

async function startRedisStores(): Promise<StoreSource> {
  const server = await startRedis();
  const redis = connectRedis(server.url, 'store');
  let opened = 0;
  try {
    await awaitRedis(redis, 10_000);
  } catch (error) {
    redis.disconnect();
    await server.stop();
    throw error;
  }
  return {
    async open() {
      opened += 1;
      return openRedis(redis, `{contract-${opened}}:`);
    },
    async stop() {
      redis.disconnect();
      await server.stop();
    },
  };
}

function openRedis(redis: Redis, prefix: string): Stores {
  return {
    runs: createRedisRunStore({ redis, prefix, seal: testSeal }),
    cards: createRedisCardStore({ redis, prefix }),
    marks: createRedisAuditMarks({ redis, prefix }),
    async passTime(ms) {
      // Redis counts whole milliseconds, and a key is gone only after its last one.
      const until = (await serverTimeMs(redis)) + ms + 2;
      while ((await serverTimeMs(redis)) <= until);
    },
    async spoilEvents(runId) {
      await redis.rpush(`${prefix}run:${runId}:events`, '{"type":');
    },
    async spoilLock(name, text) {
      await redis.hset(`${prefix}locks`, name, text);
    },
  };
}

async function serverTimeMs(redis: Redis): Promise<number> {
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  return seconds * 1000 + micros / 1000;
}
