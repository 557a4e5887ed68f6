import { describe, expect, test } from 'vitest';
import { measureCards } from '../../../src/app/measured-cards.ts';
import type { CardStore } from '../../../src/core/ports/card-store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** A card store in which one run waits until it is marked clean. */
function oneWaiting(): CardStore {
  const waiting = new Set(['run-1']);
  return {
    dirty: async () => await Promise.resolve([...waiting].map((runId) => ({ runId, version: 3 }))),
    clean: async (runId) => {
      waiting.delete(runId);
      await Promise.resolve();
    },
    card: async () => await Promise.resolve(null),
    save: async () => await Promise.resolve(true),
    touch: async (runId) => {
      waiting.add(runId);
      await Promise.resolve();
    },
    doubt: async () => await Promise.resolve(),
    incident: async () => await Promise.resolve(null),
    saveIncident: async () => await Promise.resolve(true),
    doubtIncident: async () => await Promise.resolve(),
    elect: async (_name, who) => await Promise.resolve(who === 'me'),
    resign: async () => await Promise.resolve(),
    onChange: async () => await Promise.resolve(async () => await Promise.resolve()),
  };
}

describe('measureCards', () => {
  test('measures from the first look at a change to its delivery, once', async () => {
    const clock = createFakeClock();
    const lags: number[] = [];
    const cards = measureCards(oneWaiting(), clock, (seconds) => lags.push(seconds));

    await cards.dirty(10);
    await clock.advance(2000);
    await cards.dirty(10);
    await clock.advance(500);
    await cards.clean('run-1', 3);
    await cards.clean('run-1', 3);

    expect(lags).toEqual([2.5]);
    expect(await cards.dirty(10)).toEqual([]);
  });

  test('measures the next change anew, and leaves everything else to the store', async () => {
    const clock = createFakeClock();
    const lags: number[] = [];
    const cards = measureCards(oneWaiting(), clock, (seconds) => lags.push(seconds));
    await cards.dirty(10);
    await cards.clean('run-1', 3);

    await clock.advance(9000);
    await cards.touch('run-1');
    await cards.dirty(10);
    await clock.advance(1000);
    await cards.clean('run-1', 4);

    expect(lags).toEqual([0, 1]);
    expect(await cards.elect('office', 'me', 1)).toBe(true);
    expect(await cards.card('run-1')).toBeNull();
    expect(await cards.incident('prod')).toBeNull();
  });

  test.each(['elected', 'dirty'])('what another process delivered meanwhile is not counted (%s)', async (how) => {
    const clock = createFakeClock();
    const lags: number[] = [];
    const store = oneWaiting();
    const cards = measureCards(store, clock, (seconds) => lags.push(seconds));
    await cards.dirty(10);
    if (how === 'elected') await cards.elect('office', 'another', 1);
    await store.clean('run-1', 3);
    if (how === 'dirty') await cards.dirty(10);
    await clock.advance(3_600_000);
    await cards.touch('run-1');
    await cards.dirty(10);
    await clock.advance(1000);
    await cards.clean('run-1', 4);

    expect(lags).toEqual([1]);
  });
});
