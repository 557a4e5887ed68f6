import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { createRedisCardStore } from '../../../src/adapters/redis/card-store.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import {
  claimed,
  entry,
  foreign,
  LONG,
  lock,
  NOW,
  newRun,
  notesOf,
  owned,
  versionOf,
} from '../../contract/run-store/samples.ts';
import { testSeal } from '../../support/test-seal.ts';

describe('the run store when Redis restarts, freezes or goes away', () => {
  let server: PlaygroundRedis;
  let redis: ReturnType<typeof connectRedis>;
  let runs: ReturnType<typeof createRedisRunStore>;
  beforeEach(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, 'store', { commandTimeoutMs: 1000 });
    await awaitRedis(redis, 10_000);
    runs = createRedisRunStore({ redis, seal: testSeal });
  });
  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  async function restart(how: 'kill' | 'halt'): Promise<void> {
    await (how === 'kill' ? server.kill() : server.halt());
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'));
    await server.start();
    await awaitRedis(redis, 20_000);
  }

  test.each(['kill', 'halt'] as const)('everything survives a restart (%s)', async (how) => {
    const lease = await claimed(runs, 'a');
    await runs.append('a', owned(lease, 1, { takeLocks: [lock('cluster/prod', 'a')], audit: [entry('lock', 'a')] }));
    await runs.append('a', foreign('click', 2));
    await runs.create(newRun('b'));
    const before = [await runs.read('a'), await runs.locks(), await runs.auditEntries(0, 100), await runs.unfinished()];
    await restart(how);
    const after = [await runs.read('a'), await runs.locks(), await runs.auditEntries(0, 100), await runs.unfinished()];
    expect(after).toEqual(before);
    // The lock still stands, the lease is still held, the click is still known, the numbers go on.
    expect((await runs.append('b', foreign(null, 1, { takeLocks: [lock('cluster/prod/etcd', 'b')] }))).kind).toBe(
      'lock-held',
    );
    expect(await runs.claim('a', 'w-2', LONG, NOW)).toBeNull();
    expect(await runs.append('a', foreign('click', 3))).toEqual({ kind: 'duplicate' });
    expect(await runs.create(newRun('c', { idempotencyKey: 'key-a' }))).toEqual({ kind: 'duplicate', runId: 'a' });
    expect((await runs.append('a', owned(lease, 3, { audit: [entry('end', 'a')] }))).kind).toBe('ok');
    const numbers = (await runs.auditEntries(0, 100)).map(({ seq }) => seq);
    expect(numbers).toEqual([1, 2, 3, 4]);
  });

  test('a write is either whole or absent when Redis is killed in the middle of many', async () => {
    await runs.create(newRun('a', { audit: [] }));
    const answers: string[] = [];
    async function write(name: string): Promise<void> {
      for (;;) {
        const seen = await versionOf(runs, 'a');
        const answer = await runs.append('a', foreign(name, seen, { audit: [entry(`other ${name}`)] }));
        if (answer.kind !== 'ok') continue;
        answers.push(`other ${name}`);
        if (answers.length === 20) await server.kill();
        return;
      }
    }
    const writers = Array.from({ length: 60 }, (_, index) => write(`w-${index}`));
    const outcomes = await Promise.allSettled(writers);
    expect(outcomes.some((outcome) => outcome.status === 'rejected')).toBe(true);
    await server.start();
    await awaitRedis(redis, 20_000);
    const notes = (await notesOf(runs, 'a')).slice(1);
    const audited = (await runs.auditEntries(0, 1000)).map((each) => each.entry.action);
    expect(audited).toEqual(notes);
    expect(await versionOf(runs, 'a')).toBe(notes.length + 1);
    // Whatever was answered with ok is there: appendfsync always.
    expect(answers.filter((answer) => !notes.includes(answer))).toEqual([]);
  });

  test('while Redis is down every call fails at once, and nothing is carried out later', async () => {
    await runs.create(newRun('a'));
    await server.kill();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'));
    await expect(runs.append('a', foreign('k', 1))).rejects.toThrow('redis: append:');
    await expect(runs.read('a')).rejects.toThrow('redis: read:');
    await expect(runs.claim('a', 'w-1', LONG, NOW)).rejects.toThrow('redis: claim:');
    await server.start();
    await awaitRedis(redis, 20_000);
    expect(await notesOf(runs, 'a')).toEqual(['first']);
    expect(await runs.claim('a', 'w-1', LONG, NOW)).toMatchObject({ epoch: 1 });
  });

  test('a frozen Redis is given up on; what it carries out afterwards is not written twice', async () => {
    await runs.create(newRun('a'));
    server.pause();
    await expect(runs.append('a', foreign('k', 1))).rejects.toThrow('Command timed out');
    server.resume();
    await vi.waitFor(
      async () => expect(await runs.append('a', foreign('k', 1))).toEqual({ kind: 'duplicate' }),
      20_000,
    );
    expect(await notesOf(runs, 'a')).toEqual(['first', 'other k']);
  });

  test('scripts that Redis forgot are sent again', async () => {
    await runs.create(newRun('a'));
    await redis.script('FLUSH');
    expect((await runs.append('a', foreign('k', 1))).kind).toBe('ok');
    expect(await versionOf(runs, 'a')).toBe(2);
  });

  test('who listens for changes hears of them again after a restart', async () => {
    const cards = createRedisCardStore({ redis });
    const heard: string[] = [];
    const stop = await cards.onChange((runId) => heard.push(runId));
    await runs.create(newRun('a'));
    await vi.waitFor(() => expect(heard).toContain('a'));
    await restart('kill');
    await vi.waitFor(
      async () => {
        await cards.touch('a');
        expect(heard.length).toBeGreaterThan(1);
      },
      { timeout: 20_000, interval: 100 },
    );
    await stop();
  });
});
