import { array, assert, asyncProperty, boolean, constantFrom, integer, record, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { DRAIN_BOUNDARIES, drainLines, drainOnly, drainScene } from '../../support/drain-scene.ts';
import type { CrashPoint } from '../../support/step-harness.ts';

const deployments = array(
  record({
    replicas: integer({ min: 1, max: 4 }),
    spare: integer({ min: 0, max: 2 }),
    isSick: boolean(),
  }),
  {
    minLength: 1,
    maxLength: 3,
  },
).map((all) =>
  all.map(({ replicas, spare, isSick }, at) => {
    const needed = Math.max(0, replicas - spare);
    return { name: `app-${at}`, replicas, needed, isSick, budget: { minAvailable: needed } };
  }),
);
const disturbances = record({
  crashes: array(tuple(constantFrom(...DRAIN_BOUNDARIES), integer({ min: 1, max: 4 })), { maxLength: 3 }),
  lost: array(constantFrom('unknown-outcome', 'throttled', 'unreachable', 'server-error'), { maxLength: 3 }),
  happens: boolean(),
  parallelPods: integer({ min: 1, max: 4 }),
  parallelNodes: integer({ min: 1, max: 3 }),
});

const ONE = [{ name: 'app-0', replicas: 1, needed: 1, isSick: false, budget: { minAvailable: 1 } }];
/** Both workers die before the first call, which is the cordon of one node. */
const TWO_DEATHS = {
  crashes: [
    ['intent-stored', 1],
    ['intent-stored', 2],
  ] satisfies [CrashPoint, number][],
  lost: [],
  happens: false,
  parallelPods: 1,
  parallelNodes: 1,
};

test('whatever dies, is lost or sick: no budget is broken, no pod is asked twice after it was taken, and the end is clean', async () => {
  await assert(
    asyncProperty(deployments, disturbances, async (apps, { crashes, lost, happens, ...limits }) => {
      const scene = drainScene({ deployments: apps });
      const { world, harness } = scene;
      for (const { name, isSick } of apps) if (isSick) world.sick.add(name);
      for (const [point, nth] of crashes) harness.crashAt(point, nth);
      for (const code of lost) world.fake.fail({ method: 'evict', error: { code, message: 'lost' }, happens });
      const lines = await drainLines(scene, ['worker-1', 'worker-2'], { limits: { ...limits, nodeMs: 15_000 } });

      const end = await harness.run(drainOnly, lines);
      const isDone = end.kind === 'done';
      const left = world.podsOn('worker-1').length + world.podsOn('worker-2').length;
      const isRepeated = new Set(world.asked).size < world.asked.length;
      // Two workers that died before the same call: it is not announced a third time.
      const isGivenUp = crashes.filter(([point]) => point === 'intent-stored').length >= 2;
      // As every ending but success does.
      if (!isDone) await harness.restoreCleanups(drainOnly);

      for (const { name, needed } of apps) expect(world.leastReady(name)).toBeGreaterThanOrEqual(needed);
      expect(harness.acts.every(({ observed }) => observed !== null)).toBe(true);
      // A request whose answer was lost may be made again; it names the uid.
      expect(isRepeated && lost.length === 0).toBe(false);
      expect(['done', 'drain-blocked', ...(isGivenUp ? ['call-without-effect'] : [])]).toContain(end.reason);
      expect(isDone && left > 0).toBe(false);
      expect([world.isCordoned('worker-1'), world.isCordoned('worker-2')]).toEqual([isDone, isDone]);
    }),
    { numRuns: 10, examples: [[ONE, TWO_DEATHS]] },
  );
});
