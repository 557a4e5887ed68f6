import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EtcdRing, startEtcdRing } from '../../../playground/etcd-ring.ts';
import { fillRing } from '../../../playground/fill.ts';
import { startRedis } from '../../../playground/redis.ts';

let ring: EtcdRing;

beforeAll(async () => {
  ring = await startEtcdRing({ quotaBytes: 64 * 1024 * 1024 });
});

afterAll(async () => {
  await ring.stop();
});

test('Redis runs as Drydock requires it and keeps its data over SIGKILL', async () => {
  const server = await startRedis();
  try {
    const before = new Redis(server.url);
    const policy = await before.config('GET', 'maxmemory-policy');
    const fsync = await before.config('GET', 'appendfsync');
    await before.set('key', 'kept');
    before.disconnect();
    await server.kill();
    await server.start();
    const after = new Redis(server.url);
    const value = await after.get('key');
    after.disconnect();

    expect([JSON.stringify(policy), JSON.stringify(fsync)]).toEqual([
      expect.stringContaining('noeviction'),
      expect.stringContaining('always'),
    ]);
    expect(value).toBe('kept');
  } finally {
    await server.stop();
  }
});

test('filling leaves every member with free pages inside its file', async () => {
  const filled = await fillRing(ring, { megabytes: 24, keep: 0.1 });

  expect(filled.members.map((member) => member.name)).toEqual(['m-1', 'm-2', 'm-3']);
  for (const { dbSize, dbSizeInUse } of filled.members) {
    expect(dbSize).toBeGreaterThan(20 * 1024 * 1024);
    expect(dbSizeInUse).toBeLessThan(dbSize / 3);
  }
});

test('a frozen leader is replaced, and the ring is whole again when it goes on', async () => {
  const leader = await ring.leader();

  leader.pause();
  const next = await ring.leader();
  leader.resume();
  await leader.kill();
  const down = await leader.healthy();
  await leader.start();
  await ring.waitHealthy();

  expect(next.name).not.toBe(leader.name);
  expect(down).toBe(false);
  expect((await ring.status(leader.name)).version).toMatch(/^3\.\d+\.\d+$/);
});

test('filling over the quota throws what etcd says', async () => {
  await expect(fillRing(ring, { megabytes: 200, keep: 1 })).rejects.toThrow('database space exceeded');
});
