import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { EtcdMember, EtcdResult } from '../../../src/core/ports/etcd.ts';
import {
  afterChange,
  CALL,
  codeOf,
  leaderAndFollowers,
  memberOf,
  membersOf,
  ok,
  type RingKind,
  type RingUnderTest,
} from './ring-under-test.ts';

/** A ring whose members change: everything that etcd does, and everything that it refuses. In this order, on one ring. */
export function memberSuite(kind: RingKind): void {
  describe(`etcd port, changes of members, ${kind.name}`, () => {
    let ring: RingUnderTest;
    let leader: EtcdMember;
    let staying: EtcdMember;
    let leaving: EtcdMember;
    beforeAll(async () => {
      ring = await kind.open();
      const found = await leaderAndFollowers(ring.port);
      const [first, second] = found.followers;
      if (first === undefined || second === undefined) throw new Error('too few members');
      [leader, staying, leaving] = [found.leader, first, second];
    });
    afterAll(async () => await ring.stop());

    async function idsAt(via: EtcdMember): Promise<readonly string[]> {
      return ok(await ring.port.members({ ...CALL, via }))
        .members.map(({ id }) => id)
        .toSorted();
    }
    test('each member tells to whom it is connected and how long its writes take, where metrics can be read', async () => {
      ok(await ring.port.put('written', Buffer.from('x'), CALL));
      const members = await membersOf(ring.port);
      for (const member of members) {
        const others = members.filter(({ id }) => id !== member.id).map(({ id }) => ({ id, active: true }));
        const told = ok(await ring.port.peers(member, CALL));
        const peers = told?.map(({ id, active }) => ({ id, active }));
        const fsync = ok(await ring.port.fsyncP99Ms(member, CALL));

        expect(peers?.toSorted(byId) ?? null).toEqual(kind.way === 'exec' ? null : others.toSorted(byId));
        expect(fsync === null).toBe(kind.way === 'exec');
        expect(fsync ?? 1).toBeGreaterThan(0);
        expect(fsync ?? 1).toBeLessThanOrEqual(8192);
        const end = ok(await ring.port.certificateEnd(member, CALL));
        const isShown = kind.way !== 'exec' && member.clientUrls.some((url) => url.startsWith('https:'));
        expect(end === null).toBe(!isShown);
      }
    });

    test('nobody is asked to remove itself, and who is no member is absent', async () => {
      const before = await idsAt(leader);

      expect(codeOf(await ring.port.removeMember(leader, leader.id, CALL))).toBe('refused');
      expect(ok(await ring.port.removeMember(leader, 'abc', CALL))).toBe('absent');
      expect(refusalOf(await ring.port.promote('abc', { ...CALL, via: leader }))).toBe('no-such-member');
      expect(await whenInSync(async () => await ring.port.promote(staying.id, { ...CALL, via: leader }))).toBeNull();
      expect(await idsAt(leader)).toEqual(before);
    });

    test('etcd removes a healthy member of a healthy ring: it is for us to refuse that', async () => {
      expect(await whenConnected(async () => await ring.port.removeMember(leader, leaving.id, CALL))).toBe('removed');

      expect(await idsAt(leader)).toEqual([leader.id, staying.id].toSorted());
      expect(ok(await ring.port.removeMember(leader, leaving.id, CALL))).toBe('absent');
      expect(ok(await ring.port.removeMember(staying, leaving.id, CALL))).toBe('absent');
    });

    test('T17: a learner is added once: its peer URL again, or a second learner, is refused', async () => {
      const peerUrl = await ring.place('m-4');
      const addition = { peerUrls: [peerUrl], learner: true };
      const added = await whenConnected(async () => await ring.port.addMember(leader, addition, CALL));

      expect(added).toEqual({
        id: expect.stringMatching(/^[1-9a-f][0-9a-f]{0,15}$/),
        name: '',
        peerUrls: [peerUrl],
        clientUrls: [],
        isLearner: true,
      });
      expect(await idsAt(leader)).toEqual([leader.id, staying.id, added.id].toSorted());
      expect(refusalOf(await ring.port.addMember(leader, addition, CALL))).toBe('peer-url-exists');
      const second = { peerUrls: ['https://127.0.0.1:1'], learner: true };
      expect(refusalOf(await ring.port.addMember(leader, second, CALL))).toBe('too-many-learners');
      expect(refusalOf(await ring.port.promote(added.id, { ...CALL, via: leader }))).toBe('learner-behind');
      expect(await idsAt(leader)).toEqual([leader.id, staying.id, added.id].toSorted());
    });

    test('a learner that has caught up votes, and is asked no more; nothing is changed through one', async () => {
      await ring.startNew('m-4');
      const learner = await memberOf(ring.port, 'm-4');
      expect(await ring.port.removeMember(learner, staying.id, CALL)).toMatchObject({
        ok: false,
        error: { code: 'unreachable', message: expect.stringContaining('learner') },
      });
      await waitFor('the learner to catch up', async () => {
        const answer = await ring.port.promote(learner.id, { ...CALL, via: leader });
        expect(['ok', 'learner-behind']).toContain(refusalOf(answer));
        return answer.ok;
      });

      expect(ok(await ring.port.promote(learner.id, { ...CALL, via: leader }))).toBeNull();
      const { members } = ok(await ring.port.members(afterChange(kind, leader)));
      expect(members.find(({ id }) => id === learner.id)).toEqual({ ...learner, isLearner: false });
      expect(ok(await ring.port.put('after', Buffer.from('x'), CALL)).revision).toBeGreaterThan(1n);
    });

    test('T16: while a voter is dead nobody is added and no other voter goes; the dead one does', async () => {
      const newcomer = await memberOf(ring.port, 'm-4');
      const taken = { peerUrls: leader.peerUrls, learner: true };
      await ring.kill(staying.name);
      await waitFor('the leader to miss it', async () => {
        const answer = await ring.port.addMember(leader, taken, CALL);
        return refusalOf(answer) === 'unhealthy-cluster';
      });
      const before = await idsAt(leader);

      const addition = { peerUrls: ['https://127.0.0.1:2'], learner: true };
      expect(refusalOf(await ring.port.addMember(leader, addition, CALL))).toBe('unhealthy-cluster');
      expect(refusalOf(await ring.port.removeMember(leader, newcomer.id, CALL))).toBe('unhealthy-cluster');
      expect(await idsAt(leader)).toEqual(before);
      const throughTheDead = await ring.port.removeMember(staying, newcomer.id, { timeoutMs: 3_000 });
      expect(codeOf(throughTheDead)).toBe('unreachable');
      const peers = ok(await ring.port.peers(leader, CALL));
      expect(peers?.find(({ id }) => id === staying.id)?.active ?? false).toBe(false);

      expect(ok(await ring.port.removeMember(leader, staying.id, CALL))).toBe('removed');
      expect(await idsAt(leader)).toEqual([leader.id, newcomer.id].toSorted());
      expect(ok(await ring.port.put('thin', Buffer.from('x'), CALL)).revision).toBeGreaterThan(1n);
    });
  });
}

/** Tries until all members have been connected for a while: until then etcd refuses, and nothing happens. */
async function whenConnected<T>(change: () => Promise<EtcdResult<T>>): Promise<T> {
  const answer = await waitFor('the members to be connected', async () => {
    const tried = await change();
    return refusalOf(tried) === 'unhealthy-cluster' ? undefined : tried;
  });
  return ok(answer);
}

/** Tries until the leader knows how far the member is: it asks that first, of a voter too, and a new leader has heard of nobody yet. */
async function whenInSync<T>(change: () => Promise<EtcdResult<T>>): Promise<T> {
  const answer = await waitFor('the leader to have heard how far the member is', async () => {
    const tried = await change();
    return refusalOf(tried) === 'learner-behind' ? undefined : tried;
  });
  return ok(answer);
}

function refusalOf(answer: EtcdResult<unknown>): string {
  return answer.ok ? 'ok' : (answer.error.refusal ?? `${answer.error.code}: ${answer.error.message}`);
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
