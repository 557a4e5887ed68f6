import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
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

const MIB = 1024 * 1024;

/** Alarms and learners: what changes what the ring accepts. In this order, on one ring. */
export function spaceSuite(kind: RingKind): void {
  describe(`etcd port, alarms and learners, ${kind.name}`, () => {
    let ring: RingUnderTest;
    beforeAll(async () => {
      ring = await kind.open({ quotaMib: 16 });
    });
    afterAll(async () => await ring.stop());

    test('writes are refused over the quota until space is freed, the files are rewritten and the alarms disarmed', async () => {
      const { port } = ring;
      const value = Buffer.alloc(MIB, 'x');
      let refusal = 'ok';
      let written = 0;
      for (; refusal === 'ok' && written < 40; written += 1)
        refusal = codeOf(await port.put(`big/${written}`, value, CALL));
      expect(refusal).toBe('no-space');
      expect(codeOf(await port.put('small', Buffer.from('x'), CALL))).toBe('no-space');
      const raised = ok(await port.alarms(CALL));
      expect(raised.length).toBeGreaterThan(0);
      expect(raised.map(({ type }) => type)).toEqual(raised.map(() => 'NOSPACE'));
      const [member] = await membersOf(port);
      if (member === undefined) throw new Error('an empty ring');
      expect(ok(await port.status(member, CALL)).errors.join()).toMatch(/NOSPACE/);

      for (let at = 0; at < written; at += 1) ok(await port.deleteKey(`big/${at}`, CALL));
      const { revision } = ok(await port.range({ key: 'small' }, CALL));
      expect(ok(await port.compact(revision, { ...CALL, physical: true }))).toBeNull();
      for (const each of await membersOf(port)) {
        // Members finish the compaction in their own time; what it has not freed yet, defragmentation keeps.
        await waitFor('a small file', async () => {
          ok(await port.defragment(each, { timeoutMs: 60_000 }));
          return ok(await port.status(each, CALL)).dbSizeBytes < 4 * MIB;
        });
      }
      for (const alarm of ok(await port.alarms(CALL))) ok(await port.disarm(alarm, CALL));
      expect(ok(await port.alarms(CALL))).toEqual([]);
      expect(codeOf(await port.put('small', Buffer.from('x'), CALL))).toBe('ok');
    });

    test('a CORRUPT alarm stops writes and compaction, but not the looking', async () => {
      const { port } = ring;
      const member = await memberOf(port, 'm-2');
      const { revision } = ok(await port.put('before', Buffer.from('x'), CALL));
      await ring.corrupt('m-2');

      expect(ok(await port.alarms(CALL))).toEqual([{ memberId: member.id, type: 'CORRUPT' }]);
      // etcd serves plain ranges past its alarms; only what is applied through the log is refused.
      expect(codeOf(await port.range({ key: 'before' }, CALL))).toBe('ok');
      expect(codeOf(await port.put('during', Buffer.from('x'), CALL))).toBe('corrupt');
      expect(codeOf(await port.deleteKey('before', CALL))).toBe('corrupt');
      expect(codeOf(await port.compact(revision, CALL))).toBe('corrupt');
      expect(codeOf(await port.status(member, CALL))).toBe('ok');
      expect(codeOf(await port.hash(member, null, CALL))).toBe('ok');
      expect(await membersOf(port)).toHaveLength(3);
      ok(await port.disarm({ memberId: member.id, type: 'CORRUPT' }, CALL));
      expect(codeOf(await port.put('after', Buffer.from('x'), CALL))).toBe('ok');
    });

    test('a learner shows its status and its own data, and refuses the rest', async () => {
      const name = await ring.addLearner();
      const { port } = ring;
      const learner = await memberOf(port, name);
      const voter = await memberOf(port, 'm-1');

      expect(learner.isLearner).toBe(true);
      const status = await waitFor('the learner to answer', async () => {
        const answer = await port.status(learner, { timeoutMs: 2_000 });
        return answer.ok && answer.value.leaderId !== null && answer.value;
      });
      expect(status).toMatchObject({ memberId: learner.id, isLearner: true });
      expect(codeOf(await port.defragment(learner, CALL))).toBe('refused');
      expect(codeOf(await port.hash(learner, null, CALL))).toBe('refused');
      const taken = await port.snapshot(learner, async () => await Promise.resolve(), { ...CALL, stallMs: 10_000 });
      // Newer learners give one. It may lag behind whatever it is asked for.
      expect(codeOf(taken)).toBe(kind.way === 'exec' ? 'not-available' : kind.listIsLocal ? 'refused' : 'ok');
      expect(codeOf(await port.range({ key: 'after' }, { ...CALL, via: learner }))).toBe('refused');
      expect(codeOf(await port.range({ key: 'after', serializable: true }, { ...CALL, via: learner }))).toBe('ok');
      const leaderId = ok(await port.status(voter, CALL)).leaderId;
      const leader = (await membersOf(port)).find(({ id }) => id === leaderId);
      if (leader === undefined) throw new Error('nobody leads');
      expect(codeOf(await port.moveLeader(leader, learner.id, CALL))).toBe('refused');
    });

    test('a learner that has caught up is promoted, once or twice, and a stranger is not', async () => {
      const { port } = ring;
      const learner = (await membersOf(port)).find(({ isLearner }) => isLearner);
      if (learner === undefined) throw new Error('no learner');

      await waitFor('the learner to catch up', async () => codeOf(await port.promote(learner.id, CALL)) === 'ok');
      const { leader } = await leaderAndFollowers(port);
      const { members } = ok(await port.members(afterChange(kind, leader)));
      expect(members).toContainEqual({ ...learner, isLearner: false });
      expect(ok(await port.promote(learner.id, CALL))).toBeNull();
      expect(codeOf(await port.promote('abc', CALL))).toBe('refused');
    });
  });
}
