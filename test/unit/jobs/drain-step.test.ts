import { describe, expect, test } from 'vitest';
import { podObject } from '../../support/drain-objects.ts';
import { drainLines, drainOnly, drainScene } from '../../support/drain-scene.ts';

const NGINX = { name: 'nginx', replicas: 10, budget: { minAvailable: 8 } } as const;

describe('a drain', () => {
  test('empties a node within its budget, asks each pod once, and leaves the node cordoned', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const { world, harness } = scene;
    const before = world.podsOn('worker-1').length;

    const end = await harness.run(drainOnly, await drainLines(scene, ['worker-1']));

    expect(end).toMatchObject({ kind: 'done', note: `worker-1 is empty. Evicted: ${before} pods.` });
    expect(world.podsOn('worker-1')).toEqual([]);
    expect(world.asked).toHaveLength(before);
    expect(new Set(world.asked).size).toBe(before);
    expect(world.leastReady('nginx')).toBeGreaterThanOrEqual(8);
    expect(world.isCordoned('worker-1')).toBe(true);
  });

  test('cordons all nodes before the first pod goes, so that no pod moves twice', async () => {
    const scene = drainScene({ workers: 4, deployments: [{ name: 'api', replicas: 12 }] });
    const { world, harness } = scene;
    const before = world.podsOn('worker-1').length + world.podsOn('worker-2').length;

    await harness.run(drainOnly, await drainLines(scene, ['worker-1', 'worker-2']));

    expect(world.asked).toHaveLength(before);
    expect([...world.podsOn('worker-1'), ...world.podsOn('worker-2')]).toEqual([]);
  });

  test('several pods of a node are one announcement that names each uid', async () => {
    const scene = drainScene({ workers: 2, deployments: [{ name: 'api', replicas: 6 }] });
    await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1']));
    const acts = scene.harness.acts.filter(({ action }) => action === 'evictions');

    expect(acts.map(({ item }) => item)).toEqual(['worker-1: wave 1']);
    expect(acts[0]?.facts).toMatchObject({ node: 'worker-1', pods: [{}, {}, {}] });
    expect(acts[0]?.observed).toMatchObject({ result: 'done', note: '3 of 3 pods go, by the answers' });
  });

  test('says on the card which budget is waited for, and how many pods are left', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, startMs: 20_000 }] });

    await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1']));

    expect(scene.harness.words).toContainEqual(
      expect.stringMatching(
        /^Draining worker-1: \d pods? left; .*budget web\/nginx allows 0 now \(8 of 8 needed healthy/,
      ),
    );
  });

  test('leaves pods of daemon sets and mirror pods where they are', async () => {
    const scene = drainScene();
    const { world, harness } = scene;
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    world.addPod(podObject({ name: 'static', node: 'worker-1', annotations }));

    expect(await harness.run(drainOnly, await drainLines(scene, ['worker-1']))).toMatchObject({ kind: 'done' });
    expect(world.asked).toEqual([]);
    expect(world.podsOn('worker-1')).toEqual(['static']);
  });

  test('gives pods the grace period that was asked for', async () => {
    const scene = drainScene({ deployments: [{ name: 'api', replicas: 3, graceSeconds: 600 }] });
    const beganMs = scene.world.clock.nowMs();

    await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1'], { graceSeconds: 5 }));

    expect(scene.world.clock.nowMs() - beganMs).toBeLessThan(60_000);
    expect(scene.world.podsOn('worker-1')).toEqual([]);
  });

  test('a budget of zero is passed over only with its consent, by deletions with the uid', async () => {
    const scene = drainScene({ deployments: [{ name: 'db', replicas: 3, budget: { maxUnavailable: 0 } }] });
    const consents = { ignoreBudgets: true };

    const end = await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1'], { consents }));

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.fake.calls.filter(({ method }) => method === 'evict')).toEqual([]);
    expect(scene.world.asked).toHaveLength(1);
  });
});

describe('a cordon', () => {
  test('carries the run, and is registered to be put back', async () => {
    const scene = drainScene();
    await scene.harness.run(drainOnly, (await drainLines(scene, ['worker-1'])).slice(0, 1));

    expect(scene.world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-1' })).toMatchObject({
      metadata: { annotations: { 'drydock.dev/cordoned-by': 'drain-prod-test' } },
      spec: { unschedulable: true },
    });
    expect(scene.harness.outputs[0]).toMatchObject({ undo: { kind: 'drain', nodes: [{ name: 'worker-1' }] } });
    expect(await scene.harness.restoreCleanups(drainOnly)).toEqual(new Map());
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });

  test('of somebody else gets no mark, and stays in every ending', async () => {
    const scene = drainScene();
    scene.world.setNode('worker-1', { spec: { unschedulable: true } });
    const lines = await drainLines(scene, ['worker-1', 'worker-2']);

    const end = await scene.harness.run(drainOnly, lines.slice(0, 1));

    expect(end.note).toBe('Cordoned: worker-2. worker-1 was cordoned before and stays so in every ending.');
    expect(scene.harness.outputs[0]).toMatchObject({ cordoned: [{ name: 'worker-2' }] });
    await scene.harness.restoreCleanups(drainOnly);
    expect([scene.world.isCordoned('worker-1'), scene.world.isCordoned('worker-2')]).toEqual([true, false]);
  });

  test('that could not be set ends the run before a pod is touched, and what was cordoned is opened again', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const error = { code: 'forbidden', message: 'patch nodes is not allowed' } as const;
    scene.world.fake.fail({
      method: 'patchMerge',
      when: ({ detail }) => detail.includes('worker-2'),
      error,
      times: 99,
    });

    const end = await scene.harness.run(drainOnly, await drainLines(scene, ['worker-1', 'worker-2']));

    expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused', step: 0 });
    expect(scene.world.asked).toEqual([]);
    await scene.harness.restoreCleanups(drainOnly);
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });
});
