import { expect, test } from 'vitest';
import { operatorConditions, timed } from '../../../../playground/openshift/operator/conditions.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

function etcd(...conditions: readonly (readonly [string, string, string])[]) {
  return {
    status: {
      conditions: conditions.map(([type, status, reason]) => ({
        type,
        status,
        reason,
        message: `${type} says`,
        lastTransitionTime: '2026-11-22T09:59:00Z',
      })),
    },
  };
}

test('an operator is degraded when a part has been for long enough', () => {
  const sick = etcd(
    ['EtcdMembersAvailable', 'True', 'EtcdQuorate'],
    ['EtcdMembersDegraded', 'True', 'UnhealthyMembers'],
  );
  const early = operatorConditions(sick, NOW, 120_000).find(({ type }) => type === 'Degraded');
  const late = operatorConditions(sick, NOW, 30_000).find(({ type }) => type === 'Degraded');
  expect(early).toMatchObject({ status: 'False', reason: 'AsExpected' });
  expect(late).toEqual({
    type: 'Degraded',
    status: 'True',
    reason: 'EtcdMembers_UnhealthyMembers',
    message: 'EtcdMembersDegraded: EtcdMembersDegraded says',
  });
});

test('a condition that says what it said keeps its time', () => {
  const before = etcd(['Available', 'True', 'AsExpected']);
  const [same, other] = timed(
    before,
    [
      { type: 'Available', status: 'True', reason: 'AsExpected', message: 'new words' },
      { type: 'Degraded', status: 'False', reason: 'AsExpected', message: '' },
    ],
    NOW,
  );
  expect(same).toMatchObject({ message: 'new words', lastTransitionTime: '2026-11-22T09:59:00Z' });
  expect(other).toMatchObject({ lastTransitionTime: '2026-11-22T10:00:00Z' });
});
