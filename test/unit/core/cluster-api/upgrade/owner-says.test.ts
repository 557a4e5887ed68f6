import { describe, expect, test } from 'vitest';
import { ownerSays } from '../../../../../src/core/cluster-api/upgrade/owner-says.ts';

function saying(message: string, type = 'ScalingDown', status: 'True' | 'False' = 'True') {
  return { conditions: [{ type, status, reason: type, message, since: null }] };
}

const COMPONENTS = '* waiting for control plane components to become healthy';
const DELETION = '* waiting for a control plane Machine to complete deletion';
const MISSING = '* cluster certificates are missing';

describe('what an owner says of its waiting', () => {
  test('is left out while a machine comes or goes: each machine has it', () => {
    const usual = `Scaling down from 4 to 3 replicas is blocked because:\n${COMPONENTS}\n${DELETION}`;
    expect(ownerSays(saying(usual), true)).toEqual([]);
    expect(ownerSays(saying('waiting for a Machine', 'ScalingUp'), true)).toEqual([]);
  });

  test('is no alarm when every machine is there and its components are not yet', () => {
    expect(ownerSays(saying(`Scaling down from 4 to 3 replicas is blocked because:\n${COMPONENTS}`), false)).toEqual([
      'Scaling down from 4 to 3 replicas waits for control plane components to become healthy, as after each machine',
    ]);
  });

  test.each([true, false])('is told where it is another reason, busy %s', (isBusy) => {
    const message = `Scaling up from 2 to 3 replicas is blocked because:\n${COMPONENTS}\n${MISSING}`;
    expect(ownerSays(saying(message, 'ScalingUp'), isBusy)).toEqual([
      'Scaling up from 2 to 3 replicas is blocked because: cluster certificates are missing',
    ]);
    expect(ownerSays(saying('MachineSet md-0-x is blocked by a quota'), isBusy)).toEqual([
      'MachineSet md-0-x is blocked by a quota',
    ]);
  });

  test('is nothing where nothing is scaled, or nothing is waited for', () => {
    expect(ownerSays(saying('Scaling down from 4 to 3 replicas'), false)).toEqual([]);
    expect(ownerSays(saying(`x is blocked because:\n${MISSING}`, 'ScalingDown', 'False'), false)).toEqual([]);
  });
});
