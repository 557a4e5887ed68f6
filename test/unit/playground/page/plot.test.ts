import * as fc from 'fast-check';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Workload } from '../../../../playground/page/client/parts/workload-view.tsx';
import { plotOf, wordsOfWorkload } from '../../../../playground/page/client/state/plot.ts';
import type { PanelMoment } from '../../../../playground/page/contract.ts';

const SIZE = { width: 100, height: 100, strip: 10 };
const OLD = { version: 'v1.30.6', count: 6 };
/** Some moment, ms since the epoch. */
const T = 1_800_000_000_000;

function moment(at: number, ready: number, change: Partial<PanelMoment> = {}): PanelMoment {
  return { at: T + at, ready, needed: 8, wanted: 10, nodes: [OLD], ...change };
}

test('every moment holds until the next, the last until now', () => {
  const plot = plotOf({ moments: [moment(0, 10), moment(50_000, 5)], now: moment(100_000, 5) }, SIZE);

  expect(plot.ready).toBe('M0 0H50L50 50H100L100 50H100');
  expect(plot.needed).toBe('M0 20H50L50 20H100L100 20H100');
  expect([plot.from, plot.until, plot.most]).toEqual([T, T + 100_000, 10]);
});

test('what was long ago is not drawn, but what held when the plot begins is', () => {
  const plot = plotOf({ moments: [moment(0, 2), moment(1_000, 10)], now: moment(700_000, 10) }, SIZE);

  expect([plot.from, plot.ready]).toEqual([T + 100_000, 'M0 0H100L100 0H100']);
});

test('a workload that was just deployed has a plot of half a minute', () => {
  const plot = plotOf({ moments: [], now: moment(0, 10) }, SIZE);

  expect([plot.until - plot.from, plot.ready]).toEqual([30_000, 'M100 0H100']);
});

test('the line of the budget is broken where there was none', () => {
  const moments = [moment(0, 10), moment(50_000, 10, { needed: null }), moment(75_000, 10)];

  expect(plotOf({ moments, now: moment(100_000, 10) }, SIZE).needed).toBe('M0 20H50M75 20H100L100 20H100');
});

test('versions share the strip, the oldest below', () => {
  const both = [
    { version: 'v1.9.9', count: 1 },
    { version: 'v1.10.0', count: 3 },
  ];
  const plot = plotOf({ moments: [moment(0, 10, { nodes: both })], now: moment(100_000, 10, { nodes: both }) }, SIZE);

  expect(plot.versions).toEqual([
    { version: 'v1.9.9', path: 'M0 10H100V7.5H0Z' },
    { version: 'v1.10.0', path: 'M0 7.5H100V0H0Z' },
  ]);
});

test('whatever was seen, nothing is drawn outside', () => {
  const moments = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 2_000_000 }),
      ready: fc.nat(30),
      needed: fc.nat(30),
      wanted: fc.nat(30),
    }),
  );
  fc.assert(
    fc.property(moments, fc.nat(2_000_000), (list, now) => {
      const seen = list.toSorted((a, b) => a.at - b.at).map(({ at, ready, ...rest }) => moment(at, ready, rest));
      const plot = plotOf({ moments: seen, now: moment(now, 3) }, SIZE);
      const numbers = [...`${plot.ready} ${plot.needed}`.matchAll(/-?[\d.]+/g)].map(([number]) => Number(number));

      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(100);
    }),
  );
});

test.each([
  [moment(0, 8), '9 of 10 pods ready. Never below its budget: 8 ready at the lowest, 8 needed.'],
  [moment(0, 7), '9 of 10 pods ready. Below the budget once: 7 ready, 8 needed.'],
  [moment(0, 7, { needed: null }), '9 of 10 pods ready. There is no budget.'],
])('in words: %j', (lowest, words) => {
  expect(wordsOfWorkload({ now: moment(1, 9), lowest })).toBe(words);
});

test('the plot says in words what it draws, and counts the nodes of each version beside it', () => {
  const now = moment(60_000, 10, {
    nodes: [
      { version: 'v1.30.6', count: 5 },
      { version: 'v1.31.4', count: 1 },
    ],
  });
  const workload = { name: 'web/nginx', moments: [moment(0, 10)], now, lowest: moment(0, 8) };
  const html = renderToStaticMarkup(createElement(Workload, { workload }));

  expect(html).toContain('aria-label="10 of 10 pods ready. Never below its budget: 8 ready at the lowest, 8 needed."');
  expect(html.replaceAll(/<[^>]+>/g, ' ')).toMatch(/v1\.30\.6 *: *5 nodes.*v1\.31\.4 *: *1 node /);
});
