import { expect, test } from 'vitest';
import { createRedisCallBudget } from '../../../src/adapters/redis/call-budget.ts';
import type { CallBucket } from '../../../src/core/ports/call-budget.ts';
import { useRedis } from '../../support/own-redis.ts';

const BUCKET: CallBucket = { name: 'chat.update', perMinute: 40, burst: 9, reserve: 5 };
const PREFIX = '{drydock}:';

const connected = useRedis();

test('counts by the clock of the server, and leaves nothing for ever', async () => {
  const redis = connected();
  const budget = createRedisCallBudget({ redis });
  for (let each = 0; each < BUCKET.burst; each += 1) await budget.take([BUCKET], 'reserved');
  const dry = await budget.take([BUCKET], 'reserved');
  await budget.pause('chat.postMessage:C0OPS', 30_000);
  const [seconds = 0] = (await redis.time()).map(Number);
  const stored = await redis.hgetall(`${PREFIX}calls:chat.update`);

  expect(dry.granted).toBe(false);
  expect(Math.abs(Number(stored['at']) / 1000 - seconds)).toBeLessThan(60);
  const keys = await redis.keys(`${PREFIX}*`);
  expect(keys.toSorted()).toEqual([`${PREFIX}calls:chat.postMessage:C0OPS`, `${PREFIX}calls:chat.update`]);
  for (const key of keys) {
    expect(await redis.pttl(key)).toBeGreaterThan(0);
    expect(await redis.pttl(key)).toBeLessThan(120_000);
  }
});
