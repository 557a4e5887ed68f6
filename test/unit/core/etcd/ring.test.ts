import { describe, expect, test } from 'vitest';
import { buildRing, DEFAULT_QUOTA_BYTES, hasAlarm, labelOf, votersOf } from '../../../../src/core/etcd/ring.ts';
import { CLUSTER_ID, idAt, MIB, readingOf, ringOf } from '../../../support/etcd-reading.ts';

test('members are in order of their labels, with leader, lag and backlog', () => {
  const ring = ringOf({
    members: [{ name: 'c' }, { name: 'a', status: { raftAppliedIndex: 990n } }, { name: 'b', learner: true }],
    leader: 0,
  });

  expect(ring.members.map((each) => each.label)).toEqual(['a', 'b', 'c']);
  expect(ring.members.map((each) => each.isLeader)).toEqual([false, false, true]);
  expect(ring.members[0]).toMatchObject({ lag: 10, backlog: 10 });
  expect(votersOf(ring).map((each) => each.label)).toEqual(['a', 'c']);
});

test('without a member list there is no ring', () => {
  expect(buildRing(readingOf({ members: [{}], listed: false }), null)).toBeNull();
});

test('one entry a member id, however many addresses it has', () => {
  const reading = readingOf({ members: [{}, {}, {}] });
  const twice = { ...reading, members: [...reading.members, ...reading.members.slice(0, 1)] };

  expect(buildRing(twice, null)?.members).toHaveLength(3);
});

test('ids of 64 bits keep every digit', () => {
  const id = BigInt('18019771712233889772').toString(16);
  const ring = ringOf({ members: [{ id }, {}, {}], alarms: [{ memberId: id, type: 'NOSPACE' }] });

  expect(ring.leaderId).toBe('fa1316e641555fec');
  expect(labelOf(ring, 'fa1316e641555fec')).toBe('m-1');
  expect(hasAlarm(ring, 'NOSPACE')).toBe(true);
  expect(labelOf(ring, 'ffff')).toBe('ffff');
});

test('a shared name is told with the id, a member without a name by its id', () => {
  const ring = ringOf({ members: [{ name: 'same' }, { name: 'same' }, { name: '' }] });

  expect(ring.members.map((each) => each.label).toSorted()).toEqual(
    [`same (${idAt(0)})`, `same (${idAt(1)})`, idAt(2)].toSorted(),
  );
  expect(ring.members.find((each) => each.id === idAt(2))?.started).toBe(false);
});

describe('what another process answers is not believed', () => {
  test('another member at its address', () => {
    const [first] = ringOf({ members: [{ status: { memberId: 'abc' } }, {}, {}] }).members;

    expect(first).toMatchObject({ status: null, trouble: 'another member (abc) answers at its address' });
  });

  test('another ring at its address', () => {
    const [first] = ringOf({ members: [{ status: { clusterId: 'def' } }, {}, {}] }).members;

    expect(first).toMatchObject({ status: null, trouble: 'another ring (def) answers at its address' });
  });
});

test('a leader counts only when all answering voters name it', () => {
  expect(ringOf({ members: [{}, { status: { leaderId: idAt(1) } }, {}] }).leaderId).toBeNull();
  expect(ringOf({ members: [{}, { silent: 'unreachable' }, {}] }).leaderId).toBe(idAt(0));
  expect(ringOf({ members: [{}, {}, {}], leader: null }).leaderId).toBeNull();
  expect(ringOf({ members: [{}, { status: { raftTerm: 9n } }, {}] }).term).toBeNull();
});

describe('quota', () => {
  test.each([
    ['from metrics', { reading: { quotaBytes: 8 * MIB } }, null, { bytes: 8 * MIB, source: 'server' }],
    [
      'from status of 3.6.6',
      { status: { version: '3.6.6', quotaBytes: 9 * MIB } },
      null,
      { bytes: 9 * MIB, source: 'server' },
    ],
    [
      'not from status of 3.6.5',
      { status: { version: '3.6.5', quotaBytes: 9 * MIB } },
      5 * MIB,
      { bytes: 5 * MIB, source: 'configured' },
    ],
    ['from the configuration', {}, 7 * MIB, { bytes: 7 * MIB, source: 'configured' }],
    ['assumed', {}, null, { bytes: DEFAULT_QUOTA_BYTES, source: 'assumed' }],
  ] as const)('%s', (_, member, configured, quota) => {
    expect(ringOf({ members: [member] }, configured).members[0]?.quota).toEqual(quota);
  });
});

test('whether a member knows the same ring', () => {
  const ring = ringOf({ members: [{ knows: [idAt(0)] }, {}, { silent: 'unreachable' }] });

  expect(ring.clusterId).toBe(CLUSTER_ID);
  expect(ring.members.map((each) => each.sameView)).toEqual([false, true, null]);
});
