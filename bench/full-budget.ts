import { connectRedis } from '../src/adapters/redis/connection.ts';
import { DEFAULT_PREFIX } from '../src/adapters/redis/keys.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { bucketsOf } from '../src/adapters/slack/call-limits.ts';

/** How often the budget is filled. */
const FILL_MS = 50;

/**
 * Fills the call budget of a bot again and again, for measurements that are not about it: with the real one, at some 40
 * `chat.update` a minute, 1,000 cards take more than 20 minutes. The bot goes on asking for each call. Answers how to stop.
 */
export async function keepBudgetFull(redisUrl: string, channels: readonly string[]): Promise<() => Promise<void>> {
  const redis = connectRedis(redisUrl, 'store');
  await redis.connect();
  const buckets = channels.flatMap((channel) => [
    ...bucketsOf('chat.postMessage', channel),
    ...bucketsOf('chat.update', channel),
    ...bucketsOf('conversations.replies', channel),
  ]);
  const keys = buckets.map(({ name }) => `${DEFAULT_PREFIX}calls:${name}`);
  const stopping = new AbortController();
  const filling = fill(async () => void (await redis.del(...keys)), stopping.signal);
  return async () => {
    stopping.abort();
    await filling;
    redis.disconnect();
  };
}

async function fill(once: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await once();
    await systemClock.sleep(FILL_MS, signal).catch(() => undefined);
  }
}
