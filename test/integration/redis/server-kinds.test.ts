import { afterEach, describe, expect, test, vi } from 'vitest';
import { type PlaygroundRedis, type RedisOptions, startRedis } from '../../../playground/redis.ts';
import { createRedisCardStore } from '../../../src/adapters/redis/card-store.ts';
import { checkRedis } from '../../../src/adapters/redis/checks.ts';
import { awaitRedis, connectRedis, type RedisRole } from '../../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../../src/adapters/redis/doorbell-worker.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { claimed, foreign, LONG, lock, NOW, owned } from '../../contract/run-store/samples.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { testSeal } from '../../support/test-seal.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(options: RedisOptions = {}): Promise<PlaygroundRedis> {
  const server = await startRedis(options);
  closing.push(() => server.stop());
  return server;
}

async function connect(url: string, role: RedisRole = 'store'): Promise<ReturnType<typeof connectRedis>> {
  const redis = connectRedis(url, role);
  closing.push(() => redis.disconnect());
  await awaitRedis(redis, 10_000);
  return redis;
}

async function problems(options: RedisOptions, acceptRisk: string | null = null): Promise<readonly string[]> {
  const redis = await connect((await serve(options)).url);
  const findings = await checkRedis(redis, { acceptRisk });
  return findings.filter((finding) => finding.level !== 'ok').map((finding) => `${finding.level} ${finding.text}`);
}

/** A server that wants the password `right`. */
async function serveWithPassword(): Promise<PlaygroundRedis> {
  const server = await serve();
  const admin = await connect(server.url);
  await admin.config('SET', 'requirepass', 'right');
  return server;
}

describe('start-up checks on real servers', () => {
  test('the playground passes', async () => {
    expect(await problems({})).toEqual([]);
  });

  test('a Redis as it comes from the package is refused for each thing that is wrong', async () => {
    const args = ['--appendonly', 'no', '--appendfsync', 'everysec', '--maxmemory-policy', 'allkeys-lru'];
    expect(await problems({ args })).toEqual([
      expect.stringMatching(/^refuse maxmemory-policy is allkeys-lru/),
      expect.stringMatching(/^refuse appendonly is no/),
      expect.stringMatching(/^refuse appendfsync is everysec/),
    ]);
  });

  test('a service without CONFIG: what INFO tells is checked, the rest is named', async () => {
    expect(await problems({ args: ['--rename-command', 'CONFIG', ''] })).toEqual([
      expect.stringMatching(/^warn appendfsync could not be checked/),
    ]);
  });

  test('a replica is refused', async () => {
    const primary = await serve();
    const text = await problems({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] });
    expect(text).toEqual([expect.stringMatching(/^refuse This Redis is a replica/)]);
  });
});

describe('connections', () => {
  test('credentials are in no error', async () => {
    const server = await serveWithPassword();
    const told: string[] = [];
    const url = `redis://someone:s3cret-word@127.0.0.1:${server.port}`;
    const redis = connectRedis(url, 'store', { onError: (message) => told.push(message) });
    closing.push(() => redis.disconnect());
    await expect(awaitRedis(redis, 300)).rejects.toThrow('Redis cannot be reached for 300 ms');
    const error: unknown = await createRedisRunStore({ redis, seal: testSeal })
      .read('a')
      .catch((each: unknown) => each);
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify([told, error, String(error)])).not.toContain('s3cret-word');
  });

  test.each(['http://127.0.0.1:1', 's3cret-word', '', 'redis//s3cret-word'])(
    '"%s" is refused without repeating it',
    (url) => {
      expect(() => connectRedis(url, 'store')).toThrow(/^REDIS_URL is not a redis:\/\/ or rediss:\/\/ address$/);
    },
  );

  test('with the right password it connects', async () => {
    const server = await serveWithPassword();
    const redis = await connect(`redis://:right@127.0.0.1:${server.port}`);
    expect(await createRedisRunStore({ redis, seal: testSeal }).read('a')).toBeNull();
  });
});

describe('Redis Cluster', () => {
  test('every script and the doorbell keep to one slot', async () => {
    const server = await serve({ args: ['--cluster-enabled', 'yes'] });
    const redis = await connect(server.url);
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await vi.waitFor(async () => expect(await redis.cluster('INFO')).toContain('cluster_state:ok'), 20_000);
    const runs = createRedisRunStore({ redis, seal: testSeal });
    const cards = createRedisCardStore({ redis });
    const lease = await claimed(runs, 'a');
    expect(await runs.renew(lease, LONG, NOW)).toBe(true);
    expect(await runs.remaining(lease)).toBeGreaterThan(0);
    await runs.append('a', owned(lease, 1, { takeLocks: [lock('cluster/prod', 'a')] }));
    expect(await runs.park(lease, 2, NOW)).toBe('ok');
    expect(await runs.due(NOW, 10, 0)).toEqual(['a']);
    expect((await cards.dirty(10)).length).toBe(1);
    await cards.touch('a');
    await cards.clean('a', 2);
    expect(await cards.elect('projector', 'bot-1', LONG)).toBe(true);
    await cards.resign('projector', 'bot-1');
    await runs.append('a', foreign('end', 2, { end: { keepMs: LONG, nowMs: NOW } }));
    expect((await runs.list({ cluster: 'prod', limit: 5 })).length).toBe(1);
    expect((await runs.auditEntries(0, 10)).length).toBe(1);
    expect(await runs.prune(NOW + LONG)).toBe(1);

    const heard: string[] = [];
    const worker = startDoorbellWorker({
      redis: await connect(server.url, 'worker'),
      concurrency: 1,
      log: createRecordingLog(),
      onRing: async (runId) => void heard.push(runId),
    });
    closing.push(() => worker.close(0));
    await createDoorbell({ redis: await connect(server.url, 'queue') }).ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['a']), 20_000);
  });
});
