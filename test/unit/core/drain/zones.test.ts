import { describe, expect, test } from 'vitest';
import { begin } from '../../../../src/core/drain/advance.ts';
import type { Cursor } from '../../../../src/core/drain/cursor.ts';
import { activeNodes, zoneRule, zonesInTurn } from '../../../../src/core/drain/zones.ts';
import { nodeOf, SAMPLE_MS, viewOf } from '../../../support/drain-view.ts';

const view = viewOf({
  nodes: [
    nodeOf('b-1', { zone: 'b' }),
    nodeOf('a-1', { zone: 'a' }),
    nodeOf('none-1'),
    nodeOf('a-2', { zone: 'a' }),
    nodeOf('b-2', { zone: 'b' }),
  ],
});
const names = view.nodes.map(({ name }) => name);

/** A cursor over these nodes: begun and empty ones by name. */
function cursor(begun: readonly string[], empty: readonly string[]): Cursor {
  const fresh = begin(view.nodes, SAMPLE_MS);
  const nodes = fresh.nodes.map(({ name, uid, gone }) => {
    const hasBegun = begun.includes(name) || empty.includes(name);
    return { name, uid, gone, begunMs: hasBegun ? SAMPLE_MS : null, emptyMs: empty.includes(name) ? SAMPLE_MS : null };
  });
  return { ...fresh, nodes };
}

function active(begun: readonly string[], empty: readonly string[], parallelNodes: number): readonly string[] {
  return [...activeNodes(view, cursor(begun, empty), parallelNodes)];
}

test('zones in the order of their names, nodes without one last, and in a zone as they were asked for', () => {
  expect(zonesInTurn(view, names)).toEqual([
    { zone: 'a', nodes: ['a-1', 'a-2'] },
    { zone: 'b', nodes: ['b-1', 'b-2'] },
    { zone: null, nodes: ['none-1'] },
  ]);
});

describe('nodes under way', () => {
  test.each<[string, readonly string[], readonly string[], number, readonly string[]]>([
    ['as many of the first zone as may be at once', [], [], 3, ['a-1', 'a-2']],
    ['one at a time', [], [], 1, ['a-1']],
    ['no other zone while one of the first is not empty', ['a-1'], ['a-2'], 3, ['a-1']],
    ['the next zone after it', [], ['a-1', 'a-2'], 3, ['b-1', 'b-2']],
    ['those without a zone at the end', [], ['a-1', 'a-2', 'b-1', 'b-2'], 3, ['none-1']],
    ['pods came back to a zone that was over: nothing more is begun', ['a-1', 'b-1'], ['a-2'], 3, ['b-1', 'a-1']],
    ['a pod came to a node of a zone that was over: it waits', ['b-1'], ['a-1'], 3, ['b-1']],
    ['nothing is left', [], names, 3, []],
  ])('%s', (_, begun, empty, parallelNodes, expected) => {
    expect(active(begun, empty, parallelNodes)).toEqual(expected);
  });
});

describe('the rule for an approver', () => {
  test.each<[readonly string[], number, string]>([
    [['a-1'], 3, 'one node at a time'],
    [['a-1', 'a-2'], 3, 'at most 2 nodes at once'],
    [names, 3, 'at most 3 nodes at once, zone by zone: a, then b, then nodes without a zone'],
    [['a-1', 'b-1'], 1, 'one node at a time, zone by zone: a, then b'],
  ])('%s', (some, parallelNodes, expected) => {
    expect(zoneRule(view, some, parallelNodes)).toBe(expected);
  });
});
