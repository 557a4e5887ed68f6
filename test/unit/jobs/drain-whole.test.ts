import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { type DrainAsk, drainParams } from '../../support/drain-params.ts';
import { type DrainScene, drainScene } from '../../support/drain-scene.ts';
import type { HarnessEnd } from '../../support/step-harness.ts';
import { stuckDatabase } from '../../support/stuck-database.ts';

const NGINX = { name: 'nginx', replicas: 10, budget: { minAvailable: 8 } } as const;

async function drainNow(scene: DrainScene, ask: DrainAsk = {}): Promise<HarnessEnd> {
  const draft = await scene.harness.plan(drain, drainParams(ask));
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  return await scene.harness.run(drain, draft.steps);
}

describe('a whole run', () => {
  test('ends with empty nodes that stay cordoned, everything ready elsewhere, and what to do next', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drainNow(scene, { nodes: ['worker-1', 'worker-2'] });
    await scene.harness.restoreCleanups(drain);

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.isCordoned('worker-1')).toBe(true);
    expect(scene.world.ready('nginx')).toBe(10);
    expect(scene.world.leastReady('nginx')).toBeGreaterThanOrEqual(8);
    expect(scene.harness.outputs.at(-1)).toMatchObject({
      report: {
        summary: 'worker-1 and worker-2 are drained and cordoned; what was evicted is ready elsewhere.',
        notes: expect.arrayContaining([
          'When the maintenance is over: `/kube uncordon prod node/worker-1 node/worker-2`.',
        ]),
      },
    });
  });

  test('waits until what was evicted is ready; what is not in time ends it, and its nodes take pods again', async () => {
    const scene = drainScene({ deployments: [{ name: 'api', replicas: 3 }] });
    scene.world.sick.add('api');
    const end = await drainNow(scene);
    await scene.harness.restoreCleanups(drain);

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'not-verified',
      note: 'The nodes are empty, but not all is back elsewhere: Deployment web/api has 2 of 3 ready.',
    });
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });

  test('deletes by force only what is stuck by then, and only where that was asked for', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    stuckDatabase(scene.world);
    const end = await drainNow(scene, { forceStuck: true });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.podsOn('worker-1')).toEqual([]);
    expect(scene.world.fake.calls.filter(({ method }) => method === 'delete')).toHaveLength(1);
    expect(scene.harness.acts.filter(({ action }) => action === 'force-delete').map(({ item }) => item)).toEqual([
      'worker-1: pod web/db-0',
    ]);
  });

  test('says of a pod that ended while people were asked that it did, and not that it was deleted', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    stuckDatabase(scene.world);
    const { steps } = await scene.harness.plan(drain, drainParams({ forceStuck: true }));
    await scene.harness.run(drain, steps, {
      before: (index) => {
        if (steps[index]?.kind !== 'nodes.force-delete@1') return;
        scene.world.fake.finish({ apiVersion: 'v1', kind: 'Pod', namespace: 'web', name: 'db-0' });
      },
    });

    expect(scene.world.fake.calls.filter(({ method }) => method === 'delete')).toEqual([]);
    expect(scene.harness.words).toContain('Deleted by force: nothing. Ended before: web/db-0.');
  });

  test('deletes nothing by force when nothing is stuck', async () => {
    const scene = drainScene({ deployments: [NGINX] });

    expect(await drainNow(scene, { forceStuck: true })).toMatchObject({ kind: 'done' });
    expect(scene.world.fake.calls.filter(({ method }) => method === 'delete')).toEqual([]);
  });

  test.each(['intent-stored', 'call-made', 'observed-stored'] as const)(
    'a worker that dies at %s of a deletion by force is followed by one that looks first',
    async (point) => {
      const scene = drainScene();
      stuckDatabase(scene.world);
      // Cordon and eviction come before it.
      scene.harness.crashAt(point, 3);

      expect(await drainNow(scene, { forceStuck: true })).toMatchObject({ kind: 'done' });
      expect(scene.world.fake.calls.filter(({ method }) => method === 'delete')).toHaveLength(1);
      expect(scene.harness.deaths()).toBe(1);
    },
  );

  test('a pod that force does not end, for its finalizers, is told with them', async () => {
    const scene = drainScene();
    stuckDatabase(scene.world, ['example.com/keep']);
    scene.world.keepsFinalizers.add('db-0');
    const end = await drainNow(scene, { forceStuck: true });

    expect(end).toMatchObject({ kind: 'stop', reason: 'call-without-effect' });
    expect(end.note).toContain('it waits for its finalizers (example.com/keep)');
    await scene.harness.restoreCleanups(drain);
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });
});
