import { array, assert, asyncProperty, boolean, constantFrom, nat, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locksConflict } from '../../../src/core/lock.ts';
import { claimed, foreign, LONG, lock, NOW, newRun, owned } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

describe.each(implementations)('locks ($name)', ({ start }) => {
  let stores: Stores;
  const open = useStores(start, (opened) => {
    stores = opened;
  });

  async function take(id: string, seen: number, ...names: readonly string[]): Promise<string> {
    const write = { takeLocks: names.map((name) => lock(name, id)) };
    return (await stores.runs.append(id, foreign(null, seen, write))).kind;
  }

  test('a lock stands against its equal, what is under it and what is over it', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.create(newRun('b'));
    expect(await take('a', 1, 'cluster/prod/etcd')).toBe('ok');
    for (const name of ['cluster/prod/etcd', 'cluster/prod', 'cluster', 'cluster/prod/etcd/m-1']) {
      expect([name, await take('b', 1, name)]).toEqual([name, 'lock-held']);
    }
    const free = [
      'cluster/prod/etc',
      'cluster/prod/etcd-2',
      'cluster/prod/nodegroup/a',
      'cluster/production',
      'cluster/dev',
    ];
    expect(await take('b', 1, ...free)).toBe('ok');
    expect((await stores.runs.locks()).map((each) => each.name)).toEqual(['cluster/prod/etcd', ...free].toSorted());
  });

  test('the holder is named, and what the run holds already is taken again silently', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.create(newRun('b'));
    await take('a', 1, 'cluster/prod');
    const again = { ...lock('cluster/prod', 'a'), since: '2027-01-01T00:00:00.000Z' };
    const write = { takeLocks: [again, lock('cluster/prod/etcd', 'a')] };
    expect((await stores.runs.append('a', foreign(null, 2, write))).kind).toBe('ok');
    expect(await stores.runs.locks()).toEqual([lock('cluster/prod', 'a'), lock('cluster/prod/etcd', 'a')]);
    const refused = await stores.runs.append('b', foreign(null, 1, { takeLocks: [lock('cluster/prod/etcd/x', 'b')] }));
    expect(refused).toEqual({ kind: 'lock-held', lock: lock('cluster/prod', 'a') });
  });

  test('all locks of a write are taken, or none', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.create(newRun('b'));
    await take('a', 1, 'cluster/b');
    expect(await take('b', 1, 'cluster/a', 'cluster/b', 'cluster/c')).toBe('lock-held');
    expect((await stores.runs.locks()).map((each) => each.name)).toEqual(['cluster/b']);
  });

  test('of 30 runs that want the same lock at once one gets it', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    for (const id of ids) await stores.runs.create(newRun(id));
    const names = ['cluster/prod', 'cluster/prod/etcd', 'cluster/prod/etcd/m-1'];
    const answers = await Promise.all(ids.map((id, index) => take(id, 1, names[index % 3] ?? '')));
    expect(answers.filter((answer) => answer === 'ok').length).toBe(1);
    expect((await stores.runs.locks()).length).toBe(1);
  });

  test('the end releases every lock of the run and no other', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.create(newRun('b'));
    await take('a', 1, 'cluster/prod', 'cluster/dev');
    await take('b', 1, 'cluster/test');
    await stores.runs.append('a', owned(lease, 2, { end: { keepMs: LONG, nowMs: NOW } }));
    expect(await stores.runs.locks()).toEqual([lock('cluster/test', 'b')]);
    expect(await take('b', 2, 'cluster/prod/etcd')).toBe('ok');
  });

  test('locks taken by the write that ends the run are not left behind', async () => {
    await stores.runs.create(newRun('a'));
    const write = { takeLocks: [lock('cluster/prod', 'a')], end: { keepMs: LONG, nowMs: NOW } };
    expect((await stores.runs.append('a', foreign(null, 1, write))).kind).toBe('ok');
    expect(await stores.runs.locks()).toEqual([]);
  });

  test('locks outlive the lease: a crashed worker sets nothing free', async () => {
    const lease = await claimed(stores.runs, 'a', 'w-1', 30);
    await stores.runs.append('a', owned(lease, 1, { takeLocks: [lock('cluster/prod', 'a')] }));
    await stores.passTime(30);
    await stores.runs.create(newRun('b'));
    expect(await take('b', 1, 'cluster/prod')).toBe('lock-held');
  });

  test.each(['', '{"runId":', 'null', '[]', '"text"', '{"v":2}', '{"runId":7}', '{"name":"cluster/dev","runId":"c"}'])(
    'an entry that cannot be read (%j) is named, holds its lock, and stands in nobody else’s way',
    async (text) => {
      const unreadable = { name: 'cluster/dev', runId: '?', owner: '?', reason: 'unreadable entry', since: '' };
      await stores.runs.create(newRun('a'));
      await stores.runs.create(newRun('b'));
      await stores.spoilLock('cluster/dev', text);

      expect(await stores.runs.locks()).toEqual([unreadable]);
      expect(await take('a', 1, 'cluster/prod')).toBe('ok');
      const refused = await stores.runs.append('b', foreign(null, 1, { takeLocks: [lock('cluster/dev/etcd', 'b')] }));
      expect(refused).toEqual({ kind: 'lock-held', lock: unreadable });
      const end = { end: { keepMs: LONG, nowMs: NOW } };
      expect((await stores.runs.append('a', foreign(null, 2, end))).kind).toBe('ok');
      expect(await stores.runs.locks()).toEqual([unreadable]);
    },
  );

  test('whatever runs ask for in whatever order, no two hold locks that exclude each other', async () => {
    const part = constantFrom('a', 'b', 'ab');
    const name = array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const action = record({ run: nat(3), names: array(name, { maxLength: 2 }), ends: boolean() });
    await assert(
      asyncProperty(array(action, { maxLength: 12 }), async (actions) => {
        stores = await open();
        const versions = [1, 1, 1, 1];
        for (const index of versions.keys()) await stores.runs.create(newRun(`r-${index}`));
        for (const { run, names, ends } of actions) {
          const id = `r-${run}`;
          const write = { takeLocks: names.map((each) => lock(each, id)) };
          const isOver = !(await stores.runs.unfinished()).includes(id);
          if (isOver) continue;
          const answer = await stores.runs.append(
            id,
            foreign(null, versions[run] ?? 0, ends ? { ...write, end: { keepMs: LONG, nowMs: NOW } } : write),
          );
          if (answer.kind === 'ok') versions[run] = answer.version;
        }
        const held = await stores.runs.locks();
        const unfinished = await stores.runs.unfinished();
        expect(held.every((each) => unfinished.includes(each.runId))).toBe(true);
        const foes = held.filter((one) =>
          held.some((two) => one.runId !== two.runId && locksConflict(one.name, two.name)),
        );
        expect(foes).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
