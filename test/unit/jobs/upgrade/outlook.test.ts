import { describe, expect, test } from 'vitest';
import { mergedLeaving, outlook } from '../../../../jobs/upgrade/outlook.ts';
import { createDrainWorld } from '../../../support/drain-world.ts';
import { upgradeScene } from '../../../support/upgrade-scene.ts';

const WEB = { deployments: [{ name: 'web', replicas: 4, budget: { minAvailable: 4 } }] };

async function lookAt(nodes: readonly string[], surge: number) {
  const world = createDrainWorld({ workers: 3, ...WEB });
  const { context } = upgradeScene();
  const ports = { ...context.ports, kubernetes: world.port };
  const seen = await outlook(
    { ...context, ports, nowMs: () => world.clock.nowMs() },
    { leaving: { nodes, surge, unavailable: 0 }, patches: [], suspend: false },
  );
  return { world, seen };
}

describe('what leaving nodes mean', () => {
  test('a budget that never allows blocks, also where controllers drain', async () => {
    const { seen, world } = await lookAt(['worker-1', 'worker-2'], 1);

    expect(
      seen.checks
        .filter(({ verdict }) => verdict === 'block')
        .map(({ evidence }) => evidence)
        .join(),
    ).toContain('web');
    expect(world.asked).toEqual([]);
  });

  test('whether pods find a node is the room that is measured, where new nodes come first', async () => {
    const all = ['worker-1', 'worker-2', 'worker-3'];

    expect((await lookAt(all, 0)).seen.checks.map(({ id }) => id)).toContain('places');
    expect((await lookAt(all, 1)).seen.checks.map(({ id }) => id)).not.toContain('places');
  });

  test('nothing leaves: nothing is asked of drains', async () => {
    const { seen } = await lookAt([], 0);

    expect(seen).toMatchObject({ checks: [], before: [], linesBefore: [], linesAfter: [] });
  });
});

test('what several groups do adds up to who leaves, and the most at once', () => {
  const one = { nodes: ['a', 'b'], surge: 1, unavailable: 0 };
  const other = { nodes: ['b', 'c'], surge: 0, unavailable: 2 };

  expect(mergedLeaving([one, other])).toEqual({ nodes: ['a', 'b', 'c'], surge: 1, unavailable: 2 });
  expect(mergedLeaving([])).toEqual({ nodes: [], surge: 0, unavailable: 0 });
});
