import { expect, test } from 'vitest';
import { worthwhile } from '../../../../playground/openshift/operator/defrag.ts';

const MIB = 1024 * 1024;

function member(id: string, dbSize: number, dbSizeInUse: number, leader = '3') {
  return { status: { id, leader, isLearner: false, dbSize, dbSizeInUse } };
}

test('the operator defragments large members with much free space, and the leader last', () => {
  const small = member('1', 90 * MIB, MIB);
  const full = member('2', 200 * MIB, 150 * MIB);
  const leader = member('3', 200 * MIB, 100 * MIB);
  const follower = member('4', 200 * MIB, 100 * MIB);
  expect(worthwhile([small, full, leader, follower])).toEqual([follower, leader]);
});
