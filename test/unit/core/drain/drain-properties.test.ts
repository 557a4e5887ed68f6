import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
} from 'fast-check';
import { expect, test } from 'vitest';
import { advance, begin } from '../../../../src/core/drain/advance.ts';
import { costOf } from '../../../../src/core/drain/budget-standing.ts';
import { budgetsOver } from '../../../../src/core/drain/coverage.ts';
import { Cursor } from '../../../../src/core/drain/cursor.ts';
import { evictionSeen } from '../../../../src/core/drain/eviction-seen.ts';
import type { WaveLimits } from '../../../../src/core/drain/evictions.ts';
import type { DrainView } from '../../../../src/core/drain/view.ts';
import { nextWave, type Wave } from '../../../../src/core/drain/wave.ts';
import type { KubernetesResult } from '../../../../src/core/ports/kubernetes.ts';
import { ModelCluster, type ModelStart } from '../../../support/budget-arithmetic.ts';

const CONSENTS = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };

/** What goes wrong in one turn. */
interface Trouble {
  /** The worker dies after so many evictions of the turn, and its cursor of the turn is lost; `null`: it does not. */
  readonly diesAfter: number | null;
  /** Of so many evictions only every second is answered; those without an answer took effect, or did not. */
  readonly unsure: 'no' | 'took-effect' | 'was-lost';
  /** The disruption controller does nothing in this turn. */
  readonly lags: boolean;
}

const start: Arbitrary<ModelStart> = record({
  apps: array(record({ replicas: integer({ min: 1, max: 5 }), spare: constantFrom(null, 1, 2) }), {
    minLength: 1,
    maxLength: 3,
  }),
  nodes: array(record({ zone: constantFrom(null, 'a', 'b') }), { minLength: 1, maxLength: 3 }),
  places: array(nat(2), { minLength: 1, maxLength: 15 }),
  endMs: constantFrom(0, 1_500, 5_000),
  readyMs: constantFrom(0, 3_000),
}).map(({ apps, nodes, places, endMs, readyMs }) => ({
  apps: apps.map(({ replicas, spare }, index) => ({ name: `app${index}`, replicas, spare })),
  nodes,
  places,
  endMs,
  readyMs,
}));
const limits: Arbitrary<WaveLimits> = record({
  parallelNodes: integer({ min: 1, max: 3 }),
  parallelPods: integer({ min: 1, max: 4 }),
  nodeMs: constant(1_800_000),
  wholeMs: constant(14_400_000),
  stuckMs: constant(60_000),
  consents: constant(CONSENTS),
});
const trouble: Arbitrary<Trouble> = record({
  diesAfter: oneof(constant(null), nat(3)),
  unsure: constantFrom('no', 'no', 'took-effect', 'was-lost'),
  lags: boolean(),
});
const CALM: Trouble = { diesAfter: null, unsure: 'no', lags: false };

/** Drains a model cluster to its end; answers the turns that it took. `watch` sees each wave before it is carried out. */
function drain(
  cluster: ModelCluster,
  within: WaveLimits,
  troubles: readonly Trouble[],
  watch: (wave: Wave, view: DrainView) => void,
): number {
  let stored = Cursor.parse(begin(cluster.drained(), cluster.nowMs));
  for (let turn = 0; turn < 2_000; turn += 1) {
    const { diesAfter, unsure, lags } = troubles[turn] ?? CALM;
    const view = cluster.view();
    const wave = nextWave(view, advance(view, stored, within, cluster.nowMs), within, cluster.nowMs);
    watch(wave, view);
    if (wave.done) return turn;
    let { cursor } = wave;
    const sent = wave.evict.slice(0, diesAfter ?? wave.evict.length);
    for (const { pod } of sent) {
      const silent: KubernetesResult<null> = { ok: false, error: { code: 'unknown-outcome', message: 'no answer' } };
      const answer = unsure === 'was-lost' ? silent : cluster.evict(pod);
      cursor = evictionSeen(cursor, pod, unsure === 'no' ? answer : silent, cluster.nowMs);
    }
    // A worker that dies leaves the cursor of the turn before, as it was stored.
    if (diesAfter === null) stored = Cursor.parse(JSON.parse(JSON.stringify(cursor)));
    cluster.pass(wave.waitMs, !lags);
  }
  throw new Error('the drain does not end');
}

/** Evictions of a wave that count against each budget, with what it allowed in that look. */
function askedPerBudget(wave: Wave, view: DrainView): readonly (readonly [asked: number, allowed: number])[] {
  return (view.budgets ?? []).map((budget) => {
    const counted = wave.evict.filter(
      ({ pod }) => budgetsOver(view, pod).includes(budget) && costOf(pod, budget) === 'one',
    );
    return [counted.length, budget.disruptionsAllowed] as const;
  });
}

test('a drain ends, never asks more than budgets allow, evicts each pod once and keeps every budget, in calm and in trouble', () => {
  assert(
    property(start, limits, array(trouble, { maxLength: 12 }), (from, within, troubles) => {
      const cluster = new ModelCluster(from);
      const drained = new Set(cluster.drained().map(({ name }) => name));
      drain(cluster, within, troubles, (wave, view) => {
        for (const [asked, allowed] of askedPerBudget(wave, view)) expect(asked).toBeLessThanOrEqual(allowed);
        for (const { pod } of wave.evict) expect(drained).toContain(pod.node);
        const ending = view.pods.filter(({ deletedAt }) => deletedAt !== null).map(({ uid }) => uid);
        for (const { pod } of wave.evict) expect(ending).not.toContain(pod.uid);
      });
      expect(new Set(cluster.evicted).size).toBe(cluster.evicted.length);
      expect(cluster.refused).toBe(0);
      expect(Math.min(0, ...cluster.slack.values())).toBe(0);
      expect(cluster.view().pods.filter(({ node }) => drained.has(node))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('at most so many nodes are under way, all of one zone, and of each so many pods', () => {
  assert(
    property(start, limits, (from, within) => {
      const cluster = new ModelCluster(from);
      drain(cluster, within, [], ({ cursor, evict }, view) => {
        const names = cursor.nodes
          .filter((node) => node.begunMs !== null && node.emptyMs === null)
          .map(({ name }) => name);
        expect(names.length).toBeLessThanOrEqual(within.parallelNodes);
        expect(
          new Set(view.nodes.filter(({ name }) => names.includes(name)).map(({ zone }) => zone)).size,
        ).toBeLessThan(2);
        for (const name of names) {
          const going = view.pods.filter(({ node, deletedAt }) => node === name && deletedAt !== null).length;
          const asked = evict.filter(({ pod }) => pod.node === name).length;
          expect(asked === 0 || asked + going <= within.parallelPods).toBe(true);
        }
      });
    }),
    { numRuns: 50 },
  );
});

test('others who take pods away cost refusals at most, never a pod too many', () => {
  assert(
    property(start, limits, array(nat(20), { maxLength: 8 }), (from, within, kills) => {
      const cluster = new ModelCluster(from);
      let turn = 0;
      drain(cluster, within, [], (wave) => {
        const victim = kills[turn];
        turn += 1;
        if (victim !== undefined && wave.evict.length > 0) cluster.kill(victim);
      });
      expect(new Set(cluster.evicted).size).toBe(cluster.evicted.length);
    }),
    { numRuns: 50 },
  );
});
