import { assert, constantFrom, dictionary, property, record, string, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeReading } from '../../../../src/core/kubernetes/node.ts';
import { GROUP_LABELS, groupsByLabel, labelsFor } from '../../../../src/core/node-groups/by-label.ts';
import { comeBack } from '../../../../src/core/node-groups/came-back.ts';
import { findGroup } from '../../../../src/core/node-groups/find-group.ts';
import { bears, type GroupMark } from '../../../../src/core/node-groups/node-mark.ts';
import { unknownGroupWords } from '../../../../src/core/node-groups/words.ts';

function node(name: string, over: Partial<NodeReading> = {}): NodeReading {
  return {
    name,
    uid: `uid-${name}`,
    roles: [],
    kubeletVersion: 'v1.30.6',
    ready: 'yes',
    readySince: null,
    why: '',
    cordoned: false,
    pressures: [],
    providerId: '',
    labels: {},
    annotations: {},
    ...over,
  };
}

const EKS = 'eks.amazonaws.com/nodegroup';
const KARPENTER = 'karpenter.sh/nodepool';

describe('groups by labels', () => {
  test('the first known label counts; nodes without are one group; control planes are in none', () => {
    const nodes = [
      node('a', { labels: { [EKS]: 'blue', [KARPENTER]: 'x' } }),
      node('b', { labels: { [KARPENTER]: 'x' } }),
      node('c', { labels: { [EKS]: '' } }),
      node('cp', { roles: ['control-plane'], labels: { [EKS]: 'blue' } }),
    ];
    const groups = groupsByLabel('generic', nodes, labelsFor(null));

    expect(groups.map(({ name, nodes: members }) => [name, members.map((each) => each.name)])).toEqual([
      ['blue', ['a']],
      ['workers', ['c']],
      ['x', ['b']],
    ]);
    expect(new Set(groups.map(({ uid }) => uid)).size).toBe(3);
  });

  test('one value of two labels is two groups, and so is one that is called as the nodes without a label', () => {
    const nodes = [
      node('a', { labels: { [EKS]: 'workers' } }),
      node('b', { labels: { [KARPENTER]: 'workers' } }),
      node('c'),
    ];
    const groups = groupsByLabel('generic', nodes, labelsFor(null));

    expect(groups.map(({ name, object, nodes: [first] }) => [name, object, first?.name])).toEqual([
      ['workers', `label ${EKS}=workers`, 'a'],
      ['workers', `label ${KARPENTER}=workers`, 'b'],
      ['workers', 'nodes without a label of a group', 'c'],
    ]);
    expect(groups.map(({ mark }) => nodes.flatMap((each) => (mark && bears(each, mark) ? [each.name] : [])))).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ]);
    expect(findGroup(groups, 'workers')).toBeUndefined();
    const stands = `nodegroup/workers stands for label ${EKS}=workers and label ${KARPENTER}=workers and nodes without a label of a group, and no name tells them apart`;
    const count = 'let one label count (`nodes.groupLabel` of the configuration)';
    expect(unknownGroupWords('workers', groups)).toBe(`${stands}: ${count}`);
    expect(unknownGroupWords('workers', groups, 'nodes-too')).toBe(`${stands}: name their nodes, or ${count}`);
  });

  test('a configured label is the only one', () => {
    const nodes = [node('a', { labels: { [EKS]: 'blue', pool: 'p' } }), node('b', { labels: { [EKS]: 'blue' } })];

    expect(groupsByLabel('generic', nodes, labelsFor('pool')).map(({ name }) => name)).toEqual(['p', 'workers']);
  });

  test('a group with a node that is not ready is not steady, and says which', () => {
    const [group] = groupsByLabel('generic', [node('a', { ready: 'unknown' })], labelsFor(null));

    expect(group).toMatchObject({ state: 'sick', why: 'a is not ready' });
  });

  test('every worker is in exactly one group, and the mark of the group finds it again', () => {
    const worker = record({
      name: string({ minLength: 1, maxLength: 8 }),
      labels: dictionary(constantFrom(...GROUP_LABELS, 'other'), constantFrom('', 'a', 'b'), { maxKeys: 4 }),
      roles: constantFrom<readonly string[]>([], ['control-plane'], ['gpu']),
    });
    assert(
      property(uniqueArray(worker, { selector: ({ name }) => name, maxLength: 8 }), (made) => {
        const nodes = made.map(({ name, labels, roles }) => node(name, { labels, roles }));
        const workers = nodes.filter(({ roles }) => !roles.includes('control-plane')).map(({ name }) => name);
        const groups = groupsByLabel('generic', nodes, labelsFor(null));
        for (const group of groups) {
          const found = nodes.flatMap((each) => (group.mark && bears(each, group.mark) ? [each.name] : []));
          expect(found.toSorted()).toEqual(group.nodes.map(({ name }) => name).toSorted());
        }
        expect(groups.flatMap(({ nodes: members }) => members.map(({ name }) => name)).toSorted()).toEqual(
          workers.toSorted(),
        );
      }),
    );
  });
});

const MARK: GroupMark = { labels: [EKS], value: 'blue', label: EKS };
const BLUE = { labels: { [EKS]: 'blue' } } as const;
const TO = 'v1.31.4';

describe('a drained node came back', () => {
  const awaited = { node: { name: 'a', uid: 'uid-a' }, mark: MARK, to: TO, known: ['uid-a', 'uid-b'] };

  test.each<[what: string, nodes: readonly NodeReading[], kind: string, words: string]>([
    [
      'the same at the target',
      [node('a', { ...BLUE, kubeletVersion: TO, cordoned: true })],
      'upgraded',
      'a is ready at v1.31.4',
    ],
    ['the same, still old', [node('a', BLUE)], 'not-yet', 'a: at v1.30.6, not at v1.31.4'],
    [
      'the same, not ready',
      [node('a', { ...BLUE, kubeletVersion: TO, ready: 'no', why: 'no CNI' })],
      'not-yet',
      'a: not ready (no CNI)',
    ],
    ['gone, none came', [node('b', BLUE)], 'not-yet', 'a is gone; no new node has come yet'],
    [
      'gone, one came',
      [node('b', BLUE), node('n', { ...BLUE, kubeletVersion: TO })],
      'replaced',
      'a is gone; n is ready at v1.31.4',
    ],
    [
      'gone, an old one came',
      [node('b', BLUE), node('n', BLUE)],
      'not-yet',
      'a is gone; n: at v1.30.6, not at v1.31.4',
    ],
    [
      'gone, one of another group came',
      [node('b', BLUE), node('n', { kubeletVersion: TO })],
      'not-yet',
      'a is gone; no new node has come yet',
    ],
    [
      'gone, a cordoned one came',
      [node('b', BLUE), node('n', { ...BLUE, kubeletVersion: TO, cordoned: true })],
      'not-yet',
      'a is gone; n: cordoned',
    ],
    [
      'replaced under its own name',
      [node('b', BLUE), node('a', { ...BLUE, uid: 'other', kubeletVersion: TO })],
      'replaced',
      'a is gone; a is ready at v1.31.4',
    ],
    [
      'gone with another known one: two must come',
      [node('n', { ...BLUE, kubeletVersion: TO })],
      'not-yet',
      'a is gone; n came, and 1 more must come',
    ],
  ])('%s', (_what, nodes, kind, words) => {
    expect(comeBack(awaited, nodes)).toEqual({ kind, words });
  });
});
