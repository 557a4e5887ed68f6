import { describe, expect, test } from 'vitest';
import { foldRun } from '../../../src/core/run-state.ts';
import { claimed, entry, event, foreign, LONG, lock, NOW, newRun, notesOf, owned, versionOf } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

describe.each(implementations)('the record of a run ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  test('a new run is read as it was written', async () => {
    expect(await stores.runs.create(newRun('a'))).toEqual({ kind: 'created' });
    expect(await stores.runs.read('a')).toEqual({
      id: 'a',
      version: 1,
      epoch: 0,
      events: [event('first')],
      scratch: null,
    });
    expect(await stores.runs.read('b')).toBeNull();
  });

  test('the same delivery twice makes one run', async () => {
    await stores.runs.create(newRun('a', { idempotencyKey: 'trigger-1' }));
    const again = await stores.runs.create(newRun('b', { idempotencyKey: 'trigger-1' }));
    expect(again).toEqual({ kind: 'duplicate', runId: 'a' });
    expect(await stores.runs.read('b')).toBeNull();
    expect((await stores.runs.auditEntries(0, 10)).length).toBe(1);
  });

  test('the same delivery to 20 processes at once makes one run', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `r-${index}`);
    const answers = await Promise.all(ids.map((id) => stores.runs.create(newRun(id, { idempotencyKey: 'one' }))));
    expect(answers.filter((answer) => answer.kind === 'created').length).toBe(1);
    const [listed, ...others] = await stores.runs.list({ cluster: null, limit: 50 });
    expect(others).toEqual([]);
    const duplicates = answers.filter((answer) => answer.kind === 'duplicate');
    expect(duplicates.map((answer) => answer.runId)).toEqual(Array.from({ length: 19 }, () => listed?.id));
  });

  test('an id that is taken is refused and leaves the first run alone', async () => {
    await stores.runs.create(newRun('a'));
    expect(await stores.runs.create(newRun('a', { idempotencyKey: 'other', event: event('x') }))).toEqual({
      kind: 'id-taken',
    });
    expect(await notesOf(stores.runs, 'a')).toEqual(['first']);
    expect(await stores.runs.create(newRun('b', { idempotencyKey: 'other' }))).toEqual({ kind: 'created' });
  });

  test('the owner appends events and replaces the scratch', async () => {
    const lease = await claimed(stores.runs, 'a');
    const scratch = { index: 0, state: { cursor: [], at: {} }, note: 'ü', at: '', notBefore: null, failures: 0 };
    expect(await stores.runs.append('a', owned(lease, 1, { scratch }))).toEqual({ kind: 'ok', version: 2 });
    expect((await stores.runs.read('a'))?.scratch).toEqual(scratch);
    await stores.runs.append('a', owned(lease, 2, { events: [] }));
    expect((await stores.runs.read('a'))?.scratch).toEqual(scratch);
    await stores.runs.append('a', owned(lease, 3, { events: [event('x'), event('y')], scratch: null }));
    expect(await stores.runs.read('a')).toMatchObject({ version: 4, scratch: null });
    expect(await notesOf(stores.runs, 'a')).toEqual(['first', 'owner', 'x', 'y']);
  });

  test('a run that does not exist takes nothing', async () => {
    expect(await stores.runs.append('a', foreign('k', 0))).toEqual({ kind: 'missing' });
    expect(await stores.runs.read('a')).toBeNull();
  });

  test('a stale version is refused and told', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.append('a', foreign(null, 1));
    expect(await stores.runs.append('a', owned(lease, 1))).toEqual({ kind: 'stale', version: 2 });
    expect(await stores.runs.append('a', foreign(null, 7))).toEqual({ kind: 'stale', version: 2 });
    expect(await notesOf(stores.runs, 'a')).toEqual(['first', 'other null']);
  });

  test('an idempotency key counts once a run, and only when it was written', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.create(newRun('b'));
    expect((await stores.runs.append('a', foreign('click', 9))).kind).toBe('stale');
    expect((await stores.runs.append('a', foreign('click', 1))).kind).toBe('ok');
    // The same click again: a duplicate, whatever version it saw.
    expect(await stores.runs.append('a', foreign('click', 1))).toEqual({ kind: 'duplicate' });
    expect(await stores.runs.append('a', foreign('click', 2))).toEqual({ kind: 'duplicate' });
    expect((await stores.runs.append('b', foreign('click', 1))).kind).toBe('ok');
    expect(await notesOf(stores.runs, 'a')).toEqual(['first', 'other click']);
  });

  test('a refused write leaves no trace at all', async () => {
    const holder = await claimed(stores.runs, 'a');
    await stores.runs.append('a', owned(holder, 1, { takeLocks: [lock('cluster/prod', 'a')] }));
    const lease = await claimed(stores.runs, 'b');
    const before = await snapshot(stores);
    const write = {
      takeLocks: [lock('cluster/dev', 'b'), lock('cluster/prod/etcd', 'b')],
      audit: [entry('lock', 'b')],
    };
    const refused = await stores.runs.append('b', owned(lease, 1, write));
    expect(refused).toEqual({ kind: 'lock-held', lock: lock('cluster/prod', 'a') });
    await stores.runs.append(
      'b',
      owned({ ...lease, epoch: 9 }, 1, { audit: [entry('x')], end: { keepMs: 1, nowMs: NOW } }),
    );
    await stores.runs.append('b', foreign('k', 5, { audit: [entry('x')], dueMs: 1, scratch: null }));
    expect(await snapshot(stores)).toEqual(before);
  });

  test('200 parallel votes by compare-and-set: each is written exactly once', async () => {
    await stores.runs.create(newRun('a'));
    const voters = Array.from({ length: 200 }, (_, index) => `v-${index}`);
    await Promise.all(voters.map((voter) => voteUntilWritten(stores, voter)));
    expect(await versionOf(stores.runs, 'a')).toBe(201);
    const notes = (await notesOf(stores.runs, 'a')).slice(1);
    expect(notes.toSorted()).toEqual(voters.map((voter) => `other ${voter}`).toSorted());
    expect((await stores.runs.append('a', foreign('v-0', 201))).kind).toBe('duplicate');
  });

  test('of many writers that saw the same version one wins', async () => {
    await stores.runs.create(newRun('a'));
    const writers = Array.from({ length: 50 }, (_, index) => foreign(`w-${index}`, 1));
    const answers = await Promise.all(writers.map((write) => stores.runs.append('a', write)));
    expect(answers.filter((answer) => answer.kind === 'ok').length).toBe(1);
    expect(answers.filter((answer) => answer.kind === 'stale').length).toBe(49);
    expect((await notesOf(stores.runs, 'a')).length).toBe(2);
  });

  test('text that is no JSON parks the run instead of breaking the reader', async () => {
    await stores.runs.create(newRun('a'));
    await stores.spoilEvents('a');
    const record = await stores.runs.read('a');
    expect(record?.events[1]).toEqual({ type: 'unreadable' });
    expect(record === null ? null : foldRun(record).unknown).not.toBeNull();
  });

  test('what a reader does to an answer changes nothing', async () => {
    await stores.runs.create(newRun('a'));
    const record = await stores.runs.read('a');
    Object.assign(Object(record?.events[0]), { note: 'changed' });
    expect(await notesOf(stores.runs, 'a')).toEqual(['first']);
  });

  test('a finished run may still be written to by others, but takes no lease and no locks', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.append('a', owned(lease, 1, { end: { keepMs: LONG, nowMs: NOW } }));
    expect((await stores.runs.append('a', foreign('late', 2, { dueMs: NOW }))).kind).toBe('ok');
    expect(await stores.runs.unfinished()).toEqual([]);
    expect(await stores.runs.claim('a', 'w-2', LONG, NOW)).toBeNull();
    await expect(stores.runs.append('a', foreign('k', 3, { takeLocks: [lock('cluster/x', 'a')] }))).rejects.toThrow(
      'finished',
    );
    expect(await stores.runs.locks()).toEqual([]);
  });
});

async function voteUntilWritten(stores: Stores, voter: string): Promise<void> {
  for (;;) {
    const answer = await stores.runs.append('a', foreign(voter, await versionOf(stores.runs, 'a')));
    if (answer.kind === 'ok') return;
    expect(answer.kind).toBe('stale');
  }
}

async function snapshot({ runs, cards }: Stores): Promise<unknown> {
  const due = await runs.due(NOW + LONG * 2, 10, 0);
  const records = [await runs.read('a'), await runs.read('b')];
  return {
    records,
    due,
    locks: await runs.locks(),
    audit: await runs.auditEntries(0, 100),
    dirty: await cards.dirty(10),
  };
}
