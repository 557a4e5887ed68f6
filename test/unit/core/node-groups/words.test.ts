import { describe, expect, test } from 'vitest';
import type { NodeGroup } from '../../../../src/core/node-groups/group.ts';
import {
  groupTable,
  nodesBehind,
  stateInWords,
  unknownGroupWords,
  versionOf,
} from '../../../../src/core/node-groups/words.ts';

function group(name: string, over: Partial<NodeGroup> = {}): NodeGroup {
  return {
    provider: 'toy',
    kind: 'node-group',
    name,
    object: `Toy ${name}`,
    uid: name,
    version: 'v1.30.6',
    replicas: 2,
    nodes: [
      { name: `${name}-1`, uid: '1', version: 'v1.30.6', ready: true, machine: null },
      { name: `${name}-2`, uid: '2', version: 'v1.30.6', ready: true, machine: null },
    ],
    strategy: { maxSurge: 1, maxUnavailable: 0 },
    state: 'steady',
    why: '',
    ...over,
  };
}

const MIXED = [
  { name: 'a-1', uid: '1', version: 'v1.31.4', ready: true, machine: null },
  { name: 'a-2', uid: '2', version: 'v1.9.11', ready: false, machine: null },
  { name: 'a-3', uid: '3', version: '', ready: false, machine: null },
];

describe('the version of a group', () => {
  test('is what its owner wants', () => {
    expect(versionOf(group('a', { nodes: MIXED }))).toBe('v1.30.6');
  });

  test('is the lowest of its nodes where nobody tells', () => {
    expect(versionOf(group('a', { version: null, nodes: MIXED }))).toBe('v1.9.11');
    expect(versionOf(group('a', { version: null, nodes: [] }))).toBeNull();
  });

  test('is not that of nodes that are behind or tell none', () => {
    expect(nodesBehind(group('a', { nodes: MIXED }), 'v1.31.4')).toEqual(['a-2', 'a-3']);
    expect(nodesBehind(group('a', { nodes: MIXED }), '1.31.4')).toEqual(['a-2', 'a-3']);
  });
});

describe('a group that does not exist', () => {
  test('is told with those that do, and the nearest', () => {
    expect(unknownGroupWords('md0', [group('md-0'), group('gpu')])).toBe(
      'there is no nodegroup/md0; did you mean nodegroup/md-0; there is also nodegroup/gpu',
    );
    expect(unknownGroupWords('storage', [group('md-0')])).toBe(
      'there is no nodegroup/storage; there is nodegroup/md-0',
    );
    expect(unknownGroupWords('a', [group('x', { kind: 'control-plane' })])).toBe(
      'there is no nodegroup/a: no node groups are known',
    );
  });
});

test('the table says what is not all at the version, how many are ready, and why it is not steady', () => {
  const rows = groupTable([
    group('controlplane', { kind: 'control-plane' }),
    group('a', { nodes: MIXED, version: 'v1.31.4', state: 'changing', why: 'a-4 is on its way' }),
    group('b', { version: null, nodes: [], strategy: null, replicas: null }),
  ]).rows;

  expect(rows.map(([name, , version, nodes, surge, state]) => [name, version, nodes, surge, state])).toEqual([
    ['controlplane', 'v1.30.6', '2 of 2 ready', '+1 −0', 'steady'],
    ['nodegroup/a', 'v1.31.4 on 1 of 3', '1 of 3 ready, 2 wanted', '+1 −0', 'changing: a-4 is on its way'],
    ['nodegroup/b', '–', '0 of 0 ready', '–', 'steady'],
  ]);
  expect(stateInWords({ state: 'sick', why: '' })).toBe('not well');
});
