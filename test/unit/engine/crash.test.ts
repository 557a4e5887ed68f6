import { describe, expect, it } from 'vitest';
import { TRIGGER_POINTS } from '../../../src/core/ports/runtime.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { createScene, type Scene } from '../../support/engine-scene.ts';

/** Drives to the end, approving whenever asked, through one planned crash. */
async function driveThroughCrash(scene: Scene, valves: readonly string[]): Promise<string> {
  const runId = await scene.harness.start(valves);
  for (let round = 0; round < 10; round += 1) {
    const state = await scene.harness.drive(runId, `round${round}-`, 200);
    if (state.ended !== null) return runId;
    if (openGate(state) !== null) await scene.harness.approve(runId);
  }
  return runId;
}

describe('a crash at every trigger point (Rundeck: no resume after a crash; StackStorm: retries that repeat)', () => {
  it.each(TRIGGER_POINTS)(
    'at %s: the run ends well, every valve is turned exactly once, nothing stays behind',
    async (point) => {
      const scene = createScene();
      scene.harness.crashAt = { point, count: 1 };

      const runId = await driveThroughCrash(scene, ['a', 'b']);
      const ended = await scene.harness.state(runId);

      expect(scene.harness.reached).toContain(point);
      expect(scene.harness.crashAt).toBeNull();
      expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
      expect(scene.world.turns).toEqual(['a', 'b']);
      expect(scene.world.signUp).toBe(false);
      expect(await scene.harness.store.locks()).toEqual([]);
    },
  );

  it.each(['intent-after-store', 'call-made', 'observed-after-store', 'again-after-store'] as const)(
    'at %s for the second valve: the same',
    async (point) => {
      const scene = createScene();
      scene.harness.crashAt = { point, count: 2 };

      const runId = await driveThroughCrash(scene, ['a', 'b', 'c']);

      expect((await scene.harness.state(runId)).ended).toMatchObject({ outcome: 'succeeded' });
      expect(scene.world.turns).toEqual(['a', 'b', 'c']);
    },
  );

  it('needs a person when it cannot be told whether the call happened, and does not repeat it', async () => {
    const scene = createScene();
    scene.harness.crashAt = { point: 'call-made', count: 1 };
    const blind = scene.world.isTurned.bind(scene.world);
    scene.world.isTurned = async (valve) => {
      if (scene.harness.crashAt === null) throw new Error(`nobody can see ${valve}`);
      return await blind(valve);
    };

    const runId = await driveThroughCrash(scene, ['a', 'b']);

    expect((await scene.harness.state(runId)).ended).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'outcome-unknown',
    });
    expect(scene.world.turns).toEqual(['a']);
    expect(scene.world.signUp).toBe(false);
    expect(await scene.harness.store.locks()).toEqual([]);
  });
});
