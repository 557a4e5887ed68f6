import { describe, expect, test } from 'vitest';
import { createUpgradeCase, groupRunbook } from '../../../support/capi-upgrade-case.ts';
import type { CrashPoint } from '../../../support/step-world.ts';

const TO = 'v1.31.4';
const POINTS: readonly CrashPoint[] = ['intent-stored', 'call-made', 'observed-stored'];

/** A template is made and named; a topology is told the version in one call. */
const CALLS = [
  [false, [1, 2]],
  [true, [1]],
] as const;

describe.each(CALLS)('topology: %s', (topology, calls) => {
  describe.each(POINTS)('a worker that dies at %s', (point) => {
    test.each([...calls])('for the %s. time: each call is made once, and the roll-out goes on', async (nth) => {
      const scene = createUpgradeCase({ topology });
      const { draft } = await scene.plan({ group: 'controlplane', to: TO });
      scene.harness.crashAt(point, nth);
      expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
      expect(scene.harness.deaths()).toBe(1);
      const done = scene.harness.acts.filter(({ observed }) => observed?.result === 'done').map(({ action }) => action);
      expect(new Set(done).size).toBe(done.length);
      expect(done).toHaveLength(calls.length);
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
