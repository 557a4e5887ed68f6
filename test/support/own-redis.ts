import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { startRedis } from '../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../src/adapters/redis/connection.ts';

/** A real Redis for all tests of a file, with one connection. It goes with them. */
export function useRedis(): () => Redis {
  const parts = new AsyncDisposableStack();
  let redis: Redis | null = null;
  beforeAll(async () => {
    const server = await startRedis();
    parts.defer(async () => await server.stop());
    const connected = connectRedis(server.url, 'store');
    parts.defer(() => connected.disconnect());
    await awaitRedis(connected, 10_000);
    redis = connected;
  });
  afterAll(async () => await parts.disposeAsync());
  return () => {
    if (redis === null) throw new Error('Redis is there in tests only');
    return redis;
  };
}
