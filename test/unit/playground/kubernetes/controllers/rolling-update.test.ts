import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Bounds,
  boundsOf,
  newReplicas,
  rescaled,
  rollingStep,
  type SetSize,
} from '../../../../../playground/kubernetes/controllers/rolling-update.ts';

const amount = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);
const someBounds = fc
  .record({ wanted: fc.integer({ min: 0, max: 12 }), surge: amount, unavailable: amount })
  .map(({ wanted, surge, unavailable }) => boundsOf(wanted, surge, unavailable));

interface World {
  readonly fresh: SetSize;
  readonly old: readonly SetSize[];
}

function total(world: World, field: 'replicas' | 'available'): number {
  return world.fresh[field] + world.old.reduce((sum, each) => sum + each[field], 0);
}

/** What ReplicaSets do after a step: pods go at once, and those that serve go last. */
function applied(world: World, bounds: Bounds): World {
  const wanted = new Map(rollingStep(bounds, world.fresh, world.old).map(({ uid, replicas }) => [uid, replicas]));
  const [fresh = world.fresh, ...others] = [world.fresh, ...world.old].map(({ uid, replicas, available }) => {
    const next = wanted.get(uid) ?? replicas;
    return { uid, replicas: next, available: Math.min(available, next) };
  });
  return { fresh, old: others };
}

test.each([
  [4, '25%', '25%', { wanted: 4, maxSurge: 1, maxUnavailable: 1 }],
  [3, undefined, undefined, { wanted: 3, maxSurge: 1, maxUnavailable: 0 }],
  [10, 0, '5%', { wanted: 10, maxSurge: 0, maxUnavailable: 1 }],
  [2, 0, 5, { wanted: 2, maxSurge: 0, maxUnavailable: 2 }],
])('%i replicas with a surge of %s and %s missing', (wanted, surge, unavailable, expected) => {
  expect(boundsOf(wanted, surge, unavailable)).toEqual(expected);
});

test('a rolling update never leaves its bounds, whenever pods become ready, and always ends', () => {
  fc.assert(
    fc.property(someBounds, fc.array(fc.nat({ max: 3 }), { maxLength: 200 }), (bounds, readiness) => {
      let world: World = {
        fresh: { uid: 'new', replicas: newReplicas(bounds, { replicas: 0 }, [old(bounds)]), available: 0 },
        old: [old(bounds)],
      };
      for (const count of [...readiness, ...Array.from({ length: 60 }, () => 3)]) {
        world = applied(world, bounds);
        expect(total(world, 'replicas')).toBeLessThanOrEqual(bounds.wanted + bounds.maxSurge);
        expect(total(world, 'available')).toBeGreaterThanOrEqual(bounds.wanted - bounds.maxUnavailable);
        const { fresh } = world;
        world = { ...world, fresh: { ...fresh, available: Math.min(fresh.replicas, fresh.available + count) } };
      }
      expect(world.fresh).toEqual({ uid: 'new', replicas: bounds.wanted, available: bounds.wanted });
      expect(world.old[0]?.replicas).toBe(0);
    }),
  );
});

function old({ wanted }: Bounds): SetSize {
  return { uid: 'old', replicas: wanted, available: wanted };
}

test('a step takes nothing that serves when too few serve already', () => {
  const sets = fc.record({ replicas: fc.nat({ max: 8 }), missing: fc.nat({ max: 8 }) });
  fc.assert(
    fc.property(someBounds, sets, fc.array(sets, { minLength: 1, maxLength: 3 }), (bounds, fresh, olds) => {
      const world: World = { fresh: size('new', fresh), old: olds.map((each, index) => size(`old-${index}`, each)) };
      const next = applied(world, bounds);
      const least = Math.min(total(world, 'available'), bounds.wanted - bounds.maxUnavailable);
      const most = Math.max(total(world, 'replicas'), bounds.wanted + bounds.maxSurge);

      expect(total(next, 'available') + Math.max(0, fresh.replicas - bounds.wanted)).toBeGreaterThanOrEqual(least);
      expect(total(next, 'replicas')).toBeLessThanOrEqual(most);
    }),
  );
});

function size(uid: string, { replicas, missing }: { readonly replicas: number; readonly missing: number }): SetSize {
  return { uid, replicas, available: Math.max(0, replicas - missing) };
}

test('another number in the middle of a rollout is shared in proportion, within its bounds', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(someBounds, sizes, (bounds, replicas) => {
      const sets = replicas.map((each, index) => ({ uid: `s-${index}`, replicas: each, available: 0 }));
      const sum = rescaled(bounds, sets, 's-0').reduce((all, each) => all + each.replicas, 0);

      expect(sum).toBe(bounds.wanted === 0 ? 0 : bounds.wanted + bounds.maxSurge);
    }),
  );
});

test('one ReplicaSet gets all replicas of another number', () => {
  const sets = [
    { uid: 'new', replicas: 3, available: 3 },
    { uid: 'old', replicas: 0, available: 0 },
  ];
  expect(rescaled({ wanted: 7, maxSurge: 2, maxUnavailable: 1 }, sets, 'new')).toEqual([{ uid: 'new', replicas: 7 }]);
});
