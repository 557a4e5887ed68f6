import { expect, test } from 'vitest';
import { driftOf, identityOf } from '../../../../src/core/etcd/identity.ts';
import { CLUSTER_ID, idAt, MIB, type RingSketch, ringOf } from '../../../support/etcd-reading.ts';

const three: RingSketch = { members: [{}, {}, {}] };

test('the identity has names, ids and versions, in order of ids, and no measurement', () => {
  expect(identityOf(ringOf({ members: [{ name: 'z' }, { name: 'a', learner: true }] }))).toEqual({
    clusterId: CLUSTER_ID,
    members: [
      { id: idAt(0), name: 'z', learner: false, version: '3.5.16' },
      { id: idAt(1), name: 'a', learner: true, version: '3.5.16' },
    ],
  });
});

test.each([
  ['another leader', { ...three, leader: 2, term: 9n }],
  ['other sizes', { members: [{ status: { dbSizeBytes: MIB, dbSizeInUseBytes: MIB } }, {}, {}] }],
  ['a member that does not answer', { members: [{}, {}, { silent: 'unreachable' }] }],
  ['an alarm', { ...three, alarms: [{ memberId: idAt(0), type: 'NOSPACE' }] }],
] satisfies readonly (readonly [string, RingSketch])[])('%s is no drift', (_, sketch) => {
  expect(driftOf(identityOf(ringOf(three)), ringOf(sketch))).toEqual([]);
});

test.each([
  ['a member less', { members: [{}, {}] }, `m-3 (${idAt(2)}) is no longer a member`],
  ['a member more', { members: [{}, {}, {}, {}] }, `m-4 (${idAt(3)}) is a new member`],
  ['a new name', { members: [{}, {}, { name: 'x' }] }, 'm-3 is now called x'],
  ['a new version', { members: [{}, {}, { status: { version: '3.5.17' } }] }, 'm-3 runs 3.5.17, not 3.5.16'],
  ['a learner now', { members: [{}, {}, { learner: true }] }, 'm-3 became a learner'],
] satisfies readonly (readonly [string, RingSketch, string])[])('%s is drift', (_, sketch, words) => {
  expect(driftOf(identityOf(ringOf(three)), ringOf(sketch))).toEqual([words]);
});

test('another ring is drift, whatever its members', () => {
  expect(driftOf({ clusterId: 'abc', members: [] }, ringOf(three))).toEqual([`it is ring ${CLUSTER_ID}, not abc`]);
});
