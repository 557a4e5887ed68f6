import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type History,
  lowestOf,
  plotted,
  roomOf,
  type Sample,
  withSample,
} from '../../../../playground/workload/history.ts';
import { lowestWords } from '../../../../playground/workload/words.ts';

function sample(at: number, ready: number, change: Partial<Sample> = {}): Sample {
  return { at, ready, needed: 8, wanted: 10, nodes: [{ version: 'v1.30.6', count: 6 }], ...change };
}

function historyOf(samples: readonly Sample[], most = 1_000): History {
  return samples.reduce<History>((history, each) => withSample(history, each, most), []);
}

const SAMPLES = fc
  .array(fc.record({ ready: fc.integer({ min: 0, max: 12 }), needed: fc.integer({ min: 0, max: 12 }) }), {
    minLength: 1,
  })
  .map((list) => list.map(({ ready, needed }, index) => sample(index, ready, { needed })));

test('what says the same as before is not kept; any other count is', () => {
  const again = { nodes: [{ version: 'v1.31.4', count: 6 }] };
  const history = historyOf([sample(1, 10), sample(2, 10), sample(3, 9), sample(4, 9, again), sample(5, 9, again)]);

  expect(history.map(({ at }) => at)).toEqual([1, 3, 4]);
});

test.each([
  ['the wanted replicas', { wanted: 12 }],
  ['the need', { needed: 10 }],
  ['the budget, which went', { needed: null }],
  [
    'a further version',
    {
      nodes: [
        { version: 'v1.30.6', count: 6 },
        { version: 'v1.31.4', count: 1 },
      ],
    },
  ],
] as const)('%s is a change', (_, change) => {
  expect(historyOf([sample(1, 10), sample(2, 10, change)])).toHaveLength(2);
});

test('the lowest is the one with the least room, not the one with the fewest pods; without a budget the fewest count', () => {
  expect(lowestOf([sample(1, 5, { needed: 2 }), sample(2, 9, { needed: 10 })])?.at).toBe(2);
  expect(lowestOf([sample(1, 9, { needed: null }), sample(2, 7, { needed: null })])?.at).toBe(2);
  expect(lowestOf([sample(1, 10, { needed: 10 }), sample(2, 8), sample(3, 8)])?.at).toBe(2);
  expect(lowestOf([])).toBeNull();
});

test.each([
  [{ ready: 8, needed: 8 }, 'nginx on capi: never below its budget, 8 pods ready at the lowest, 8 needed'],
  [{ ready: 7, needed: 8 }, 'nginx on capi: below its budget for a time, 7 pods ready at the lowest, 8 needed'],
  [{ ready: 7, needed: null }, 'nginx on capi: 7 pods ready at the lowest, without a budget'],
])('%j in words', (lowest, words) => {
  expect(lowestWords('capi', 'nginx', lowest)).toBe(words);
});

test('what held when the time began counts, what was over does not', () => {
  const history = [sample(10, 6), sample(20, 8), sample(30, 9)];

  expect(lowestOf(history, 25)?.ready).toBe(8);
  expect(lowestOf(history, 20)?.ready).toBe(8);
  expect(lowestOf(history, 19)?.ready).toBe(6);
  expect(lowestOf(history, 99)?.ready).toBe(9);
});

test('however much is thinned, the worst moment and the last stay, in order and bounded', () => {
  fc.assert(
    fc.property(SAMPLES, fc.integer({ min: 2, max: 20 }), (samples, most) => {
      const all = historyOf(samples);
      const kept = historyOf(samples, most);

      expect(kept.length).toBeLessThanOrEqual(most);
      expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((a, b) => a - b));
      expect(kept.at(-1)).toEqual(all.at(-1));
      expect(roomOf(lowestOf(kept) ?? sample(0, 99))).toBe(roomOf(lowestOf(all) ?? sample(0, -99)));
    }),
  );
});

test('a plot has at most so many points, the first, the last and the worst among them', () => {
  fc.assert(
    fc.property(SAMPLES, fc.integer({ min: 3, max: 20 }), (samples, most) => {
      const all = historyOf(samples);
      const points = plotted(all, most);

      expect(points.length).toBeLessThanOrEqual(most);
      expect([points[0], points.at(-1)]).toEqual([all[0], all.at(-1)]);
      expect(roomOf(lowestOf(points) ?? sample(0, 99))).toBe(roomOf(lowestOf(all) ?? sample(0, -99)));
    }),
  );
});
