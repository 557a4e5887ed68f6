import { expect, test } from 'vitest';
import { readPool } from '../../../../src/core/openshift/machine-config.ts';

test.each([
  [
    {
      spec: { configuration: { name: 'rendered-b' } },
      status: {
        configuration: { name: 'rendered-a' },
        machineCount: 3,
        updatedMachineCount: 1,
        conditions: [{ type: 'Updating', status: 'True', lastTransitionTime: '2026-11-22T02:50:00Z' }],
      },
    },
    { updating: true, paused: false, wanted: 'rendered-b', reached: 'rendered-a', machines: 3, updated: 1 },
  ],
  [
    { status: { conditions: [{ type: 'Updating', status: 'False' }] }, spec: { paused: true } },
    { updating: false, paused: true, wanted: '', reached: '', machines: null, updated: null },
  ],
  [{}, { updating: false, paused: false, wanted: '', reached: '', machines: null, updated: null }],
])('a pool is read: %j', (parts, expected) => {
  const metadata = { name: 'master', uid: 'u', resourceVersion: '1' };
  const object = { apiVersion: 'machineconfiguration.openshift.io/v1', kind: 'MachineConfigPool', metadata, ...parts };
  expect(readPool(object)).toEqual(expected);
});
