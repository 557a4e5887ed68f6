import { describe, expect, test } from 'vitest';
import type { Leaving } from '../../../../jobs/node-groups/provider.ts';
import { areNewFirst, mergedLeaving, outlook } from '../../../../jobs/upgrade/outlook.ts';
import { createDrainWorld } from '../../../support/drain-world.ts';
import { upgradeScene } from '../../../support/upgrade-scene.ts';

function web(minAvailable: number) {
  return { deployments: [{ name: 'web', replicas: 4, budget: { minAvailable } }] };
}

interface More {
  readonly min?: number;
  readonly ends?: Leaving['ends'];
  /** Only worker-1 takes pods. */
  readonly alone?: boolean;
}

async function lookAt(nodes: readonly string[], surge: number, more: More = {}) {
  const { min = 4, ends, alone = false } = more;
  const world = createDrainWorld({ workers: 3, ...web(min) });
  for (const name of alone ? ['worker-2', 'worker-3'] : []) world.setNode(name, { spec: { unschedulable: true } });
  const { context } = upgradeScene();
  const ports = { ...context.ports, kubernetes: world.port };
  const seen = await outlook(
    { ...context, ports, nowMs: () => world.clock.nowMs() },
    {
      leaving: { nodes, surge, unavailable: 0, ...(ends === undefined ? {} : { ends }) },
      newFirst: surge > 0,
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

  test('whether another node may take the pods is asked where old nodes go first, of each node alone', async () => {
    const all = ['worker-1', 'worker-2', 'worker-3'];
    const ids = async (surge: number, alone: boolean) =>
      (await lookAt(all, surge, { alone })).seen.checks.map(({ id, verdict }) => `${verdict} ${id}`);

    // Two others are there while one is away.
    expect((await ids(0, false)).join()).not.toContain('places');
    expect(await ids(0, true)).toContain('warn places');
    // The new one is there already.
    expect((await ids(1, true)).join()).not.toContain('places');
  });

  test('one group in which old nodes go first is enough', () => {
    const newFirst = { nodes: ['a'], surge: 1, unavailable: 0 };

    expect(areNewFirst([newFirst, { nodes: ['b'], surge: 0, unavailable: 1 }])).toBe(false);
    expect(areNewFirst([newFirst, { nodes: [], surge: 0, unavailable: 0 }])).toBe(true);
    expect(areNewFirst([])).toBe(true);
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
