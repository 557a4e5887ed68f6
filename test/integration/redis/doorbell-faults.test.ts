import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../../src/adapters/redis/doorbell.ts';
import { startDoorbellWorker } from '../../../src/adapters/redis/doorbell-worker.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const PATIENCE = { timeout: 40_000, interval: 100 };

describe('the doorbell while Redis is away', () => {
  let server: PlaygroundRedis;
  const closing: (() => unknown)[] = [];
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
    await server.stop();
  });

  function connect(role: 'queue' | 'worker'): ReturnType<typeof connectRedis> {
    const redis = connectRedis(server.url, role);
    closing.push(() => redis.disconnect());
    return redis;
  }

  function listen(): { readonly heard: string[]; readonly close: (graceMs: number) => Promise<void> } {
    const heard: string[] = [];
    const worker = startDoorbellWorker({
      redis: connect('worker'),
      concurrency: 2,
      log: createRecordingLog(),
      onRing: async (runId) => void heard.push(runId),
    });
    closing.push(() => worker.close(0));
    return { heard, close: (graceMs) => worker.close(graceMs) };
  }

  test('a ring fails at once while Redis is down, and works again when it is back', async () => {
    const redis = connect('queue');
    const doorbell = createDoorbell({ redis });
    await doorbell.ring('a');
    await server.kill();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'));
    await expect(doorbell.ring('b')).rejects.toThrow('ring: Redis cannot be reached');
    await expect(doorbell.depth()).rejects.toThrow('queue depth: Redis cannot be reached');
    await server.start();
    await awaitRedis(redis, 20_000);
    await doorbell.ring('c');
    // The ring that failed was lost, not kept to be given later.
    const { heard } = listen();
    await vi.waitFor(() => expect(heard).toEqual(['a', 'c']), PATIENCE);
  });

  test('a ring fails when Redis does not answer', async () => {
    const doorbell = createDoorbell({ redis: connect('queue'), timeoutMs: 200 });
    await doorbell.ring('a');
    server.pause();
    await expect(doorbell.ring('b')).rejects.toThrow('ring: Redis did not answer within 200 ms');
    server.resume();
    await vi.waitFor(() => doorbell.ring('c'), PATIENCE);
  });

  test('bell and worker that started before Redis work once it is there', async () => {
    await server.halt();
    const redis = connect('queue');
    const doorbell = createDoorbell({ redis });
    const { heard } = listen();
    await expect(doorbell.ring('a')).rejects.toThrow(/ECONNREFUSED|closed/);
    await server.start();
    await awaitRedis(redis, 20_000);
    await doorbell.ring('b');
    await vi.waitFor(() => expect(heard).toEqual(['b']), PATIENCE);
  });

  test('a worker goes on after Redis restarted', async () => {
    const redis = connect('queue');
    const doorbell = createDoorbell({ redis });
    const { heard } = listen();
    await doorbell.ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['a']), PATIENCE);
    await server.kill();
    await server.start();
    await awaitRedis(redis, 20_000);
    await doorbell.ring('b');
    await vi.waitFor(() => expect(heard).toEqual(['a', 'b']), PATIENCE);
  });

  test('closing is bounded while Redis is down', async () => {
    const { heard, close } = listen();
    const doorbell = createDoorbell({ redis: connect('queue') });
    await doorbell.ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['a']), PATIENCE);
    await server.kill();
    await expect(close(100)).resolves.toBeUndefined();
  });
});
