import { describe, expect, test } from 'vitest';
import { bears, type NodeMark } from '../../../../src/core/node-groups/node-mark.ts';

interface Marked {
  readonly roles?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function does({ roles = [], labels = {}, annotations = {} }: Marked, mark: NodeMark): boolean {
  return bears({ roles, labels, annotations }, mark);
}

function owned(name: string, kind = 'MachineSet'): Marked {
  return { annotations: { 'cluster.x-k8s.io/owner-kind': kind, 'cluster.x-k8s.io/owner-name': name } };
}

describe('a mark', () => {
  const selector: NodeMark = { by: 'selector', terms: [{ key: 'pool', value: 'a', is: true }] };
  const label: NodeMark = { by: 'group-label', labels: ['nodegroup', 'pool'], value: 'a', label: null };
  const rest: NodeMark = { by: 'group-label', labels: ['pool'], value: null, label: null };
  const deployment: NodeMark = { by: 'machine-deployment', name: 'capi-md' };

  test.each<[string, Marked, NodeMark, boolean]>([
    ['a selector takes what fits', { labels: { pool: 'a' } }, selector, true],
    ['a selector takes control planes too', { labels: { pool: 'a' }, roles: ['control-plane'] }, selector, true],
    ['a selector leaves others', { labels: { pool: 'b' } }, selector, false],
    ['the first label of groups counts', { labels: { nodegroup: 'b', pool: 'a' } }, label, false],
    ['the label of a group', { labels: { pool: 'a' } }, label, true],
    ['control planes are in no group', { labels: { pool: 'a' }, roles: ['master'] }, label, false],
    ['another label with the value', { labels: { pool: 'a' } }, { ...label, label: 'nodegroup' }, false],
    ['the very label', { labels: { pool: 'a' } }, { ...label, label: 'pool' }, true],
    ['nodes without a label', {}, rest, true],
    ['a set of the deployment', owned('capi-md-x7k2p'), deployment, true],
    ['a set of another deployment with a longer name', owned('capi-md-0-x7k2p'), deployment, false],
    ['a set called like the deployment', owned('capi-md'), deployment, false],
    ['a set with an empty end', owned('capi-md-'), deployment, false],
    ['a control plane', owned('capi-md-x7k2p', 'KubeadmControlPlane'), deployment, false],
    ['a node that says nothing', {}, deployment, false],
  ])('%s', (_, node, mark, expected) => {
    expect(does(node, mark)).toBe(expected);
  });
});
