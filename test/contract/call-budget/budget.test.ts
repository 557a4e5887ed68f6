import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  record,
  subarray,
} from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallBucket, CallBudget, CallUse } from '../../../src/core/ports/call-budget.ts';
import { type BudgetSource, implementations, type SharedBudget } from './budgets.ts';

const UPDATE: CallBucket = { name: 'chat.update', perMinute: 40, burst: 9, reserve: 5 };
const POST: CallBucket = { name: 'chat.postMessage', perMinute: 180, burst: 20, reserve: 8 };
const CHANNEL: CallBucket = { name: 'chat.postMessage:C0OPS', perMinute: 54, burst: 4, reserve: 2 };
const GRANTED = { granted: true } as const;

function after(retryAfterMs: number) {
  return { granted: false, retryAfterMs } as const;
}

async function takeTimes(budget: CallBudget, bucket: CallBucket, use: CallUse, times: number) {
  const grants = [];
  for (let each = 0; each < times; each += 1) grants.push(await budget.take([bucket], use));
  return grants;
}

describe.each(implementations)('call budget ($name)', ({ start }) => {
  let source: BudgetSource;
  let shared: SharedBudget;
  beforeAll(async () => {
    source = await start();
  });
  afterAll(async () => source.stop());
  beforeEach(() => {
    shared = source.open();
  });

  test('two processes share one bucket, and the reserve is for what cannot wait', async () => {
    const grants = [
      ...(await takeTimes(shared.one, UPDATE, 'ordinary', 2)),
      ...(await takeTimes(shared.other, UPDATE, 'ordinary', 3)),
    ];
    expect(grants).toEqual([GRANTED, GRANTED, GRANTED, GRANTED, after(1500)]);
    expect(await takeTimes(shared.one, UPDATE, 'reserved', 3)).toEqual([GRANTED, GRANTED, GRANTED]);
    expect(await takeTimes(shared.other, UPDATE, 'reserved', 3)).toEqual([GRANTED, GRANTED, after(1500)]);
  });

  test('calls at once from two processes get no more than there is', async () => {
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? shared.one : shared.other));
    const grants = await Promise.all(asked.map((budget) => budget.take([UPDATE], 'reserved')));
    expect(grants.filter((grant) => grant.granted)).toHaveLength(9);
  });

  test('a bucket fills evenly, up to its burst', async () => {
    await takeTimes(shared.one, UPDATE, 'reserved', 9);
    shared.passTime(1499);
    expect(await shared.one.take([UPDATE], 'reserved')).toEqual(after(1));
    shared.passTime(1);
    expect(await shared.one.take([UPDATE], 'reserved')).toEqual(GRANTED);
    shared.passTime(3_600_000);
    const grants = await takeTimes(shared.one, UPDATE, 'reserved', 10);
    expect(grants.filter((grant) => grant.granted)).toHaveLength(9);
  });

  test('a channel that is dry takes nothing from the workspace, and holds up no other channel', async () => {
    await takeTimes(shared.one, CHANNEL, 'reserved', 4);
    expect(await shared.one.take([POST, CHANNEL], 'ordinary')).toEqual(after(3334));
    const other = { ...CHANNEL, name: 'chat.postMessage:C0OTHER' };
    expect(await shared.one.take([POST, other], 'ordinary')).toEqual(GRANTED);
    const rest = await takeTimes(shared.one, POST, 'reserved', 25);
    expect(rest.filter((grant) => grant.granted)).toHaveLength(19);
  });

  test('somebody who waits for an answer is never put off, and the others make room', async () => {
    const grants = await takeTimes(shared.one, UPDATE, 'at-once', 12);
    expect(grants.every((grant) => grant.granted)).toBe(true);
    expect(await shared.other.take([UPDATE], 'reserved')).toEqual(after(6000));
  });

  test('a pause holds for all processes; a longer one stands; answers to people go through', async () => {
    await shared.one.pause(UPDATE.name, 30_000);
    await shared.other.pause(UPDATE.name, 1000);
    expect(await shared.other.take([UPDATE], 'reserved')).toEqual(after(30_000));
    expect(await shared.other.take([UPDATE], 'at-once')).toEqual(GRANTED);
    expect(await shared.other.take([POST], 'ordinary')).toEqual(GRANTED);
    shared.passTime(29_999);
    expect(await shared.one.take([UPDATE], 'ordinary')).toEqual(after(1));
    shared.passTime(1);
    expect(await shared.one.take([UPDATE], 'ordinary')).toEqual(GRANTED);
  });

  test('a clock that is set back holds calls no longer than before', async () => {
    await takeTimes(shared.one, UPDATE, 'reserved', 9);
    shared.passTime(-3_600_000);
    expect(await shared.one.take([UPDATE], 'reserved')).toEqual(after(1500));
    shared.passTime(1500);
    expect(await shared.other.take([UPDATE], 'reserved')).toEqual(GRANTED);
  });

  test('a pause ends within ten minutes, also when the clock is set back meanwhile', async () => {
    await shared.one.pause(CHANNEL.name, 3_600_000);
    expect(await shared.one.take([CHANNEL], 'reserved')).toEqual(after(600_000));
    shared.passTime(-7_200_000);
    expect(await shared.one.take([CHANNEL], 'reserved')).toEqual(after(600_000));
    shared.passTime(600_000);
    expect(await shared.other.take([CHANNEL], 'reserved')).toEqual(GRANTED);
  });
});

describe('the two implementations', () => {
  let sources: readonly BudgetSource[] = [];
  beforeAll(async () => {
    sources = [];
    for (const { start } of implementations) sources = [...sources, await start()];
  });
  afterAll(async () => {
    for (const source of sources) await source.stop();
  });

  test('answer every sequence of calls alike', async () => {
    const act = oneof(
      {
        weight: 8,
        arbitrary: record({
          buckets: subarray([UPDATE, POST, CHANNEL], { minLength: 1 }),
          use: constantFrom<CallUse>('ordinary', 'reserved', 'at-once'),
          afterMs: oneof(
            { weight: 9, arbitrary: integer({ min: -500, max: 2500 }) },
            { weight: 1, arbitrary: integer({ min: -5_000_000, max: 1_000_000 }) },
          ),
        }),
      },
      {
        weight: 1,
        arbitrary: record({
          pause: constantFrom(UPDATE.name, CHANNEL.name),
          forMs: oneof(integer({ min: 1, max: 20_000 }), integer({ min: 1, max: 2_000_000 })),
          afterMs: integer({ min: 0, max: 2500 }),
        }),
      },
    );
    await assertProperty(
      asyncProperty(array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        const [fake, redis] = sources.map((source) => source.open());
        if (fake === undefined || redis === undefined) throw new Error('two implementations are compared');
        for (const each of acts) {
          const answers = [];
          for (const { one, passTime } of [fake, redis]) {
            passTime(each.afterMs);
            answers.push(
              'pause' in each ? await one.pause(each.pause, each.forMs) : await one.take(each.buckets, each.use),
            );
          }
          expect(answers[1]).toEqual(answers[0]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
