import { describe, expect, test } from 'vitest';
import { claimed, entry, foreign, LONG, NOW, newRun, owned, versionOf } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

describe.each(implementations)('lists, audit and keeping ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  async function ended(id: string, keepMs: number, nowMs = NOW): Promise<void> {
    const lease = await claimed(stores.runs, id);
    await stores.runs.append(id, owned(lease, 1, { end: { keepMs, nowMs } }));
  }

  async function listed(cluster: string | null, limit = 100): Promise<readonly string[]> {
    return (await stores.runs.list({ cluster, limit })).map((run) => run.id);
  }

  test('runs are listed newest first, whatever their ids and times', async () => {
    await stores.runs.create(newRun('m', { nowMs: NOW + 9 }));
    await stores.runs.create(newRun('z', { cluster: 'dev', runbook: 'backup' }));
    await stores.runs.create(newRun('a'));
    await ended('k', LONG);
    expect(await listed(null)).toEqual(['k', 'a', 'z', 'm']);
    expect(await listed('prod', 2)).toEqual(['k', 'a']);
    expect(await listed('dev')).toEqual(['z']);
    expect(await listed('none')).toEqual([]);
    const [first] = await stores.runs.list({ cluster: 'dev', limit: 1 });
    expect(first).toEqual({ id: 'z', cluster: 'dev', runbook: 'backup', finished: false });
    const [last] = await stores.runs.list({ cluster: null, limit: 1 });
    expect(last).toEqual({ id: 'k', cluster: 'prod', runbook: 'etcd-defrag', finished: true });
    expect(await stores.runs.unfinished()).toEqual(['a', 'm', 'z']);
  });

  test('a finished run is no longer due, and stays readable', async () => {
    await ended('a', LONG);
    expect(await stores.runs.due(NOW + LONG * 10, 10, 0)).toEqual([]);
    expect(await versionOf(stores.runs, 'a')).toBe(2);
  });

  test('pruning removes what is over, and nothing else', async () => {
    await ended('a', LONG, NOW);
    await ended('b', LONG, NOW + 1);
    await stores.runs.create(newRun('c'));
    expect(await stores.runs.prune(NOW + LONG - 1)).toBe(0);
    expect(await stores.runs.prune(NOW + LONG)).toBe(1);
    expect(await listed(null)).toEqual(['c', 'b']);
    expect(await stores.runs.read('a')).toBeNull();
    expect((await stores.cards.dirty(10)).map((card) => card.runId)).toEqual(['b', 'c']);
    expect(await stores.runs.prune(NOW + LONG)).toBe(0);
    // What a pruned run was made from may make a new one; its audit entries stay.
    expect(await stores.runs.create(newRun('a'))).toEqual({ kind: 'created' });
    expect(await listed(null)).toEqual(['a', 'c', 'b']);
    expect((await stores.runs.auditEntries(0, 100)).length).toBe(4);
  });

  test('many are pruned in one call', async () => {
    const ids = Array.from({ length: 620 }, (_, index) => `r-${index}`);
    await Promise.all(ids.map((id) => stores.runs.create(newRun(id))));
    const end = { keepMs: LONG, nowMs: NOW };
    await Promise.all(ids.map((id) => stores.runs.append(id, foreign(null, 1, { end }))));
    expect(await stores.runs.prune(NOW + LONG)).toBe(620);
    expect(await listed(null, 1000)).toEqual([]);
  });

  test('the store forgets a finished run by its own clock too, and lists pass over it until it is pruned', async () => {
    await stores.runs.create(newRun('a'));
    await ended('b', 30);
    await stores.runs.append('b', foreign('late', 2, { scratch: null }));
    await stores.passTime(30);
    expect(await stores.runs.read('b')).toBeNull();
    expect(await listed(null)).toEqual(['a']);
    expect((await stores.cards.dirty(10)).map((card) => card.runId)).toEqual(['a']);
    expect(await stores.runs.append('b', foreign('later', 3))).toEqual({ kind: 'missing' });
    expect(await stores.runs.create(newRun('c', { idempotencyKey: 'key-b' }))).toEqual({ kind: 'created' });
    expect(await stores.runs.prune(NOW + LONG)).toBe(1);
    expect(await listed(null)).toEqual(['c', 'a']);
    // The request key now belongs to another run: pruning the old one must not take it away.
    expect(await stores.runs.create(newRun('d', { idempotencyKey: 'key-b' }))).toEqual({
      kind: 'duplicate',
      runId: 'c',
    });
  });

  test('an id that came back while its old run was waiting to be pruned is not pruned', async () => {
    await ended('a', 30);
    await stores.passTime(30);
    await stores.runs.create(newRun('a', { idempotencyKey: 'again' }));
    expect(await stores.runs.prune(NOW + LONG)).toBe(0);
    expect(await listed(null)).toEqual(['a']);
    expect(await versionOf(stores.runs, 'a')).toBe(1);
  });

  test('audit entries are numbered without gaps, in the order of the writes, and come back unchanged', async () => {
    await stores.runs.audit([entry('refusal-1'), entry('refusal-2')]);
    await stores.runs.create(newRun('a', { audit: [entry('request', 'a')] }));
    await stores.runs.append('a', foreign('k', 1, { audit: [entry('vote', 'a'), entry('decision', 'a')] }));
    await stores.runs.append('a', foreign('k', 1, { audit: [entry('never')] }));
    await stores.runs.audit([]);
    const entries = await stores.runs.auditEntries(0, 100);
    expect(entries.map(({ seq, entry: { action } }) => [seq, action])).toEqual([
      [1, 'refusal-1'],
      [2, 'refusal-2'],
      [3, 'request'],
      [4, 'vote'],
      [5, 'decision'],
    ]);
    expect(entries[4]?.entry).toEqual(entry('decision', 'a'));
    expect((await stores.runs.auditEntries(2, 2)).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await stores.runs.auditEntries(5, 10)).toEqual([]);
  });

  test('with 100 writers at once the audit log has each entry once, without gaps, and in the order of each run', async () => {
    await stores.runs.create(newRun('a', { audit: [] }));
    const order: string[] = [];
    async function write(name: string): Promise<void> {
      for (;;) {
        const seen = await versionOf(stores.runs, 'a');
        const audit = [entry(`${seen} ${name}`)];
        if ((await stores.runs.append('a', foreign(name, seen, { audit }))).kind !== 'ok') continue;
        order.push(`${seen} ${name}`);
        return;
      }
    }
    const refusals = Array.from({ length: 50 }, (_, index) => stores.runs.audit([entry(`refusal ${index}`)]));
    await Promise.all([...Array.from({ length: 50 }, (_, index) => write(`w-${index}`)), ...refusals]);
    const entries = await stores.runs.auditEntries(0, 1000);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const ofRun = entries.map(({ entry: { action } }) => action).filter((action) => !action.startsWith('refusal'));
    expect(ofRun.map((action) => Number.parseInt(action, 10))).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    expect(ofRun.toSorted()).toEqual(order.toSorted());
  });
});
