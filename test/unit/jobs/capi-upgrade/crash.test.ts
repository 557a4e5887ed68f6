import { describe, expect, test } from 'vitest';
import { createUpgradeCase, groupRunbook } from '../../../support/capi-upgrade-case.ts';
import type { CrashPoint } from '../../../support/step-world.ts';

const TO = 'v1.31.4';
const POINTS: readonly CrashPoint[] = ['intent-stored', 'call-made', 'observed-stored'];

describe.each([false, true])('topology: %s', (topology) => {
  describe.each(POINTS)('a worker that dies at %s', (point) => {
    test.each([1, 2])('for the %s. time: each call is made once, and the roll-out goes on', async (nth) => {
      const scene = createUpgradeCase({ topology });
      const { draft } = await scene.plan({ group: 'controlplane', to: TO });
      scene.harness.crashAt(point, nth);
      expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
      const done = scene.harness.acts.filter(({ observed }) => observed?.result === 'done').map(({ action }) => action);
      expect(new Set(done).size).toBe(done.length);
      expect(done).toHaveLength(topology ? 1 : 2);
      expect(Object.values(scene.world.versions('KubeadmControlPlane'))).toEqual([TO, TO, TO]);
    });
  });

  test('a call of which nobody knows the outcome is looked at, not repeated', async () => {
    const scene = createUpgradeCase({ topology });
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    const error = { code: 'unknown-outcome', message: 'timed out' } as const;
    scene.world.management.fail({ method: 'patchJson', error, happens: true });
    const before = scene.world.management.calls.filter(({ method }) => method === 'patchJson').length;
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.world.management.calls.filter(({ method }) => method === 'patchJson')).toHaveLength(before + 1);
  });
});
