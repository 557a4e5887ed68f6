import { beforeEach, describe, expect, test } from 'vitest';
import { createSharedReads, type SharedReads } from '../../../../../src/adapters/slack/people/shared-reads.ts';
import type { SlackResult } from '../../../../../src/adapters/slack/result.ts';
import type { CallUse } from '../../../../../src/core/ports/call-budget.ts';
import { createFakeClock, type FakeClock, flush } from '../../../../support/fake-clock.ts';

/** A read that was begun: it is answered by the test. */
interface Begun {
  readonly use: CallUse;
  answer(result: SlackResult<string>): Promise<void>;
}

let clock: FakeClock;
let begun: Begun[];
let reads: SharedReads<string>;

beforeEach(() => {
  clock = createFakeClock();
  begun = [];
  reads = createSharedReads({
    clock,
    recentUse: 'ordinary',
    read: async (_key, use) => {
      const result = Promise.withResolvers<SlackResult<string>>();
      begun.push({
        use,
        answer: async (given) => {
          result.resolve(given);
          await flush();
        },
      });
      return await result.promise;
    },
  });
});

function ok(value: string): SlackResult<string> {
  return { kind: 'ok', value };
}

async function answerNewest(result: SlackResult<string>): Promise<void> {
  await flush();
  await begun.at(-1)?.answer(result);
}

/** Reads it for whoever wants something recent. */
async function know(value: string): Promise<void> {
  const asked = reads('g', 'recent');
  await answerNewest(ok(value));
  await asked;
}

describe('fresh', () => {
  test('whoever asks in the same moment shares one read', async () => {
    const asked = [reads('g', 'fresh'), reads('g', 'fresh'), reads('g', 'fresh')];
    await answerNewest(ok('now'));

    expect(await Promise.all(asked)).toEqual([ok('now'), ok('now'), ok('now')]);
    expect(begun.map(({ use }) => use)).toEqual(['reserved']);
  });

  test('a read that began before the question is no answer to it', async () => {
    const first = reads('g', 'fresh');
    await flush();
    const second = reads('g', 'fresh');
    const third = reads('g', 'fresh');
    await begun[0]?.answer(ok('before'));
    expect(await first).toEqual(ok('before'));
    await answerNewest(ok('after'));

    expect(await Promise.all([second, third])).toEqual([ok('after'), ok('after')]);
    expect(begun).toHaveLength(2);
  });

  test('what was read for one is recent for all, and never fresh', async () => {
    const first = reads('g', 'fresh');
    await answerNewest(ok('one'));
    await first;

    expect(await reads('g', 'recent')).toEqual(ok('one'));
    const again = reads('g', 'fresh');
    await answerNewest(ok('two'));
    expect(await again).toEqual(ok('two'));
  });

  test('a read that hangs holds up the next one for two seconds, and its late answer replaces no newer one', async () => {
    const first = reads('g', 'fresh');
    await flush();
    const second = reads('g', 'fresh');
    await clock.advance(2000);
    expect(begun).toHaveLength(2);
    await begun[1]?.answer(ok('newer'));
    await begun[0]?.answer(ok('older'));

    expect([await first, await second]).toEqual([ok('older'), ok('newer')]);
    expect(await reads('g', 'recent')).toEqual(ok('newer'));
  });

  test('without any answer it ends after eight seconds, also when something recent is known', async () => {
    const known = reads('g', 'fresh');
    await answerNewest(ok('old'));
    await known;
    const asked = reads('g', 'fresh');
    await clock.advance(8000);

    expect(await asked).toEqual({ kind: 'unavailable', error: 'no answer in time' });
  });

  test('while it waits for the budget others join, and one read answers all', async () => {
    const first = reads('g', 'fresh');
    await answerNewest({ kind: 'rate-limited', retryAfterMs: 5000 });
    const second = reads('g', 'fresh');
    const third = reads('g', 'fresh');
    expect(begun).toHaveLength(1);
    await clock.advance(5000);
    await answerNewest(ok('then'));

    expect(await Promise.all([first, second, third])).toEqual([ok('then'), ok('then'), ok('then')]);
    expect(begun).toHaveLength(2);
  });

  test('a pause that is longer than anybody waits is told at once', async () => {
    const asked = reads('g', 'fresh');
    await answerNewest({ kind: 'rate-limited', retryAfterMs: 30_000 });

    expect(await asked).toEqual({ kind: 'rate-limited', retryAfterMs: 30_000 });
  });

  test('three tries without an answer are enough; a refusal is not repeated', async () => {
    const asked = reads('g', 'fresh');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await answerNewest({ kind: 'unavailable', error: 'HTTP status 500' });
      await clock.advance(500);
    }
    expect(await asked).toMatchObject({ kind: 'unavailable' });
    expect(begun).toHaveLength(3);
    const refused = reads('g', 'fresh');
    await answerNewest({ kind: 'refused', error: 'no_such_subteam' });

    expect(await refused).toMatchObject({ kind: 'refused' });
    expect(begun).toHaveLength(4);
  });

  test('keys do not wait for each other', async () => {
    const one = reads('one', 'fresh');
    const other = reads('other', 'fresh');
    await flush();
    expect(begun).toHaveLength(2);
    await begun[1]?.answer(ok('other'));
    await begun[0]?.answer(ok('one'));

    expect(await Promise.all([one, other])).toEqual([ok('one'), ok('other')]);
  });
});

describe('recent', () => {
  test('is asked once a minute', async () => {
    await know('one');
    await clock.advance(60_000);
    expect(await reads('g', 'recent')).toEqual(ok('one'));
    await clock.advance(1);
    await know('two');

    expect(begun.map(({ use }) => use)).toEqual(['ordinary', 'ordinary']);
  });

  test('is believed for ten minutes while nobody answers, and no longer', async () => {
    await know('one');
    await clock.advance(600_000);
    const asked = reads('g', 'recent');
    await answerNewest({ kind: 'unavailable', error: 'HTTP status 500' });
    expect(await asked).toEqual(ok('one'));
    await clock.advance(1);
    const later = reads('g', 'recent');
    await answerNewest({ kind: 'unavailable', error: 'HTTP status 500' });

    expect(await later).toMatchObject({ kind: 'unavailable' });
  });

  test('a call that hangs is waited for for two seconds', async () => {
    await know('one');
    await clock.advance(60_001);
    const asked = reads('g', 'recent');
    await clock.advance(2000);

    expect(await asked).toEqual(ok('one'));
  });

  test('a clock that is set back makes it too old, so it is read again', async () => {
    const ahead = createFakeClock(clock.nowMs() + 3_600_000);
    let clockNow = ahead;
    const seen: string[] = [];
    const read = createSharedReads<string>({
      clock: { ...clock, nowMs: () => clockNow.nowMs() },
      recentUse: 'ordinary',
      read: async () => {
        seen.push('read');
        return await Promise.resolve(ok(`${seen.length}`));
      },
    });
    expect(await read('g', 'recent')).toEqual(ok('1'));
    clockNow = clock;

    expect(await read('g', 'recent')).toEqual(ok('2'));
    expect(await read('g', 'recent')).toEqual(ok('2'));
  });
});
