import { array, assert as assertProperty, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BucketState,
  fullBucket,
  LONGEST_PAUSE_MS,
  PER_CALL,
  restUntil,
  takeCalls,
} from '../../../src/core/call-budget.ts';
import type { CallBucket, CallUse } from '../../../src/core/ports/call-budget.ts';

const BUCKET: CallBucket = { name: 'chat.update', perMinute: 40, burst: 9, reserve: 5 };
const MINUTE = 60_000;

const anyBucket = record({
  perMinute: integer({ min: 1, max: 200 }),
  burst: integer({ min: 1, max: 20 }),
  reserve: integer({ min: 0, max: 19 }),
}).map(({ perMinute, burst, reserve }): CallBucket => {
  return { name: 'any', perMinute, burst, reserve: Math.min(reserve, burst - 1) };
});

/** Asks one after another, each some ms after the one before. */
function arrivals(uses: readonly CallUse[]) {
  return array(record({ afterMs: integer({ min: 0, max: 3000 }), use: constantFrom(...uses) }), {
    maxLength: 300,
    size: 'max',
  });
}

interface Asked {
  readonly atMs: number;
  readonly use: CallUse;
  readonly granted: boolean;
  readonly retryAfterMs: number;
  readonly before: BucketState;
}

function play(bucket: CallBucket, calls: readonly { readonly afterMs: number; readonly use: CallUse }[]) {
  const asked: Asked[] = [];
  let nowMs = 1_000_000;
  let state = fullBucket(bucket, nowMs);
  for (const { afterMs, use } of calls) {
    nowMs += afterMs;
    const { grant, states } = takeCalls([bucket], [state], use, nowMs);
    const retryAfterMs = grant.granted ? 0 : grant.retryAfterMs;
    asked.push({ atMs: nowMs, use, granted: grant.granted, retryAfterMs, before: state });
    state = states[0] ?? state;
  }
  return asked;
}

describe('one bucket', () => {
  test('in any minute at most burst + perMinute calls that may wait are let through', () => {
    assertProperty(
      property(anyBucket, arrivals(['ordinary', 'reserved', 'at-once']), (bucket, calls) => {
        const through = play(bucket, calls).filter((each) => each.granted && each.use !== 'at-once');
        for (const { atMs } of through) {
          const inMinute = through.filter((each) => each.atMs >= atMs && each.atMs <= atMs + MINUTE);
          expect(inMinute.length).toBeLessThanOrEqual(bucket.burst + bucket.perMinute);
        }
      }),
    );
  });

  test('ordinary calls leave the reserve to the others', () => {
    assertProperty(
      property(anyBucket, arrivals(['ordinary']), (bucket, calls) => {
        const last = play(bucket, calls).at(-1);
        if (last === undefined) return;
        let state = last.before;
        for (let each = 0; each < bucket.reserve; each += 1) {
          const taken = takeCalls([bucket], [state], 'reserved', last.atMs);
          expect(taken.grant).toEqual({ granted: true });
          state = taken.states[0] ?? state;
        }
      }),
    );
  });

  test('a call that is put off is let through when it was told to come back, and not a millisecond before', () => {
    assertProperty(
      property(anyBucket, arrivals(['ordinary', 'reserved', 'at-once']), (bucket, calls) => {
        for (const { granted, retryAfterMs, before, use, atMs } of play(bucket, calls)) {
          if (granted) continue;
          expect(retryAfterMs).toBeGreaterThan(0);
          expect(takeCalls([bucket], [before], use, atMs + retryAfterMs).grant).toEqual({ granted: true });
          expect(takeCalls([bucket], [before], use, atMs + retryAfterMs - 1).grant.granted).toBe(false);
        }
      }),
    );
  });

  test('somebody who waits for an answer is never put off, and the others make room for it', () => {
    const flood = Array.from({ length: 500 }, () => ({ afterMs: 0, use: 'at-once' as const }));
    const asked = play(BUCKET, flood);
    const last = asked.at(-1)?.before ?? fullBucket(BUCKET, 0);
    expect(asked.every((each) => each.granted)).toBe(true);
    expect(last.level).toBe(-(BUCKET.burst + BUCKET.perMinute) * PER_CALL);
    const grant = takeCalls([BUCKET], [last], 'reserved', last.atMs).grant;
    expect(grant).toEqual({ granted: false, retryAfterMs: (50 * MINUTE) / BUCKET.perMinute });
  });

  test('a pause holds back all but at-once; a shorter one does not end it; afterwards it goes on', () => {
    const resting = { ...fullBucket(BUCKET, 0), pausedUntilMs: restUntil(restUntil(0, 30_000, 0), 1000, 0) };
    expect(takeCalls([BUCKET], [resting], 'reserved', 10_000).grant).toEqual({ granted: false, retryAfterMs: 20_000 });
    expect(takeCalls([BUCKET], [resting], 'at-once', 10_000).grant).toEqual({ granted: true });
    expect(takeCalls([BUCKET], [resting], 'ordinary', 30_000).grant).toEqual({ granted: true });
  });

  test('a clock that was set back neither gives calls nor takes any', () => {
    const bucket = { ...BUCKET, burst: 1, reserve: 0 };
    const { states } = takeCalls([bucket], [], 'reserved', 1_000_000);
    expect(takeCalls([bucket], states, 'reserved', 5000).grant).toEqual({ granted: false, retryAfterMs: 1500 });
  });

  test('a clock that was set back by anything holds nobody longer than a drained bucket or the longest pause', () => {
    assertProperty(
      property(
        anyBucket,
        integer({ min: 0, max: 2 ** 42 }),
        integer({ min: 0, max: 2 ** 42 }),
        (bucket, backMs, forMs) => {
          const beforeMs = 2 ** 43;
          const drained = { level: 0, atMs: beforeMs, pausedUntilMs: restUntil(0, forMs, beforeMs) };
          const nowMs = beforeMs - backMs;
          const first = takeCalls([bucket], [drained], 'reserved', nowMs);
          const waitMs = first.grant.granted ? 0 : first.grant.retryAfterMs;
          expect(waitMs).toBeLessThanOrEqual(Math.max(LONGEST_PAUSE_MS, Math.ceil(PER_CALL / bucket.perMinute)));
          expect(takeCalls([bucket], first.states, 'reserved', nowMs + waitMs).grant).toEqual({ granted: true });
        },
      ),
    );
  });

  test('a pause that was asked for before the clock was set back ends within the longest pause', () => {
    const resting = { ...fullBucket(BUCKET, 0), pausedUntilMs: 3_600_000 + LONGEST_PAUSE_MS };
    const denied = takeCalls([BUCKET], [resting], 'reserved', 1000);
    expect(denied.grant).toEqual({ granted: false, retryAfterMs: LONGEST_PAUSE_MS });
    expect(takeCalls([BUCKET], denied.states, 'reserved', 1000 + LONGEST_PAUSE_MS).grant).toEqual({ granted: true });
    expect(restUntil(3_600_000, 30_000, 0)).toBe(LONGEST_PAUSE_MS);
    expect(restUntil(0, 3_600_000, 0)).toBe(LONGEST_PAUSE_MS);
  });
});

describe('several buckets', () => {
  const CHANNEL: CallBucket = { name: 'chat.postMessage:C0OPS', perMinute: 54, burst: 1, reserve: 0 };

  test('all are taken from, or none', () => {
    const first = takeCalls([BUCKET, CHANNEL], [], 'ordinary', 0);
    const second = takeCalls([BUCKET, CHANNEL], first.states, 'ordinary', 0);
    expect(first.states.map((state) => state.level / PER_CALL)).toEqual([8, 0]);
    expect(second.grant).toEqual({ granted: false, retryAfterMs: 1112 });
    expect(second.states).toEqual(first.states);
  });

  test('the longest wait is the one that is told', () => {
    const empty = { level: 0, atMs: 0, pausedUntilMs: 0 };
    const grant = takeCalls([BUCKET, CHANNEL], [empty, empty], 'ordinary', 0).grant;
    expect(grant).toEqual({ granted: false, retryAfterMs: 9000 });
  });
});
