import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createDoorbell, type QueueDoorbell } from '../../../src/adapters/redis/doorbell.ts';
import { type DoorbellWorker, startDoorbellWorker } from '../../../src/adapters/redis/doorbell-worker.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';

describe('the doorbell on a real Redis', () => {
  let server: PlaygroundRedis;
  let queue: ReturnType<typeof connectRedis>;
  let waiting: ReturnType<typeof connectRedis>;
  let doorbell: QueueDoorbell;
  let log: RecordingLog;
  let queuePrefix = '';
  const workers: DoorbellWorker[] = [];

  beforeAll(async () => {
    server = await startRedis();
    queue = connectRedis(server.url, 'queue');
    waiting = connectRedis(server.url, 'worker');
    await awaitRedis(queue, 10_000);
    await awaitRedis(waiting, 10_000);
  });
  afterAll(async () => {
    queue.disconnect();
    waiting.disconnect();
    await server.stop();
  });
  let opened = 0;
  beforeEach(() => {
    opened += 1;
    queuePrefix = `{doorbell-${opened}}`;
    log = createRecordingLog();
    doorbell = createDoorbell({ redis: queue, queuePrefix });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(0)));
    await doorbell.close();
  });

  function answer(onRing: (runId: string, signal: AbortSignal) => Promise<void>, concurrency = 1): DoorbellWorker {
    const worker = startDoorbellWorker({ redis: waiting, queuePrefix, concurrency, log, onRing });
    workers.push(worker);
    return worker;
  }

  test('rings wait until somebody answers, carry only the run, and leave nothing behind', async () => {
    await doorbell.ring('defrag-prod-7f3k');
    await doorbell.ring('b');
    expect(await doorbell.depth()).toBe(2);
    expect(JSON.parse((await queue.hget(`${queuePrefix}:doorbell:1`, 'data')) ?? '')).toEqual({
      runId: 'defrag-prod-7f3k',
    });
    const heard: string[] = [];
    answer(async (runId) => void heard.push(runId));
    await vi.waitFor(() => expect(heard).toEqual(['defrag-prod-7f3k', 'b']));
    await vi.waitFor(async () => expect(await queue.keys(`${queuePrefix}:doorbell:[0-9]*`)).toEqual([]));
    expect(await doorbell.depth()).toBe(0);
  });

  test.each([1, 4])('a ring during an active one is answered too (concurrency %i)', async (concurrency) => {
    const goOn = Promise.withResolvers<void>();
    const heard: string[] = [];
    answer(async (runId) => {
      heard.push(runId);
      if (heard.length === 1) await goOn.promise;
    }, concurrency);
    await doorbell.ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['a']));
    await Promise.all([doorbell.ring('a'), doorbell.ring('a')]);
    goOn.resolve();
    await vi.waitFor(() => expect(heard).toEqual(['a', 'a', 'a']));
  });

  test('what fails is logged with its run and not repeated, and the next ring is answered', async () => {
    const heard: string[] = [];
    answer(async (runId) => {
      heard.push(runId);
      if (runId === 'a') throw new TypeError('boom');
    });
    await doorbell.ring('a');
    await doorbell.ring('b');
    await vi.waitFor(() => expect(heard).toEqual(['a', 'b']));
    const line = { level: 'error', data: { run: 'a', error: 'TypeError: boom' } };
    expect(log.lines).toMatchObject([line]);
    await vi.waitFor(async () => expect(await queue.keys(`${queuePrefix}:doorbell:[0-9]*`)).toEqual([]));
  });

  test('a job that is no ring is dropped', async () => {
    const strange = new Queue('doorbell', { connection: queue, prefix: queuePrefix });
    for (const data of [{}, { runId: '' }, { runId: 7 }, 'a', { runId: 'a', token: 'xoxb' }])
      await strange.add('x', data);
    const heard: string[] = [];
    answer(async (runId) => void heard.push(runId));
    await doorbell.ring('good');
    await vi.waitFor(() => expect(heard).toEqual(['good']));
    expect(log.lines.map((line) => line.message)).toEqual(
      Array.from({ length: 5 }, () => 'a ring that names no run was dropped'),
    );
    expect(JSON.stringify(log.lines)).not.toContain('xoxb');
    await strange.close();
  });

  test('closing tells those who are being answered and waits for them', async () => {
    const events: string[] = [];
    const worker = answer(async (_runId, signal) => {
      events.push('begun');
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      events.push('parked');
    });
    await doorbell.ring('a');
    await vi.waitFor(() => expect(events).toEqual(['begun']));
    await worker.close(20_000);
    expect(events).toEqual(['begun', 'parked']);
    await doorbell.ring('b');
    expect(await doorbell.depth()).toBe(1);
  });

  test('closing does not wait for ever, and other workers go on', async () => {
    const heard: string[] = [];
    const stuck = answer(async (runId) => {
      heard.push(`stuck ${runId}`);
      await Promise.withResolvers<void>().promise;
    });
    await doorbell.ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['stuck a']));
    answer(async (runId) => void heard.push(`second ${runId}`));
    await stuck.close(50);
    await doorbell.ring('b');
    await vi.waitFor(() => expect(heard).toEqual(['stuck a', 'second b']));
  });

  test('a paused worker takes up nothing until it is resumed', async () => {
    const heard: string[] = [];
    const worker = answer(async (runId) => void heard.push(runId));
    await doorbell.ring('a');
    await vi.waitFor(() => expect(heard).toEqual(['a']));
    await worker.pause();
    const other: string[] = [];
    await doorbell.ring('b');
    answer(async (runId) => void other.push(runId));
    await vi.waitFor(() => expect(other).toEqual(['b']));
    expect(heard).toEqual(['a']);
    await worker.resume();
  });
});
