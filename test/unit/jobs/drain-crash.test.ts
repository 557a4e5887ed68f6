import { expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { drainParams } from '../../support/drain-params.ts';
import { DRAIN_BOUNDARIES, drainLines, drainOnly, drainScene } from '../../support/drain-scene.ts';

const NGINX = { name: 'nginx', replicas: 8, budget: { minAvailable: 6 } } as const;
const CASES = DRAIN_BOUNDARIES.flatMap((point) => {
  const times = point === 'cleanup-registered' ? [1] : [1, 2, 3, 4];
  return times.map((nth) => [point, nth] as const);
});

test.each(CASES)(
  'a worker that dies at %s for the %s. time is followed by one that ends the drain',
  async (point, nth) => {
    const scene = drainScene({ deployments: [NGINX] });
    scene.harness.crashAt(point, nth);
    const end = await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1', 'worker-2']));

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(1);
    expect(scene.world.podsOn('worker-1')).toEqual([]);
    expect(scene.world.podsOn('worker-2')).toEqual([]);
    // No pod is asked twice, whatever was lost.
    expect(new Set(scene.world.asked).size).toBe(scene.world.asked.length);
    expect(scene.world.leastReady('nginx')).toBeGreaterThanOrEqual(6);
    expect(scene.harness.acts.every(({ observed }) => observed !== null)).toBe(true);
  },
);

test('one that dies at every announcement still ends it, within the budget', async () => {
  const scene = drainScene({ deployments: [NGINX] });
  for (const nth of [1, 2, 3]) for (const point of DRAIN_BOUNDARIES) scene.harness.crashAt(point, nth);
  const end = await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1']));

  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.harness.deaths()).toBeGreaterThan(6);
  expect(new Set(scene.world.asked).size).toBe(scene.world.asked.length);
  expect(scene.world.leastReady('nginx')).toBeGreaterThanOrEqual(6);
});

test('while the pods cannot be read, what is open stays open for two minutes, and is then told as not known', async () => {
  const scene = drainScene({ deployments: [NGINX] });
  const lines = await drainLines(scene, ['worker-1']);
  scene.harness.crashAt('call-made', 2);
  scene.world.afterFirst(() => {
    const error = { code: 'unreachable', message: 'no route' } as const;
    scene.world.fake.fail({ method: 'list', when: ({ detail }) => detail === 'pods', error, times: 999 });
  });
  const end = await scene.harness.run(drainOnly, lines);

  expect(end).toMatchObject({ kind: 'stop', reason: 'cluster-silent' });
  expect(scene.harness.deaths()).toBe(1);
  expect(scene.harness.acts.at(-1)?.observed?.result).toBe('unknown');
});

test.each(['cleanup-restored', 'cleaned-up'] as const)(
  'a death at %s leaves the cordons as the ending wants them',
  async (point) => {
    const scene = drainScene({ deployments: [NGINX] });
    const { steps } = await scene.harness.plan(drain, drainParams());
    scene.harness.crashAt(point, 1);
    const succeeds = point === 'cleaned-up';
    if (!succeeds)
      scene.world.later(1000, () => {
        scene.harness.cancel();
      });
    const end = await scene.harness.run(drain, steps);
    await scene.harness.restoreCleanups(drain);

    expect(end.kind).toBe(succeeds ? 'done' : 'stop');
    expect(scene.world.isCordoned('worker-1')).toBe(succeeds);
    expect(scene.harness.deaths()).toBe(1);
  },
);
