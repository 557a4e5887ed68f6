import { array, assert as assertProperty, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRateLimits, METHOD_LIMITS } from '../../../../playground/workspace/limits.ts';
import { bucketsOf, CALL_LIMITS } from '../../../../src/adapters/slack/call-limits.ts';
import { API_METHODS, type ApiMethod } from '../../../../src/adapters/slack/methods.ts';
import { type BucketState, fullBucket, takeCalls } from '../../../../src/core/call-budget.ts';
import type { CallBucket } from '../../../../src/core/ports/call-budget.ts';

const METHODS = Object.keys(API_METHODS).filter((name): name is ApiMethod => Object.hasOwn(CALL_LIMITS, name));

/** Buckets of one process or many: what counts is that they are shared. */
function sharedBuckets() {
  const states = new Map<string, BucketState>();
  return (buckets: readonly CallBucket[], nowMs: number): boolean => {
    const before = buckets.map((bucket) => states.get(bucket.name) ?? fullBucket(bucket, nowMs));
    const { grant, states: after } = takeCalls(buckets, before, 'reserved', nowMs);
    for (const [index, state] of after.entries()) states.set(buckets[index]?.name ?? '', state);
    return grant.granted;
  };
}

test.each(METHODS)('%s: a minute of calls stays below what Slack allows', (method) => {
  const limit = METHOD_LIMITS.get(method);
  for (const bucket of bucketsOf(method, 'C0OPS')) {
    const inMinute = bucket.perMinute + bucket.burst;
    const perChannel = limit?.kind === 'per-channel' && bucket.name.includes(':');
    const allowed = perChannel ? 60_000 / limit.everyMs : (limit?.calls ?? 0);
    expect(inMinute).toBeLessThan(allowed);
    expect(bucket.reserve).toBeLessThan(bucket.burst);
    expect(bucket.reserve).toBeGreaterThan(0);
  }
});

describe('what the budget lets through, Slack does too', () => {
  const arrivals = array(
    record({
      method: constantFrom(...METHODS),
      channel: constantFrom('C0OPS', 'C0OTHER', 'C0INC'),
      afterMs: integer({ min: 0, max: 400 }),
      times: integer({ min: 1, max: 30 }),
    }),
    { maxLength: 300, size: 'max' },
  );

  test('whatever the arrivals', () => {
    assertProperty(
      property(arrivals, (calls) => {
        let nowMs = 1_000_000;
        const take = sharedBuckets();
        const slack = createRateLimits(() => nowMs);
        const refused: string[] = [];
        for (const { method, channel, afterMs, times } of calls) {
          nowMs += afterMs;
          for (let each = 0; each < times; each += 1) {
            if (take(bucketsOf(method, channel), nowMs) && slack.take(method, channel) > 0) refused.push(method);
          }
        }
        expect(refused).toEqual([]);
      }),
    );
  });
});
