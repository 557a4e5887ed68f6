import { expect, test } from 'vitest';
import { hostGate } from '../../../../jobs/etcd-replace/openshift/gates.ts';

const HOURS_12 = 12 * 3_600_000;

test.each([
  ['m-2', 'goes on by itself when its node is ready, and not when the old host comes back, within 12 h'],
  [
    null,
    'goes on by itself when its node is ready, also when it is the old host that came back (how that was installed was not read: keep it switched off), within 12 h',
  ],
])('a gate that waits for a host says whether the old one is told from it: %s', (oldMachineId, words) => {
  const gate = hostGate('cp-2', { known: ['u-1'], oldMachineId }, HOURS_12);
  expect(gate.title).toContain(words);
  expect(gate.watch).toEqual({ kind: 'ocp.host-built@1', input: { known: ['u-1'], oldMachineId } });
});
