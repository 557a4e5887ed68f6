import type { CallBudget } from '../../core/ports/call-budget.ts';
import { CountAnswer } from './answers.ts';
import { DEFAULT_PREFIX } from './keys.ts';
import type { RedisStoreOptions } from './run-store.ts';
import { createScripts } from './scripts.ts';

/** What the call budget on Redis needs. */
export interface RedisCallBudgetOptions extends RedisStoreOptions {
  /** The time, ms. Default: that of the Redis server, the only clock that all processes share. */
  readonly nowMs?: () => number;
}

/**
 * The call budget on Redis: one hash a bucket, which goes away when the bucket is full again. Its calls throw as those of
 * the stores.
 */
export function createRedisCallBudget(options: RedisCallBudgetOptions): CallBudget {
  const run = createScripts(options.redis, options.prefix ?? DEFAULT_PREFIX);
  const time = (): number | '' => options.nowMs?.() ?? '';
  return {
    async take(buckets, use) {
      const retryAfterMs = CountAnswer.parse(
        await run('calls-take', { args: [JSON.stringify({ use, buckets }), time()] }),
      );
      return retryAfterMs === 0 ? { granted: true } : { granted: false, retryAfterMs };
    },
    async pause(bucket, forMs) {
      await run('calls-pause', { args: [bucket, Math.ceil(forMs), time()] });
    },
  };
}
