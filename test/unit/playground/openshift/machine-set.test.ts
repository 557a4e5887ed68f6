import { expect, test } from 'vitest';
import { missingIndex, statusOf } from '../../../../playground/openshift/machines/machine-set.ts';

function machine(name: string, isGoing = false) {
  const metadata = isGoing ? { name, deletionTimestamp: '2026-11-22T10:00:00Z' } : { name };
  return { apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine', metadata };
}

const SET = {
  apiVersion: 'machine.openshift.io/v1',
  kind: 'ControlPlaneMachineSet',
  metadata: {},
  spec: { replicas: 3 },
};

test('the index of a machine that is gone or going wants a new one', () => {
  const zero = machine('a-master-0');
  const one = machine('a-master-1');
  const two = machine('a-master-x7-2');
  expect(missingIndex(SET, [zero, one, two])).toBeNull();
  expect(missingIndex(SET, [zero, two])).toBe(1);
  expect(missingIndex(SET, [zero, machine('a-master-1', true), two])).toBe(1);
  expect(missingIndex(SET, [zero, machine('a-master-1', true), two, machine('a-master-k9-1')])).toBeNull();
});

test('a machine whose node is not ready is not counted as updated, however new it is', () => {
  const machines = ['cp-1', 'cp-2', 'cp-3'].map((name, index) =>
    Object.assign(machine(`a-master-${index}`), { status: { phase: 'Running', nodeRef: { name } } }),
  );
  expect(statusOf(SET, machines, () => true)).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
  expect(statusOf(SET, machines, (name) => name !== 'cp-2')).toEqual({
    replicas: 3,
    readyReplicas: 2,
    updatedReplicas: 2,
    unavailableReplicas: 1,
  });
  const made = { ...machine('a-master-k9-1'), status: { phase: 'Provisioned' } };
  expect(statusOf(SET, [...machines, made], () => true)).toMatchObject({ replicas: 4, updatedReplicas: 3 });
});
