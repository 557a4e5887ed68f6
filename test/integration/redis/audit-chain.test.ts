import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { lineOf } from '../../../src/core/audit-chain.ts';
import { verifyChain } from '../../../src/core/audit-verify.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { entry } from '../../contract/run-store/samples.ts';
import { testSeal } from '../../support/test-seal.ts';

const SHA256 = readFileSync(new URL('../../../src/adapters/redis/lua/sha256.lua', import.meta.url), 'utf8');
const HASH_ALL = `${SHA256}\nlocal all = {} for i, text in ipairs(ARGV) do all[i] = sha256(text) end return all`;

let server: PlaygroundRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, 'store');
  await awaitRedis(redis, 10_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function hashedByRedis(texts: readonly Buffer[]): Promise<readonly string[]> {
  return z.array(z.string()).parse(await redis.eval(HASH_ALL, 0, ...texts));
}

function hashedByNode(texts: readonly Buffer[]): readonly string[] {
  return texts.map((text) => createHash('sha256').update(text).digest('hex'));
}

async function textOf(runs: RunStore): Promise<string> {
  const entries = await runs.auditEntries(0, 100_000);
  return entries.map((each) => `${lineOf(canonicalDigest, each, each.content, 'whole')}\n`).join('');
}

describe('sha256.lua', () => {
  test('every length from 0 to 300 bytes, where all the ways to fill up a block are', async () => {
    const texts = Array.from({ length: 301 }, (_, length) => randomBytes(length));
    expect(await hashedByRedis(texts)).toEqual(hashedByNode(texts));
  });

  test('5,000 random texts of the length of a link', async () => {
    for (let batch = 0; batch < 10; batch += 1) {
      const texts = Array.from({ length: 500 }, () => randomBytes(140 + Math.floor(Math.random() * 40)));
      expect(await hashedByRedis(texts)).toEqual(hashedByNode(texts));
    }
  });

  test('texts of one byte over and over, and a long one', async () => {
    const texts = [0, 127, 128, 255].flatMap((byte) => [Buffer.alloc(64, byte), Buffer.alloc(55, byte)]);
    const all = [...texts, randomBytes(20_000)];
    expect(await hashedByRedis(all)).toEqual(hashedByNode(all));
  });
});

describe('the chain in Redis', () => {
  let opened = 0;
  function open(): { readonly runs: RunStore; readonly prefix: string } {
    opened += 1;
    const prefix = `{chain-${opened}}:`;
    return { runs: createRedisRunStore({ redis, prefix, seal: testSeal }), prefix };
  }
  test('with 4 writers on connections of their own it never forks', async () => {
    const { runs, prefix } = open();
    const clients = Array.from({ length: 4 }, () => connectRedis(server.url, 'store'));
    await Promise.all(clients.map(async (client) => await client.connect()));
    try {
      const writers = clients.map((client) => createRedisRunStore({ redis: client, prefix, seal: testSeal }));
      await Promise.all(
        writers.map(async (writer, name) => {
          for (let turn = 0; turn < 60; turn += 1)
            await writer.audit([entry(`${name}/${turn}/a`), entry(`${name}/${turn}/b`)]);
        }),
      );
    } finally {
      for (const client of clients) client.disconnect();
    }
    const head = await runs.auditHead();
    const anchors = head.hash === null ? [] : [{ seq: head.seq, hash: head.hash }];
    expect(verifyChain(canonicalDigest, await textOf(runs), { anchors, first: 1 })).toMatchObject({
      ok: true,
      last: 480,
      unchained: 0,
      compared: 1,
    });
  });

  test('entries from before the chain are a first block without hashes, and the chain begins behind it', async () => {
    const { runs, prefix } = open();
    for (const seq of [1, 2, 3]) {
      await redis.hincrby(`${prefix}counters`, 'audit', 1);
      await redis.xadd(`${prefix}audit`, `${seq}-0`, 'entry', JSON.stringify(entry(`old ${seq}`)));
    }
    expect(await runs.auditHead()).toEqual({ seq: 3, hash: null });
    await runs.audit([entry('new 4'), entry('new 5')]);
    expect((await runs.auditEntries(0, 9)).map(({ hash }) => hash !== null)).toEqual([false, false, false, true, true]);
    expect(verifyChain(canonicalDigest, await textOf(runs), { anchors: [], first: 1 })).toMatchObject({
      ok: true,
      unchained: 3,
      last: 5,
    });
  });

  test('an entry that somebody changes in Redis is found, and one that cannot be read stops nobody', async () => {
    const { runs, prefix } = open();
    await runs.audit(['one', 'two', 'three'].map((action) => entry(action)));
    const [, second] = await runs.auditEntries(0, 3);
    await redis.xdel(`${prefix}audit`, '2-0');
    expect(verifyChain(canonicalDigest, await textOf(runs), { anchors: [], first: 1 })).toMatchObject({
      fault: 'missing',
      seq: 2,
    });
    await redis.del(`${prefix}audit`);
    for (const seq of [1, 2]) {
      const { prev, hash } = second ?? { prev: '', hash: '' };
      await redis.xadd(`${prefix}audit`, `${seq}-0`, 'entry', '{"v":', 'prev', prev ?? '', 'hash', hash ?? '');
    }
    const entries = await runs.auditEntries(0, 9);
    expect(entries.map(({ entry: { action } }) => action)).toEqual(['unreadable', 'unreadable']);
    expect(verifyChain(canonicalDigest, await textOf(runs), { anchors: [], first: 1 })).toMatchObject({
      fault: 'altered',
      seq: 1,
    });
  });
});
