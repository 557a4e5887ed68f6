import { expect, test } from 'vitest';
import { createUpgradeCase } from '../../../support/capi-upgrade-case.ts';

test.each([
  ['v1.30.9', 'is kept: an undo returns to it.'],
  ['v1.31.4', 'is kept, and nothing uses it any more.'],
])('the old template of a node group at %s %s', async (to, words) => {
  const scene = createUpgradeCase();
  for (const group of ['controlplane', 'md-0']) expect(await scene.upgrade(group, to)).toMatchObject({ kind: 'done' });

  expect(scene.harness.outputs.at(2)).toMatchObject({
    report: {
      notes: expect.arrayContaining([expect.stringMatching(`DevMachineTemplate .* is in use; prod-md-0 ${words}`)]),
    },
  });
});
