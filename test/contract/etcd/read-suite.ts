import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdResult, EtcdSnapshot, EtcdSnapshotChunk } from '../../../src/core/ports/etcd.ts';
import {
  CALL,
  codeOf,
  leaderAndFollowers,
  membersOf,
  ok,
  type RingKind,
  type RingUnderTest,
} from './ring-under-test.ts';
import { restoreSnapshot, snapshotStatus } from './snapshot-files.ts';

/** Everything a healthy ring answers. */
export function readSuite(kind: RingKind): void {
  describe(`etcd port, healthy ring, ${kind.name}`, () => {
    let ring: RingUnderTest;
    beforeAll(async () => {
      ring = await kind.open();
    });
    afterAll(async () => await ring.stop());

    async function expectSnapshotRefused(): Promise<EtcdResult<EtcdSnapshot>> {
      const [member] = await membersOf(ring.port);
      if (member === undefined) throw new Error('an empty ring');
      const call = { ...CALL, stallMs: 10_000 };

      const result = await ring.port.snapshot(member, async () => await Promise.reject(new Error('bytes')), call);
      expect(result).toMatchObject({
        ok: false,
        error: {
          code: 'not-available',
          message: expect.stringMatching(
            /Snapshot of member m-1 .*Set "etcd\.access" of this cluster to "tunnel" or "direct"/,
          ),
        },
      });
      return result;
    }
    async function expectSnapshotRestores(): Promise<EtcdResult<EtcdSnapshot>> {
      const [member] = await membersOf(ring.port);
      if (member === undefined) throw new Error('an empty ring');
      ok(await ring.port.put('snapshot', Buffer.from('x'), CALL));
      // A linearizable read at the member: it has applied the write.
      ok(await ring.port.range({ key: 'snapshot' }, { ...CALL, via: member }));
      const chunks: Uint8Array[] = [];
      const write = async ({ bytes }: EtcdSnapshotChunk) => await Promise.resolve(void chunks.push(bytes));
      const result = await ring.port.snapshot(member, write, { timeoutMs: 60_000, stallMs: 60_000 });

      const file = Buffer.concat(chunks);
      expect(result).toEqual({ ok: true, value: { sizeBytes: file.length } });
      expect(createHash('sha256').update(file.subarray(0, -32)).digest()).toEqual(file.subarray(-32));
      if (kind.opener === null) return result;
      const directory = await mkdtemp(join(tmpdir(), 'drydock-snapshot-'));
      try {
        await writeFile(join(directory, 'snapshot.db'), file);
        const { revision } = ok(await ring.port.status(member, CALL));
        expect(await snapshotStatus(kind.opener, join(directory, 'snapshot.db'))).toMatchObject({ revision });
        expect(await restoreSnapshot(kind.opener, join(directory, 'snapshot.db'), join(directory, 'data'))).toBe('');
      } finally {
        await rm(directory, { recursive: true });
      }
      return result;
    }

    test('every member gives the same list, with ids of 64 bits that lose no digit', async () => {
      const list = ok(await ring.port.members(CALL));
      const views = await Promise.all(list.members.map((via) => ring.port.members({ ...CALL, via })));

      expect(list.members.map(({ name }) => name).toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
      expect(list.clusterId).toMatch(/^[1-9a-f][0-9a-f]{0,15}$/);
      for (const member of list.members) {
        expect(member.id).toMatch(/^[1-9a-f][0-9a-f]{0,15}$/);
        expect(member).toMatchObject({ isLearner: false, clientUrls: [expect.stringMatching(/^https:/)] });
      }
      expect(list.members.some(({ id }) => BigInt(`0x${id}`) > 2n ** 53n)).toBe(true);
      for (const view of views) expect(ok(view)).toEqual(list);
      expect(ok(await ring.port.members({ ...CALL, linearizable: false }))).toEqual(list);
    });

    test('each member answers for itself and all follow one leader', async () => {
      const members = await membersOf(ring.port);
      const statuses = await Promise.all(members.map(async (member) => ok(await ring.port.status(member, CALL))));

      expect(statuses.map(({ memberId }) => memberId)).toEqual(members.map(({ id }) => id));
      expect(new Set(statuses.map(({ leaderId }) => leaderId)).size).toBe(1);
      expect(members.map(({ id }) => id)).toContain(statuses[0]?.leaderId);
      for (const status of statuses) {
        expect(status.version).toMatch(kind.version);
        expect(status).toMatchObject({ quotaBytes: null, isLearner: false, downgrading: false, errors: [] });
        expect(status.dbSizeBytes).toBeGreaterThanOrEqual(status.dbSizeInUseBytes);
        expect(status.dbSizeInUseBytes).toBeGreaterThan(0);
        expect(status.raftIndex).toBeGreaterThanOrEqual(status.raftAppliedIndex);
        expect(status.raftTerm).toBeGreaterThan(1n);
      }
    });

    test('quota and a running defragmentation are read from the metrics, free disk is not to be seen', async () => {
      for (const member of await membersOf(ring.port)) {
        expect(ok(await ring.port.quota(member, CALL))).toBe(512 * 1024 * 1024);
        // etcdctl shows no metrics; the quota is then that of the pod's flags.
        expect(ok(await ring.port.defragInflight(member, CALL))).toBe(kind.way === 'exec' ? null : false);
        expect(ok(await ring.port.freeDisk(member, CALL))).toBeNull();
        expect(ok(await ring.port.startedAt(member, CALL)) === null).toBe(kind.way === 'exec');
      }
    });

    test('no alarm is listed, and disarming one that is not there is success', async () => {
      const [member] = await membersOf(ring.port);

      expect(ok(await ring.port.alarms(CALL))).toEqual([]);
      expect(ok(await ring.port.disarm({ memberId: member?.id ?? '', type: 'NOSPACE' }, CALL))).toBeNull();
      expect(codeOf(await ring.port.disarm({ memberId: member?.id ?? '', type: 'UNKNOWN' }, CALL))).toBe(
        'not-available',
      );
    });

    test('keys are written, found, counted and deleted', async () => {
      const { port } = ring;
      for (const key of ['kv/a', 'kv/b', 'kv/ü']) ok(await port.put(key, Buffer.from(`value of ${key}`), CALL));
      const all = { key: 'kv/', rangeEnd: 'kv0' };

      const found = ok(await port.range(all, CALL));
      expect(found.kvs.map(({ key, value }) => [key, Buffer.from(value).toString()])).toEqual([
        ['kv/a', 'value of kv/a'],
        ['kv/b', 'value of kv/b'],
        ['kv/ü', 'value of kv/ü'],
      ]);
      expect(ok(await port.range({ ...all, limit: 2 }, CALL)).kvs).toHaveLength(2);
      expect(ok(await port.range({ ...all, countOnly: true }, CALL))).toMatchObject({ count: 3n, kvs: [] });
      expect(ok(await port.range({ ...all, keysOnly: true }, CALL)).kvs.map(({ value }) => value.length)).toEqual([
        0, 0, 0,
      ]);
      expect(ok(await port.deleteKey('kv/b', CALL))).toEqual({ deleted: 1n });
      expect(ok(await port.deleteKey('kv/b', CALL))).toEqual({ deleted: 0n });
      for (const via of await membersOf(port)) {
        expect(ok(await port.range({ ...all, countOnly: true }, { ...CALL, via })).count).toBe(2n);
        expect(codeOf(await port.range({ key: 'kv/a', serializable: true }, { ...CALL, via }))).toBe('ok');
      }
    });

    test('keys are read as they were at a revision, until that is compacted away', async () => {
      const { port } = ring;
      const all = { key: 'then/', rangeEnd: 'then0' };
      ok(await port.put('then/a', Buffer.from('old'), CALL));
      const { revision } = ok(await port.put('then/b', Buffer.from('x'), CALL));
      ok(await port.put('then/a', Buffer.from('new'), CALL));
      ok(await port.deleteKey('then/b', CALL));
      const last = ok(await port.put('then/c', Buffer.from('x'), CALL)).revision;

      const then = ok(await port.range({ ...all, revision }, CALL));
      expect(then.kvs.map(({ key, value }) => [key, Buffer.from(value).toString()])).toEqual([
        ['then/a', 'old'],
        ['then/b', 'x'],
      ]);
      expect(then.revision).toBe(last);
      expect(ok(await port.range({ ...all, revision, countOnly: true }, CALL))).toMatchObject({ count: 2n, kvs: [] });
      expect(codeOf(await port.range({ ...all, revision: last + 1000n }, CALL))).toBe('refused');
      ok(await port.compact(last, CALL));
      expect(codeOf(await port.range({ ...all, revision }, CALL))).toBe('compacted');
      expect(ok(await port.range({ ...all, revision: last }, CALL)).count).toBe(2n);
    });

    test('the hash at one revision is the same on all members', async () => {
      const { revision } = ok(await ring.port.put('hashed', Buffer.from('x'), CALL));
      const members = await membersOf(ring.port);
      // A linearizable read at each member: it has applied the write.
      for (const via of members) ok(await ring.port.range({ key: 'hashed' }, { ...CALL, via }));
      const hashes = await Promise.all(members.map(async (member) => ok(await ring.port.hash(member, revision, CALL))));

      expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
      expect(hashes.map(({ memberId }) => memberId)).toEqual(members.map(({ id }) => id));
      expect(new Set(hashes.map(({ compactRevision }) => compactRevision)).size).toBe(1);
      for (const member of members.slice(0, 1)) {
        expect(codeOf(await ring.port.hash(member, null, CALL))).toBe('ok');
        expect(codeOf(await ring.port.hash(member, revision + 1000n, CALL))).toBe('refused');
      }
    });

    test('compacting twice says so, compacting the future is refused', async () => {
      const { revision } = ok(await ring.port.put('compacted', Buffer.from('x'), CALL));
      const [member] = await membersOf(ring.port);
      if (member === undefined) throw new Error('an empty ring');

      expect(ok(await ring.port.compact(revision, { ...CALL, physical: true }))).toBeNull();
      expect(codeOf(await ring.port.compact(revision, CALL))).toBe('compacted');
      expect(codeOf(await ring.port.compact(revision + 1000n, CALL))).toBe('refused');
      expect(ok(await ring.port.range({ key: 'compacted' }, { ...CALL, via: member })).count).toBe(1n);
      expect(ok(await ring.port.hash(member, null, CALL)).compactRevision).toBe(revision);
      expect(codeOf(await ring.port.hash(member, revision - 1n, CALL))).toBe('compacted');
    });

    test('a snapshot comes whole and etcd restores it, or it is refused with the way out', async () => {
      const taken = await (kind.way === 'exec' ? expectSnapshotRefused() : expectSnapshotRestores());
      expect(codeOf(taken)).toBe(kind.way === 'exec' ? 'not-available' : 'ok');
    });

    test('leadership moves where it is sent, and only the leader can send it', async () => {
      const { leader, followers } = await leaderAndFollowers(ring.port);
      const [target, other] = followers;
      if (target === undefined || other === undefined) throw new Error('too few members');
      const before = ok(await ring.port.status(leader, CALL));

      expect(codeOf(await ring.port.moveLeader(target, other.id, CALL))).toBe('refused');
      expect(codeOf(await ring.port.moveLeader(leader, 'abc', CALL))).toBe('refused');
      expect(ok(await ring.port.moveLeader(leader, target.id, CALL))).toBeNull();
      const after = ok(await ring.port.status(target, CALL));
      expect(after.leaderId).toBe(target.id);
      expect(after.raftTerm).toBeGreaterThan(before.raftTerm);
    });
  });
}
