import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { EtcdMember, EtcdStatus } from '../../../src/core/ports/etcd.ts';
import { fragment } from './filling.ts';
import {
  CALL,
  codeOf,
  leaderAndFollowers,
  membersOf,
  ok,
  type RingKind,
  type RingUnderTest,
} from './ring-under-test.ts';

const MIB = 1024 * 1024;

/** Defragmentation, with and without an answer. */
export function defragSuite(kind: RingKind): void {
  describe(`etcd port, defragmentation, ${kind.name}`, () => {
    let ring: RingUnderTest;
    beforeAll(async () => {
      ring = await kind.open();
      await fragment(ring.port, 64, 32);
    });
    afterAll(async () => await ring.stop());

    async function statusOf(member: EtcdMember): Promise<EtcdStatus> {
      return ok(await ring.port.status(member, CALL));
    }

    test('shrinks the file of that member only, and changes no leader', async () => {
      const { leader, followers } = await leaderAndFollowers(ring.port);
      const [member, other] = followers;
      if (member === undefined || other === undefined) throw new Error('too few members');
      const before = await statusOf(member);
      const otherBefore = await statusOf(other);

      expect(ok(await ring.port.defragment(member, { timeoutMs: 60_000 }))).toBeNull();
      const after = await statusOf(member);
      expect(before.dbSizeBytes).toBeGreaterThan(60 * MIB);
      expect(after.dbSizeBytes).toBeLessThan(before.dbSizeInUseBytes * 1.1 + MIB);
      expect((await statusOf(other)).dbSizeBytes).toBe(otherBefore.dbSizeBytes);
      expect(await statusOf(leader)).toMatchObject({ leaderId: leader.id, raftTerm: before.raftTerm });
    });

    test('leaves the data as they were', async () => {
      const members = await membersOf(ring.port);
      const { revision } = ok(await ring.port.put('after', Buffer.from('x'), CALL));
      for (const via of members) {
        const all = { key: 'fill/', rangeEnd: 'fill0', countOnly: true };
        expect(ok(await ring.port.range(all, { ...CALL, via })).count).toBe(32n);
      }
      const hashes = await Promise.all(
        members.map(async (member) => ok(await ring.port.hash(member, revision, CALL)).hash),
      );
      expect(new Set(hashes).size).toBe(1);
    });
  });
}

/** What etcdctl cannot be asked at a known moment: a call that is given up in the middle, and the metrics. */
export function lateDefragSuite(kind: RingKind): void {
  describe(`etcd port, defragmentation left alone, ${kind.name}`, () => {
    let ring: RingUnderTest;
    beforeAll(async () => {
      ring = await kind.open();
      await fragment(ring.port, 64, 32);
    });
    afterAll(async () => await ring.stop());

    async function statusOf(member: EtcdMember): Promise<EtcdStatus> {
      return ok(await ring.port.status(member, CALL));
    }

    test('is an unknown outcome when the caller stops waiting, and the server finishes all the same', async () => {
      const { leader } = await leaderAndFollowers(ring.port);
      const before = await statusOf(leader);
      expect(before.dbSizeBytes).toBeGreaterThan(60 * MIB);

      // A slow machine may let the 5 ms pass before the request is out: then, and only then, it is asked again.
      await waitFor('the server to defragment although nobody waits for it', async () => {
        expect(codeOf(await ring.port.defragment(leader, { timeoutMs: 5 }))).toMatch(/unknown-outcome|unreachable/);
        return (await statusOf(leader)).dbSizeBytes < before.dbSizeBytes;
      });
      expect((await statusOf(leader)).dbSizeBytes).toBeLessThan(before.dbSizeInUseBytes * 1.1 + MIB);
    });

    test('is seen by everybody while it runs', async () => {
      const { followers } = await leaderAndFollowers(ring.port);
      const [member] = followers;
      if (member === undefined) throw new Error('too few members');

      await waitFor('the defragmentation to be seen', async () => {
        const ended = new AbortController();
        const done = ring.port.defragment(member, { timeoutMs: 60_000 }).finally(() => ended.abort());
        let seen = false;
        while (!ended.signal.aborted && !seen) seen = ok(await ring.port.defragInflight(member, CALL)) === true;
        ok(await done);
        return seen;
      });
      expect(ok(await ring.port.defragInflight(member, CALL))).toBe(false);
    });
  });
}
