import { expect, test } from 'vitest';
import { type ComparedRing, compareRing } from '../../../jobs/steps/compare-hashes.ts';
import { readRing } from '../../../jobs/steps/read-ring.ts';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { createFakeEtcd, type FakeEtcd } from '../../fakes/etcd.ts';

const signal = new AbortController().signal;

async function pause(): Promise<void> {
  await Promise.resolve();
}

/** What comes of a comparison on a fake whose answers to `hash` a test may change. */
async function compared(etcd: FakeEtcd, changes: Partial<Pick<EtcdPort, 'hash'>> = {}): Promise<ComparedRing> {
  const { ring } = await readRing({ etcd: etcd.port, signal, quotaBytes: null });
  if (ring === null) throw new Error('no ring');
  return await compareRing({ ports: { etcd: { ...etcd.port, ...changes } }, signal, pause }, ring, 1000);
}

function kinds({ signs }: ComparedRing): readonly string[] {
  return [...signs.values()].map(({ kind }) => kind);
}

test('all the same, at one revision', async () => {
  expect(await compared(createFakeEtcd())).toMatchObject({ revision: 100n, unseen: [] });
  expect(kinds(await compared(createFakeEtcd()))).toEqual(['same', 'same', 'same']);
});

test('one of two: nobody can tell whose data are right', async () => {
  const etcd = createFakeEtcd({ members: [{}, {}] });
  etcd.member('m-2').damaged = true;

  expect(kinds(await compared(etcd))).toEqual(['undecided', 'undecided']);
});

test('another minor version does not compare, and that is said', async () => {
  const etcd = createFakeEtcd({ members: [{}, {}, { version: '3.6.1', damaged: true }] });
  const { signs, unseen } = await compared(etcd);

  expect([...signs.values()].map(({ kind }) => kind)).toEqual(['same', 'same', 'not-compared']);
  expect(unseen.join(' ')).toContain('it runs etcd 3.6.1');
});

test('a compaction in between moves the comparison on, once', async () => {
  const etcd = createFakeEtcd();
  const asked: bigint[] = [];
  const result = await compared(etcd, {
    async hash(member, revision, call) {
      asked.push(revision ?? 0n);
      if (asked.length === 2) {
        await etcd.port.put('key', new Uint8Array([1]), call);
        await etcd.port.compact(101n, call);
      }
      return await etcd.port.hash(member, revision, call);
    },
  });

  expect(asked).toEqual([100n, 100n, 100n, 101n, 101n, 101n]);
  expect(result.revision).toBe(101n);
  expect(kinds(result)).toEqual(['same', 'same', 'same']);
});

test('one hash that is out of time is not asked a second time', async () => {
  const etcd = createFakeEtcd();
  etcd.failOnce({ method: 'hash', error: { code: 'unknown-outcome', message: 'no answer within 20 s' } });
  const { signs, unseen } = await compared(etcd);

  expect(signs.size).toBe(2);
  expect(unseen).toEqual([expect.stringContaining('no answer within 20 s')]);
  expect(etcd.calls.filter(({ method }) => method === 'hash')).toHaveLength(3);
});

test('a ring of one voter has nobody to compare with', async () => {
  expect((await compared(createFakeEtcd({ members: [{}] }))).signs.size).toBe(0);
});
