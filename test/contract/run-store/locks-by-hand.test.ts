import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LockEntry, locksConflict } from '../../../src/core/lock.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { claimed, foreign, LONG, lock, NOW, newRun, owned } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

function byHand(name: string, mark: string, owner = 'U0ANA'): LockEntry {
  return {
    name,
    runId: '',
    owner,
    reason: 'investigating latency',
    since: '2026-01-01T00:00:00.000Z',
    holder: 'person',
    mark,
  };
}

function audit(action: string) {
  return [{ v: 1, at: '', action, actor: null, cluster: null, run: null, reason: null, detail: {} } as const];
}

async function actionsOf(runs: RunStore): Promise<readonly string[]> {
  return (await runs.auditEntries(0, 200)).map(({ entry }) => entry.action);
}

describe.each(implementations)('locks by hand ($name)', ({ start }) => {
  let stores: Stores;
  const open = useStores(start, (opened) => {
    stores = opened;
  });

  test('stand beside those of runs, whole, with their audit entry', async () => {
    expect(await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), audit('hand-lock'))).toEqual({ kind: 'ok' });
    expect(await stores.runs.locks()).toEqual([byHand('cluster/prod', 'aaaa')]);
    expect(await actionsOf(stores.runs)).toEqual(['hand-lock']);
  });

  test('stand in the way of a run that wants the same, what is under it or over it', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.lockByHand(byHand('cluster/prod/etcd', 'aaaa'), []);
    for (const name of ['cluster/prod/etcd', 'cluster/prod', 'cluster/prod/etcd/m-1']) {
      const answer = await stores.runs.append('a', foreign(null, 1, { takeLocks: [lock(name, 'a')] }));
      expect(answer).toEqual({ kind: 'lock-held', lock: byHand('cluster/prod/etcd', 'aaaa') });
    }
    const free = await stores.runs.append(
      'a',
      foreign(null, 1, { takeLocks: [lock('cluster/prod/nodegroup/a', 'a')] }),
    );
    expect(free.kind).toBe('ok');
  });

  test('are refused while a run or a person holds what they stand against, the same person too', async () => {
    await stores.runs.create(newRun('a'));
    await stores.runs.append('a', foreign(null, 1, { takeLocks: [lock('cluster/prod/etcd', 'a')] }));
    const refused = { kind: 'lock-held', lock: lock('cluster/prod/etcd', 'a') };
    expect(await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), audit('hand-lock'))).toEqual(refused);
    await stores.runs.lockByHand(byHand('cluster/dev', 'bbbb'), []);
    const own = await stores.runs.lockByHand(byHand('cluster/dev', 'cccc'), audit('hand-lock'));
    expect(own).toEqual({ kind: 'lock-held', lock: byHand('cluster/dev', 'bbbb') });
    expect(await actionsOf(stores.runs)).not.toContain('hand-lock');
  });

  test('outlive every run', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), []);
    await stores.runs.append('a', owned(lease, 1, { end: { keepMs: LONG, nowMs: NOW } }));
    expect(await stores.runs.locks()).toEqual([byHand('cluster/prod', 'aaaa')]);
  });

  test('go by the mark that was shown, and only once', async () => {
    await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), []);
    expect(await stores.runs.unlockByHand('cluster/prod', 'aaaa', audit('hand-unlock'))).toEqual({ kind: 'ok' });
    const again = await stores.runs.unlockByHand('cluster/prod', 'aaaa', audit('hand-unlock'));
    expect(again).toEqual({ kind: 'changed', lock: null });
    expect(await stores.runs.locks()).toEqual([]);
    expect(await actionsOf(stores.runs)).toEqual(['hand-unlock']);
  });

  test('stay when another one was set meanwhile', async () => {
    await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), []);
    await stores.runs.unlockByHand('cluster/prod', 'aaaa', []);
    await stores.runs.lockByHand(byHand('cluster/prod', 'bbbb', 'U0BEN'), []);
    const late = await stores.runs.unlockByHand('cluster/prod', 'aaaa', audit('hand-unlock'));
    expect(late).toEqual({ kind: 'changed', lock: byHand('cluster/prod', 'bbbb', 'U0BEN') });
    expect(await stores.runs.locks()).toHaveLength(1);
    expect(await actionsOf(stores.runs)).toEqual([]);
  });

  test.each(['', 'aaaa', 'undefined'])('what a run holds is not removed by hand (mark %j)', async (mark) => {
    await stores.runs.create(newRun('a'));
    await stores.runs.append('a', foreign(null, 1, { takeLocks: [lock('cluster/prod', 'a')] }));
    const answer = await stores.runs.unlockByHand('cluster/prod', mark, audit('hand-unlock'));
    expect(answer).toEqual({ kind: 'changed', lock: lock('cluster/prod', 'a') });
    expect(await stores.runs.locks()).toEqual([lock('cluster/prod', 'a')]);
  });

  test('of 20 people who unlock at once one did it', async () => {
    await stores.runs.lockByHand(byHand('cluster/prod', 'aaaa'), []);
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        async () => await stores.runs.unlockByHand('cluster/prod', 'aaaa', audit('hand-unlock')),
      ),
    );
    expect(answers.filter((each) => each.kind === 'ok')).toHaveLength(1);
    expect(await actionsOf(stores.runs)).toEqual(['hand-unlock']);
  });

  test('whatever runs and people do in whatever order, no two hold locks that exclude each other', async () => {
    const part = constantFrom('a', 'b', 'ab');
    const name = array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const who = constantFrom('run-0', 'run-1', 'person');
    const action = record({ who, name, mark: nat(2), ends: constantFrom(false, false, true) });
    await assert(
      asyncProperty(array(action, { maxLength: 14 }), async (actions) => {
        const { runs } = await open();
        for (const id of ['run-0', 'run-1']) await runs.create(newRun(id));
        for (const { who: by, name: wanted, mark, ends } of actions) {
          const version = by === 'person' ? 0 : ((await runs.read(by))?.version ?? 0);
          if (by === 'person') {
            await (ends
              ? runs.unlockByHand(wanted, String(mark), [])
              : runs.lockByHand(byHand(wanted, String(mark)), []));
          } else await runs.append(by, foreign(null, version, { takeLocks: [lock(wanted, by)] }));
          const held = await runs.locks();
          const clashes = held.filter((one) =>
            held.some(
              (other) =>
                one !== other &&
                locksConflict(one.name, other.name) &&
                one.runId + (one.mark ?? '') !== other.runId + (other.mark ?? ''),
            ),
          );
          expect(clashes).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
