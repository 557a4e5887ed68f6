import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseBackupMember } from '../../../../src/core/backup/member-choice.ts';
import { idAt, type MemberSketch, type RingSketch, ringOf } from '../../../support/etcd-reading.ts';

function choice(sketch: RingSketch, named: string | null = null) {
  const answer = chooseBackupMember(ringOf(sketch), named);
  const left = Object.fromEntries(answer.left.map(({ member, reason }) => [member.label, reason]));
  return answer.ok ? { chosen: answer.member.label, reason: answer.reason, left } : { trouble: answer.trouble, left };
}

function applied(raftAppliedIndex: bigint): MemberSketch {
  return { status: { raftIndex: raftAppliedIndex, raftAppliedIndex } };
}

test('the follower that has applied most, not the leader', () => {
  expect(choice({ members: [applied(1000n), applied(990n), applied(999n)] })).toEqual({
    chosen: 'm-3',
    reason: 'healthy, not the leader, 1 entry behind',
    left: { 'm-1': 'it leads, and all writes wait for its disk', 'm-2': 'it has applied less than m-3' },
  });
});

test('equals by name, and the only voter although it leads', () => {
  expect(choice({ members: [{}, {}, {}] })).toMatchObject({
    chosen: 'm-2',
    left: { 'm-3': 'as good as m-2' },
  });
  expect(choice({ members: [{}, { learner: true }] })).toMatchObject({
    chosen: 'm-1',
    reason: 'it is the only voter',
    left: { 'm-2': 'a learner may lack what the others have' },
  });
});

describe('never', () => {
  test.each<[string, MemberSketch, RegExp]>([
    ['a learner', { learner: true }, /^a learner/],
    ['a member that was never started', { name: '' }, /^it was never started$/],
    ['a silent one', { silent: 'unreachable' }, /^it does not answer: unreachable in this test$/],
    ['one that lags', applied(899n), /^it is 101 entries behind$/],
    ['one with a backlog', { status: { raftIndex: 1101n } }, /^it is 101 entries behind$/],
    ['one that reports errors', { status: { errors: ['memory low'] } }, /^it reports: memory low$/],
    ['a deaf one', { deaf: true }, /^it is not healthy/],
    ['one that knows other members', { knows: [idAt(0)] }, /^it is not healthy/],
    ['one being defragmented', { reading: { defragInflight: true } }, /^it is being defragmented$/],
  ])('%s, also when it is named', (_, sketch, reason) => {
    const members = [{}, sketch, applied(950n)];
    const label = sketch.name === '' ? idAt(1) : 'm-2';

    expect(choice({ members })).toMatchObject({
      chosen: 'm-3',
      left: { [label]: expect.stringMatching(reason) },
    });
    const refused = choice({ members }, idAt(1));
    expect(refused.trouble).toMatch(/^\S+ cannot give a backup: .*; m-3 can give one$/);
  });

  test('one with an alarm', () => {
    const alarms = [{ memberId: idAt(1), type: 'NOSPACE' }] as const;
    expect(choice({ members: [{}, {}, {}], alarms })).toMatchObject({
      chosen: 'm-3',
      left: { 'm-2': 'it has an alarm' },
    });
  });

  test('but not the others, though etcd names the alarm in the status of every member', () => {
    const alarms = [{ memberId: idAt(1), type: 'NOSPACE' }] as const;
    const told = { status: { errors: ['memberID:2 alarm:NOSPACE '] } };
    expect(choice({ members: [told, told, told], alarms })).toMatchObject({ chosen: 'm-3' });
  });
});

test('nobody, where it cannot be told who is right', () => {
  const members = [{}, {}, {}];
  expect(choice({ members, localList: true }).trouble).toMatch(/has no quorum/);
  expect(choice({ members, alarms: null }).trouble).toMatch(/could not be read/);
  expect(choice({ members, alarms: [{ memberId: idAt(2), type: 'CORRUPT' }] }).trouble).toMatch(/CORRUPT/);
});

test('when nobody can, each is told with its reason', () => {
  expect(choice({ members: [{}, { silent: 'unreachable' }, applied(10n)] }).trouble).toBe(
    'no member can give a backup: m-1: it leads, and all writes wait for its disk; m-2: it does not answer: unreachable in this test; ' +
      'm-3: it is 990 entries behind',
  );
});

test('a named one that can is taken, an unknown or ambiguous one is not', () => {
  const members = [{}, {}, {}];
  expect(choice({ members }, 'm-3')).toMatchObject({ chosen: 'm-3', reason: 'named in the command' });
  expect(choice({ members }, 'm-1').trouble).toBe(
    'm-1 cannot give a backup: it leads, and all writes wait for its disk; m-2 can give one',
  );
  expect(choice({ members }, 'm-9').trouble).toBe('there is no member m-9');
  expect(choice({ members: [{}, { name: 'twin' }, { name: 'twin' }] }, 'twin').trouble).toMatch(/more than one/);
});

test('whatever the ring, who is chosen is fit, and everybody else has a reason', () => {
  const member = record({
    learner: boolean(),
    silent: option(constantFrom('unreachable' as const), { nil: undefined }),
    deaf: boolean(),
    status: record({ raftAppliedIndex: integer({ min: 850, max: 1000 }).map(BigInt) }),
  });
  assert(
    property(array(member, { minLength: 1, maxLength: 5 }), integer({ min: 0, max: 4 }), (sketches, leader) => {
      const members = sketches.map(({ silent, ...rest }) => (silent === undefined ? rest : { ...rest, silent }));
      const ring = ringOf({ members, leader: leader % members.length });
      const answer = chooseBackupMember(ring, null);
      expect(answer.left.length).toBe(ring.members.length - (answer.ok ? 1 : 0));
      if (!answer.ok) return;
      const { learner, status, reads, isLeader, lag } = answer.member;
      expect({ learner, reads }).toEqual({ learner: false, reads: true });
      expect(status).not.toBeNull();
      expect(lag).toBeLessThanOrEqual(100);
      expect(isLeader && ring.members.filter((each) => !each.learner).length > 1).toBe(false);
    }),
  );
});
