import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { EtcdMember } from '../../../src/core/ports/etcd.ts';
import { CALL, codeOf, memberOf, membersOf, ok, type RingKind, type RingUnderTest } from './ring-under-test.ts';

const SHORT = { timeoutMs: 500 };

/** Members that freeze and die, callers that give up. In this order, on one ring. */
export function faultSuite(kind: RingKind): void {
  describe(`etcd port, faults, ${kind.name}`, () => {
    const byPod = kind.way === 'exec';
    let ring: RingUnderTest;
    beforeAll(async () => {
      ring = await kind.open();
      // Every connection stands before the first fault.
      for (const member of await membersOf(ring.port)) ok(await ring.port.status(member, CALL));
    });
    afterAll(async () => await ring.stop());

    async function answers(member: EtcdMember): Promise<void> {
      await waitFor(`${member.name} to answer`, async () => {
        const status = await ring.port.status(member, { timeoutMs: 2_000 });
        return status.ok && status.value.leaderId !== null;
      });
    }

    test('a frozen member is a time-out, the others go on, and it answers again when it wakes', async () => {
      const { port } = ring;
      const frozen = await memberOf(port, 'm-1');
      await ring.freeze('m-1');

      expect(await port.status(frozen, SHORT)).toMatchObject({
        ok: false,
        error: { code: 'unknown-outcome', message: expect.stringMatching(/no answer (?:in time|within \S)/) },
      });
      expect(codeOf(await port.hash(frozen, null, SHORT))).toBe('unknown-outcome');
      // etcdctl makes a new connection for each call, and looks first who is there: nothing was sent.
      expect(codeOf(await port.defragment(frozen, SHORT))).toBe(byPod ? 'unreachable' : 'unknown-outcome');
      await waitFor(
        'the others to go on',
        async () => codeOf(await port.put('frozen', Buffer.from('x'), CALL)) === 'ok',
      );
      expect(ok(await port.range({ key: 'frozen' }, CALL)).count).toBe(1n);
      expect(ok(await port.alarms(CALL))).toEqual([]);
      await ring.thaw('m-1');
      await answers(frozen);
    });

    test('a caller who gave up before asking is told so by every call, and nothing is done', async () => {
      const { port } = ring;
      const member = await memberOf(port, 'm-2');
      const call = { ...CALL, signal: AbortSignal.abort() };
      const { revision } = ok(await port.status(member, CALL));
      const results = [
        await port.members(call),
        await port.members({ ...call, via: member }),
        await port.status(member, call),
        await port.alarms(call),
        await port.disarm({ memberId: member.id, type: 'NOSPACE' }, call),
        await port.compact(revision, call),
        await port.defragment(member, call),
        await port.snapshot(member, async () => await Promise.reject(new Error('bytes')), { ...call, stallMs: 10_000 }),
        await port.moveLeader(member, member.id, call),
        await port.hash(member, null, call),
        await port.range({ key: 'given-up' }, call),
        await port.put('given-up', Buffer.from('x'), call),
        await port.deleteKey('given-up', call),
        await port.defragInflight(member, call),
        await port.quota(member, call),
      ];

      expect(results.map(codeOf)).toEqual(results.map(() => 'cancelled'));
      expect(ok(await port.range({ key: 'given-up' }, CALL)).count).toBe(0n);
      expect(ok(await port.hash(member, null, CALL)).compactRevision).toBe(-1n);
    });

    test('a caller who gives up while waiting is told so at once', async () => {
      const { port } = ring;
      const member = await memberOf(port, 'm-2');
      await ring.freeze('m-2');
      const caller = new AbortController();
      const call = { timeoutMs: 60_000, signal: caller.signal };
      const waiting = Promise.all([
        port.members({ ...call, via: member, linearizable: false }),
        port.status(member, call),
        port.hash(member, null, call),
        port.defragment(member, call),
        port.range({ key: 'given-up', serializable: true }, { ...call, via: member }),
        ...(byPod ? [] : [port.quota(member, call)]),
      ]);
      setTimeout(() => caller.abort(), 50);

      const codes = (await waiting).map(codeOf);
      expect(codes).toEqual(codes.map(() => 'cancelled'));
      await ring.thaw('m-2');
      await answers(member);
    });

    test('a killed member is unreachable, the others go on, and it answers again when it is started', async () => {
      const { port } = ring;
      const killed = await memberOf(port, 'm-3');
      const before = ok(await port.startedAt(killed, CALL));
      expect(ok(await port.startedAt(killed, CALL))).toBe(before);
      await ring.kill('m-3');

      await waitFor('the connection to be refused', async () => {
        const status = await port.status(killed, SHORT);
        const refused = !status.ok && status.error.refusesConnections === true;
        return refused && codeOf(status) === 'unreachable';
      });
      for (const result of [
        await port.defragment(killed, SHORT),
        await port.hash(killed, null, SHORT),
        ...(byPod ? [] : [await port.quota(killed, SHORT)]),
        await port.members({ ...SHORT, via: killed }),
      ]) {
        expect(codeOf(result)).toBe('unreachable');
      }
      await waitFor(
        'the others to go on',
        async () => codeOf(await port.put('killed', Buffer.from('x'), CALL)) === 'ok',
      );
      expect(await membersOf(port)).toHaveLength(3);
      await ring.start('m-3');
      await answers(killed);
      // Restarted: told where the metrics can be seen.
      expect(ok(await port.startedAt(killed, CALL)) === before).toBe(kind.way === 'exec');
    });

    test('without quorum nothing is written, and only what needs none is answered', async () => {
      const { port } = ring;
      const members = await membersOf(port);
      const left = await memberOf(port, 'm-2');
      await ring.kill('m-1');
      await ring.kill('m-3');
      await waitFor('the last member to lose its leader', async () => {
        const status = await port.status(left, CALL);
        return status.ok && status.value.leaderId === null && status.value.errors.includes('etcdserver: no leader');
      });

      expect(codeOf(await port.range({ key: 'killed', serializable: true }, { ...CALL, via: left }))).toBe('ok');
      expect(codeOf(await port.range({ key: 'killed' }, { timeoutMs: 2_000, via: left }))).toBe('unknown-outcome');
      expect(codeOf(await port.alarms({ timeoutMs: 2_000 }))).toBe('unknown-outcome');
      const caller = new AbortController();
      const waiting = port.range({ key: 'killed' }, { timeoutMs: 60_000, via: left, signal: caller.signal });
      setTimeout(() => caller.abort(), 50);
      expect(codeOf(await waiting)).toBe('cancelled');
      expect(await port.put('lost', Buffer.from('x'), { timeoutMs: 3_000 })).toMatchObject({
        ok: false,
        error: { code: 'unreachable', message: expect.stringContaining('Nothing was sent') },
      });
      const local = await port.members({ timeoutMs: 2_000, linearizable: false, via: left });
      // etcdctl of 3.5 has no way to ask without quorum.
      expect(codeOf(local)).toBe(byPod && !kind.listIsLocal ? 'unknown-outcome' : 'ok');
      expect(codeOf(await port.members({ timeoutMs: 2_000, via: left }))).toBe(
        kind.listIsLocal ? 'ok' : 'unknown-outcome',
      );
      await ring.start('m-1');
      await ring.start('m-3');
      for (const member of members) await answers(member);
      await waitFor('writes', async () => codeOf(await port.put('back', Buffer.from('x'), CALL)) === 'ok');
      expect(ok(await port.range({ key: 'lost' }, CALL)).count).toBe(0n);
    });

    test('a closed port answers nothing any more', async () => {
      const member = await memberOf(ring.port, 'm-1');
      await ring.port.close();

      expect(codeOf(await ring.port.status(member, CALL))).toBe('cancelled');
      expect(codeOf(await ring.port.put('closed', Buffer.from('x'), CALL))).toBe('cancelled');
      expect(codeOf(await ring.port.quota(member, CALL))).toBe('cancelled');
    });
  });
}
