import { assert, boolean, constantFrom, property, record, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DrainNode } from '../../../../src/core/drain/view.ts';
import { genericChecks } from '../../../../src/core/node-groups/generic-checks.ts';
import type { NodeMark } from '../../../../src/core/node-groups/node-mark.ts';
import { lateWords, onTarget } from '../../../../src/core/node-groups/on-target.ts';
import { nodeOf } from '../../../support/drain-view.ts';

const TO = 'v1.31.4';
const mark = { labels: ['pool'], value: 'blue', label: null } as const;
const target = { mark: { ...mark, labels: [...mark.labels] }, to: TO, known: ['uid-a', 'uid-b'] };

function blue(name: string, over: Partial<DrainNode> = {}): DrainNode {
  return nodeOf(name, { labels: { pool: 'blue' }, kubeletVersion: TO, cordoned: false, ...over });
}

describe('whether a group is at the target', () => {
  test('when every node that bears its mark is, whatever others are', () => {
    const other = nodeOf('x', { kubeletVersion: 'v1.30.6' });
    expect(onTarget(target, [blue('a'), blue('b'), other])).toEqual({ troubles: [], notes: [] });
  });

  test.each<[string, readonly DrainNode[], readonly string[]]>([
    [
      'an old node that came meanwhile',
      [blue('a'), blue('b'), blue('c', { kubeletVersion: 'v1.30.6' })],
      [`node c is at v1.30.6, not at ${TO}, and came after the plan was made`],
    ],
    ['an old node', [blue('a', { kubeletVersion: 'v1.30.6' }), blue('b')], [`node a is at v1.30.6, not at ${TO}`]],
    ['a node that is not ready', [blue('a', { ready: 'no', why: 'no network' })], ['node a is not ready (no network)']],
    ['no node at all', [nodeOf('x')], ['no node of the group is there']],
  ])('%s is told', (_, nodes, troubles) => {
    expect(onTarget(target, nodes).troubles).toEqual(troubles);
  });

  test('cordons and fewer nodes are told, and are no trouble', () => {
    expect(onTarget(target, [blue('b', { cordoned: true })])).toEqual({
      troubles: [],
      notes: ['Cordoned, and left so: b.', 'The group has 1 node, 1 fewer than when it was planned.'],
    });
  });

  test('no trouble means that each of at least one is ready at the target', () => {
    const version = constantFrom(TO, 'v1.30.6');
    const one = record({ name: constantFrom('a', 'b', 'c', 'd'), version, ready: boolean(), in: boolean() });
    assert(
      property(uniqueArray(one, { selector: ({ name }) => name }), (all) => {
        const nodes = all.map(({ name, version: kubeletVersion, ready, in: isIn }) => {
          const labels = { pool: isIn ? 'blue' : 'red' };
          return nodeOf(name, { kubeletVersion, ready: ready ? 'yes' : 'no', labels });
        });
        const members = all.filter((each) => each.in);
        const isThere = members.length > 0 && members.every((each) => each.ready && each.version === TO);
        expect(onTarget(target, nodes).troubles.length === 0).toBe(isThere);
      }),
    );
  });

  test('who came at another version is told at once', () => {
    const nodes = [blue('a', { kubeletVersion: 'v1.30.6' }), blue('c', { kubeletVersion: 'v1.30.6' }), blue('d')];
    expect(lateWords(target, nodes)).toEqual(['node c came at v1.30.6 and is not part of this run']);
  });
});

describe('what nodes and API servers say before', () => {
  const nodeMark: NodeMark = { by: 'group-label', labels: ['pool'], value: 'blue', label: null };
  const calm = { nodes: [blue('a'), nodeOf('x', { deletedAt: '2026-01-01T00:00:00Z' })], servers: [TO], unread: [] };

  function verdicts(look: Partial<Parameters<typeof genericChecks>[0]>): readonly string[] {
    return genericChecks({ ...calm, ...look }, nodeMark, TO).flatMap(({ id, verdict, evidence }) =>
      verdict === 'pass' ? [] : [`${id} ${verdict}: ${evidence}`],
    );
  }

  test('nothing, of a calm group; nodes of others do not count', () => {
    expect(verdicts({})).toEqual([]);
    expect(genericChecks(calm, nodeMark, TO)).toHaveLength(3);
  });

  test.each<[string, Parameters<typeof verdicts>[0], string]>([
    [
      'a node that is being deleted',
      { nodes: [blue('a', { deletedAt: '2026-01-01T00:00:00Z' })] },
      'generic-changing block: a: it is being deleted. Wait until that is over',
    ],
    [
      'a node that an autoscaler takes away',
      { nodes: [blue('a', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }] })] },
      'generic-changing block: a: cluster-autoscaler takes it away. Wait until that is over',
    ],
    [
      'a node that is being set up',
      { nodes: [blue('a', { taints: [{ key: 'karpenter.sh/unregistered', value: '', effect: 'NoExecute' }] })] },
      'generic-changing block: a: it is being set up. Wait until that is over',
    ],
    ['a node under pressure', { nodes: [blue('a', { pressures: ['disk'] })] }, 'generic-nodes warn: a: disk'],
    [
      'one API server below the target',
      { servers: [TO, TO, 'v1.30.6'] },
      `generic-servers block: API servers at ${TO}, v1.30.6; bring every one of them to ${TO} first`,
    ],
    [
      'API servers that could not be looked at',
      { unread: ['the pods of the API servers (forbidden)'] },
      `generic-servers warn: at ${TO}; could not be read: the pods of the API servers (forbidden)`,
    ],
    ['no version at all', { servers: [] }, 'generic-servers warn: none told its version'],
  ])('%s', (_, look, expected) => {
    expect(verdicts(look)).toEqual([expected]);
  });
});
