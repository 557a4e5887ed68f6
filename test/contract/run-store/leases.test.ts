import { describe, expect, test } from 'vitest';
import { claimed, entry, foreign, LONG, lock, NOW, newRun, notesOf, owned, versionOf } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

const SHORT = 40;

describe.each(implementations)('leases and due times ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  test('one of many workers gets the lease', async () => {
    await stores.runs.create(newRun('a'));
    const workers = Array.from({ length: 20 }, (_, index) => `w-${index}`);
    const answers = await Promise.all(workers.map((worker) => stores.runs.claim('a', worker, LONG, NOW)));
    const granted = answers.filter((answer) => answer !== null);
    expect(granted.length).toBe(1);
    expect(granted[0]).toMatchObject({ runId: 'a', epoch: 1 });
    expect((await stores.runs.read('a'))?.epoch).toBe(1);
  });

  test('nobody claims what is missing, held (also by itself) or finished', async () => {
    expect(await stores.runs.claim('a', 'w-1', LONG, NOW)).toBeNull();
    const lease = await claimed(stores.runs, 'a');
    expect(await stores.runs.claim('a', 'w-1', LONG, NOW)).toBeNull();
    await stores.runs.append('a', owned(lease, 1, { end: { keepMs: LONG, nowMs: NOW } }));
    expect(await stores.runs.claim('a', 'w-2', LONG, NOW)).toBeNull();
    expect(await stores.runs.remaining(lease)).toBe(0);
  });

  test('the epoch grows with each grant and the version does not', async () => {
    const first = await claimed(stores.runs, 'a');
    await stores.runs.release(first, NOW);
    const second = await stores.runs.claim('a', 'w-1', SHORT, NOW);
    await stores.passTime(SHORT);
    const third = await stores.runs.claim('a', 'w-3', LONG, NOW);
    expect([first.epoch, second?.epoch, third?.epoch]).toEqual([1, 2, 3]);
    expect(await stores.runs.read('a')).toMatchObject({ epoch: 3, version: 1 });
  });

  test('a worker that lost its lease writes nothing', async () => {
    const old = await claimed(stores.runs, 'a', 'w-1', SHORT);
    expect(await stores.runs.remaining(old)).toBeGreaterThan(0);
    await stores.passTime(SHORT);
    expect(await stores.runs.remaining(old)).toBe(0);
    await expectPowerless(stores, old);
    // The same worker again is another epoch: what it began under the old one stays refused.
    const young = await stores.runs.claim('a', 'w-1', LONG, NOW);
    await expectPowerless(stores, old);
    expect(await notesOf(stores.runs, 'a')).toEqual(['first']);
    expect(await stores.runs.remaining(young ?? old)).toBeGreaterThan(0);
    expect((await stores.runs.auditEntries(0, 10)).length).toBe(1);
  });

  test('a lost lease is told before a stale version', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.release(lease, NOW);
    expect(await stores.runs.append('a', owned(lease, 99))).toEqual({ kind: 'lost-lease' });
  });

  test('a lease of one run is none of another', async () => {
    const lease = await claimed(stores.runs, 'a');
    await claimed(stores.runs, 'b');
    expect(await stores.runs.append('b', owned(lease, 1))).toEqual({ kind: 'lost-lease' });
    expect(await versionOf(stores.runs, 'b')).toBe(1);
  });

  test('a renewed lease outlives its first time', async () => {
    const lease = await claimed(stores.runs, 'a', 'w-1', SHORT * 4);
    expect(await stores.runs.renew(lease, LONG, NOW)).toBe(true);
    await stores.passTime(SHORT * 4);
    expect(await stores.runs.remaining(lease)).toBeGreaterThan(LONG / 2);
    expect((await stores.runs.append('a', owned(lease, 1))).kind).toBe('ok');
  });

  test('a new run is due at once, a claimed one when its lease is over', async () => {
    await stores.runs.create(newRun('a'));
    expect(await stores.runs.due(NOW - 1, 10, 0)).toEqual([]);
    expect(await stores.runs.due(NOW, 10, 0)).toEqual(['a']);
    const lease = await stores.runs.claim('a', 'w-1', LONG, NOW);
    expect(await stores.runs.due(NOW + LONG - 1, 10, 0)).toEqual([]);
    if (lease !== null) await stores.runs.renew(lease, LONG, NOW + 1000);
    expect(await stores.runs.due(NOW + LONG, 10, 0)).toEqual([]);
    expect(await stores.runs.due(NOW + LONG + 1000, 10, 0)).toEqual(['a']);
  });

  test('a parked run sleeps until its time, free to be claimed', async () => {
    const lease = await claimed(stores.runs, 'a');
    expect(await stores.runs.park(lease, 1, NOW + 500)).toBe('ok');
    expect(await stores.runs.remaining(lease)).toBe(0);
    expect(await stores.runs.due(NOW + 499, 10, 0)).toEqual([]);
    expect(await stores.runs.due(NOW + 500, 10, 0)).toEqual(['a']);
    expect(await stores.runs.claim('a', 'w-2', LONG, NOW)).toMatchObject({ epoch: 2 });
  });

  test('parking is refused when something was written since, and the lease stays', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.append('a', foreign('vote', 1, { dueMs: NOW }));
    expect(await stores.runs.park(lease, 1, NOW + LONG)).toBe('stale');
    expect(await stores.runs.remaining(lease)).toBeGreaterThan(0);
    expect(await stores.runs.park(lease, 2, NOW + 7)).toBe('ok');
    expect(await stores.runs.due(NOW + 6, 10, 0)).toEqual([]);
  });

  test('park and vote at the same moment: the vote is seen or the run is due, in either order', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `r-${index}`);
    for (const id of ids) {
      const lease = await claimed(stores.runs, id);
      const vote = async (): Promise<unknown> => stores.runs.append(id, foreign('vote', 1, { dueMs: NOW }));
      const park = async (): Promise<unknown> => stores.runs.park(lease, 1, NOW + LONG);
      const [first, second] = id.endsWith('1') ? [vote, park] : [park, vote];
      await Promise.all([first(), second()]);
      const isDue = (await stores.runs.due(NOW, 100, LONG)).includes(id);
      const stillOwned = (await stores.runs.remaining(lease)) > 0;
      expect([id, isDue || stillOwned]).toEqual([id, true]);
    }
  });

  test('a write of others brings the time forward, never back', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.park(lease, 1, NOW + 500);
    await stores.runs.append('a', foreign('k1', 1, { dueMs: NOW + 900 }));
    expect(await stores.runs.due(NOW + 499, 10, 500)).toEqual([]);
    expect(await stores.runs.due(NOW + 500, 10, 500)).toEqual(['a']);
    await stores.runs.append('a', foreign('k2', 2, { dueMs: NOW + 3 }));
    expect(await stores.runs.due(NOW + 3, 10, 500)).toEqual(['a']);
  });

  test('a released run is due at once', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.release(lease, NOW + 1);
    expect(await stores.runs.due(NOW + 1, 10, 0)).toEqual(['a']);
    // A second release by somebody who no longer holds it takes nothing from the next holder.
    const next = await stores.runs.claim('a', 'w-2', LONG, NOW);
    await stores.runs.release(lease, NOW);
    expect(next === null ? 0 : await stores.runs.remaining(next)).toBeGreaterThan(0);
    expect(await stores.runs.due(NOW + 2, 10, 0)).toEqual([]);
  });

  test('the sweep puts off what it rang, and comes back to it when the ring was lost', async () => {
    await stores.runs.create(newRun('b', { nowMs: NOW - 5 }));
    await stores.runs.create(newRun('a', { nowMs: NOW - 9 }));
    await stores.runs.create(newRun('c', { nowMs: NOW - 7 }));
    expect(await stores.runs.due(NOW, 2, 100)).toEqual(['a', 'c']);
    expect(await stores.runs.due(NOW, 2, 100)).toEqual(['b']);
    expect(await stores.runs.due(NOW + 99, 10, 100)).toEqual([]);
    expect([...(await stores.runs.due(NOW + 100, 10, 100))].toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('with every ring lost the sweep finds each unfinished run again and again', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `r-${index}`);
    for (const id of ids) {
      const lease = await claimed(stores.runs, id, 'w-1', SHORT);
      if (id.endsWith('3')) await stores.runs.park(lease, 1, NOW + SHORT);
    }
    await stores.passTime(SHORT);
    for (const round of [1, 2, 3]) {
      const found = await stores.runs.due(NOW + SHORT * round, 100, SHORT);
      expect([...found].toSorted()).toEqual(ids.toSorted());
    }
    for (const id of ids) expect(await stores.runs.claim(id, 'w-2', LONG, NOW)).not.toBeNull();
  });

  test('two sweeps at once ring each run once', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    for (const id of ids) await stores.runs.create(newRun(id));
    const sweeps = Array.from({ length: 6 }, async () => stores.runs.due(NOW, 10, LONG));
    expect((await Promise.all(sweeps)).flat().toSorted()).toEqual(ids.toSorted());
  });
});

async function expectPowerless({ runs }: Stores, lease: Parameters<typeof owned>[0]): Promise<void> {
  const write = { takeLocks: [lock('cluster/prod', 'a')], audit: [entry('x')], end: { keepMs: 1, nowMs: NOW } };
  expect(await runs.append('a', owned(lease, 1, write))).toEqual({ kind: 'lost-lease' });
  expect(await runs.park(lease, 1, NOW)).toBe('lost-lease');
  expect(await runs.renew(lease, LONG, NOW)).toBe(false);
  expect(await runs.remaining(lease)).toBe(0);
  await runs.release(lease, NOW);
  expect(await runs.locks()).toEqual([]);
  expect(await runs.unfinished()).toEqual(['a']);
}
