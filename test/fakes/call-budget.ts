import { type BucketState, fullBucket, restUntil, takeCalls } from '../../src/core/call-budget.ts';
import type { CallBudget } from '../../src/core/ports/call-budget.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { createFailures, type Failures } from './run-store-failures.ts';

/** A call budget in memory, with knobs for faults. Several clients that are given the same one share it. */
export interface FakeCallBudget extends CallBudget {
  /** Makes calls fail as when Redis cannot be reached. */
  readonly failures: Failures<keyof CallBudget>;
  /** Buckets as they are stored, by name. */
  readonly states: Map<string, BucketState>;
}

/** Makes a budget in which every bucket is full. */
export function createFakeCallBudget(clock: Pick<Clock, 'nowMs'>): FakeCallBudget {
  const states = new Map<string, BucketState>();
  const rests = new Map<string, number>();
  const failures = createFailures<keyof CallBudget>();
  return {
    failures,
    states,
    take: (buckets, use) =>
      failures.call('take', () => {
        const nowMs = clock.nowMs();
        const stored = buckets.map((bucket) => ({
          ...(states.get(bucket.name) ?? fullBucket(bucket, nowMs)),
          pausedUntilMs: rests.get(bucket.name) ?? 0,
        }));
        const { grant, states: after } = takeCalls(buckets, stored, use, nowMs);
        for (const [index, state] of after.entries()) {
          const name = buckets[index]?.name ?? '';
          states.set(name, state);
          if (rests.has(name)) rests.set(name, state.pausedUntilMs);
        }
        return grant;
      }),
    pause: (bucket, forMs) =>
      failures.call('pause', () => {
        rests.set(bucket, restUntil(rests.get(bucket) ?? 0, forMs, clock.nowMs()));
      }),
  };
}
