import { describe, expect, test } from 'vitest';
import { newRun } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

describe.each(implementations)('what a request made ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  test('is found by its key, and only by that', async () => {
    expect(await stores.runs.requested('schedule/a/1')).toBeNull();
    await stores.runs.create(newRun('a', { idempotencyKey: 'schedule/a/1' }));
    await stores.runs.create(newRun('b', { idempotencyKey: 'schedule/a/1' }));
    expect(await stores.runs.requested('schedule/a/1')).toBe('a');
    expect([await stores.runs.requested('schedule/a'), await stores.runs.requested('')]).toEqual([null, null]);
  });
});
