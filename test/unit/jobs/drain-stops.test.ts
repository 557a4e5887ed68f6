import { describe, expect, test } from 'vitest';
import { controlledBy, podObject } from '../../support/drain-objects.ts';
import { type DrainScene, drainLines, drainOnly, drainScene } from '../../support/drain-scene.ts';
import type { HarnessEnd } from '../../support/step-harness.ts';

const NGINX = { name: 'nginx', replicas: 6, budget: { minAvailable: 5 } } as const;
type How = Parameters<typeof drainLines>[2];

/** Drains worker-1 after something happened behind the cordon. */
async function drained(scene: DrainScene, disturb: () => void, how: How = {}): Promise<HarnessEnd> {
  const lines = await drainLines(scene, ['worker-1'], how);
  return await scene.harness.run(drainOnly, lines, {
    before: (index) => {
      if (index === 1) disturb();
    },
  });
}

async function opened(scene: DrainScene): Promise<boolean> {
  await scene.harness.restoreCleanups(drainOnly);
  return !scene.world.isCordoned('worker-1');
}

describe('a drain that is held up', () => {
  test('by a budget ends when the time of its node is over, with the budget and its figures', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(
      scene,
      () => {
        scene.world.sick.add('nginx');
      },
      { limits: { nodeMs: 120_000 } },
    );

    expect(end).toMatchObject({ kind: 'stop', reason: 'drain-blocked' });
    expect(end.note).toMatch(
      /^worker-1 took longer than one node may; draining worker-1: 1 pod left; budget web\/nginx allows 0 now \(5 of 5 needed healthy/,
    );
    expect(scene.world.leastReady('nginx')).toBeGreaterThanOrEqual(5);
    expect(await opened(scene)).toBe(true);
  });

  test('goes on when people widen the budget meanwhile', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, startMs: 1e9 }] });
    scene.world.sick.add('nginx');
    const lines = await drainLines(scene, ['worker-1']);
    scene.world.later(120_000, () => {
      scene.world.setBudget('nginx', { minAvailable: 1 });
    });
    const end = await scene.harness.run(drainOnly, lines);

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.podsOn('worker-1')).toEqual([]);
  });

  test('by a pod that does not end stops after everything else has gone, and does not touch it', async () => {
    const scene = drainScene({ deployments: [{ name: 'api', replicas: 6 }] });
    const [name = ''] = scene.world.podsOn('worker-1');
    scene.world.stuck.add(name);
    const end = await drained(scene, () => undefined);

    expect(end).toMatchObject({ kind: 'stop', reason: 'pod-stuck' });
    expect(end.note).toContain(`Pod web/${name} on node worker-1 should have ended`);
    expect(scene.world.podsOn('worker-1')).toEqual([name]);
    expect(new Set(scene.world.asked).size).toBe(scene.world.asked.length);
    expect(await opened(scene)).toBe(true);
  });

  test('by a pod that does not end goes on where a later step is for it', async () => {
    const scene = drainScene({ deployments: [{ name: 'api', replicas: 6 }] });
    const [name = ''] = scene.world.podsOn('worker-1');
    scene.world.stuck.add(name);
    const end = await drained(scene, () => undefined, { leavesStuck: true });

    expect(end).toMatchObject({ kind: 'done', note: expect.stringContaining('1 pod did not end') });
    expect(scene.harness.outputs[1]).toMatchObject({ stuck: [{ name, node: 'worker-1' }] });
  });

  test('by a second budget that somebody made meanwhile stops at once: the server would never let it go', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    scene.world.sick.add('nginx');
    const end = await drained(scene, () => {
      scene.world.fake.fail({
        method: 'evict',
        error: { code: 'blocked-for-good', status: 500, message: 'This pod has more than one PodDisruptionBudget' },
        times: 99,
      });
    });

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'drain-blocked',
      note: expect.stringContaining('more than one'),
    });
  });
});

describe('a drain whose approval no longer holds', () => {
  test('an owner that was not there', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      const owner = controlledBy('apps/v1', 'StatefulSet', 'db', 'uid-of-db');
      scene.world.addPod(podObject({ name: 'db-0', node: 'worker-1', owner }));
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', note: expect.stringContaining('web/db') });
    expect(scene.world.asked).toEqual([]);
  });

  test('a pod with data, without its consent', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.addPod(podObject({ name: 'bare', node: 'worker-1' }));
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', note: expect.stringContaining('web/bare') });
  });

  test('a budget that changed before the first eviction', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.setBudget('nginx', { minAvailable: 2 });
    });

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'plan-drifted',
      note: expect.stringContaining('Budget web/nginx was changed'),
    });
  });

  test('a node that somebody uncordoned', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.setNode('worker-1', { spec: { unschedulable: false } });
    });

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'plan-drifted',
      note: expect.stringContaining('Somebody uncordoned worker-1'),
    });
  });

  test('a node that vanished', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, startMs: 30_000 }] });
    const lines = await drainLines(scene, ['worker-1']);
    const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-1' };
    scene.world.afterFirst(() => {
      scene.world.fake.finish(ref);
    });
    const end = await scene.harness.run(drainOnly, lines);

    expect(end).toMatchObject({ kind: 'stop', reason: 'node-gone' });
    expect(await scene.harness.restoreCleanups(drainOnly)).toEqual(new Map());
  });
});

describe('a cluster that gets worse', () => {
  test('another node that is not ready: nothing is evicted, and after three minutes it ends', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, startMs: 30_000 }] });
    const lines = await drainLines(scene, ['worker-1']);
    scene.world.afterFirst(() => {
      scene.world.setNode('worker-2', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    });
    const end = await scene.harness.run(drainOnly, lines);

    expect(end).toMatchObject({ kind: 'stop', reason: 'cluster-worse', note: expect.stringContaining('worker-2') });
    expect(scene.harness.words.some((words) => words.startsWith('Waiting, nothing is evicted: 1 other node'))).toBe(
      true,
    );
  });

  test('an API server that stays away ends it after two minutes, with nothing evicted meanwhile', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.fake.fail({ method: 'eachPage', error: { code: 'unreachable', message: 'no route' }, times: 9999 });
    });

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'cluster-silent',
      note: 'The pods could not be read: no route.',
    });
    expect(scene.world.asked).toEqual([]);
  });

  test('an API server that comes back in time is no reason to stop', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.fake.fail({ method: 'eachPage', error: { code: 'unreachable', message: 'no route' }, times: 10 });
    });

    expect(end).toMatchObject({ kind: 'done' });
  });

  test('budgets that may not be listed any more: nothing is evicted', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const end = await drained(scene, () => {
      scene.world.fake.forbid({ verb: 'list', resource: 'poddisruptionbudgets' });
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused' });
    expect(scene.world.asked).toEqual([]);
  });
});

test('a cancel lets nothing further go, and the node takes pods again', async () => {
  const scene = drainScene({ deployments: [{ ...NGINX, startMs: 60_000 }] });
  const lines = await drainLines(scene, ['worker-1']);
  scene.world.afterFirst(() => {
    scene.harness.cancel();
  });
  const end = await scene.harness.run(drainOnly, lines);

  expect(end).toMatchObject({ kind: 'stop', reason: 'cancelled' });
  expect(scene.world.asked).toHaveLength(1);
  expect(await opened(scene)).toBe(true);
});

test('evictions without a certain answer are looked for, and not sent again while they may still take effect', async () => {
  const scene = drainScene({ deployments: [{ name: 'api', replicas: 3 }] });
  const end = await drained(scene, () => {
    scene.world.fake.fail({
      method: 'evict',
      error: { code: 'unknown-outcome', message: 'time-out' },
      times: 1,
      happens: true,
    });
  });

  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.world.asked).toHaveLength(1);
});
