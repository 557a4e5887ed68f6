import { describe, expect, test } from 'vitest';
import type { Leaving } from '../../../../jobs/node-groups/provider.ts';
import { mergedLeaving, outlook } from '../../../../jobs/upgrade/outlook.ts';
import { createDrainWorld } from '../../../support/drain-world.ts';
import { upgradeScene } from '../../../support/upgrade-scene.ts';

function web(minAvailable: number) {
  return { deployments: [{ name: 'web', replicas: 4, budget: { minAvailable } }] };
}

async function lookAt(nodes: readonly string[], surge: number, more: { min?: number; ends?: Leaving['ends'] } = {}) {
  const { min = 4, ends } = more;
  const world = createDrainWorld({ workers: 3, ...web(min) });
  const { context } = upgradeScene();
  const ports = { ...context.ports, kubernetes: world.port };
  const seen = await outlook(
    { ...context, ports, nowMs: () => world.clock.nowMs() },
    {
      leaving: { nodes, surge, unavailable: 0, ...(ends === undefined ? {} : { ends }) },
      patches: [],
      suspend: false,
    },
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

  test('a drain that ends by itself blocks where a budget lets nothing go, and is told where it does', async () => {
    const ends = [{ afterMs: 600_000, words: 'machines of md-0 go 10 min after their drain began' }];
    const of = async (min: number) => {
      const { seen } = await lookAt(['worker-1'], 1, { min, ends });
      return { facts: seen.facts, found: seen.checks.filter(({ id }) => id === 'capi-drain-timeout') };
    };

    expect((await of(4)).found).toMatchObject([{ verdict: 'block', evidence: expect.stringContaining('10 min') }]);
    const open = await of(1);
    expect(open.found).toMatchObject([{ verdict: 'warn' }]);
    expect(open.facts).toHaveProperty('ends', ['machines of md-0 go 10 min after their drain began']);
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
  const ends = [{ afterMs: 1, words: 'soon' }];
  expect(mergedLeaving([one, { ...other, ends }])).toMatchObject({ ends });
  expect(mergedLeaving([])).toEqual({ nodes: [], surge: 0, unavailable: 0 });
});
