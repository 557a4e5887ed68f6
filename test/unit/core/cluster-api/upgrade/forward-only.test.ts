import { expect, test } from 'vitest';
import { goesForwardOnly } from '../../../../../src/core/cluster-api/upgrade/forward-only.ts';

const NODES = {
  way: 'direct',
  owner: { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment', name: 'prod-md-0', uid: 'u' },
  from: 'v1.30.6',
  to: 'v1.30.9',
  isUndo: false,
} as const;

test.each([
  ['a node group within its minor version', {}, false],
  ['a node group to another minor version', { to: 'v1.31.4' }, true],
  ['a node group from a version that cannot be told', { from: 'latest' }, true],
  ['a node group that goes on', { from: 'v1.30.9' }, true],
  ['a control plane', { owner: { ...NODES.owner, kind: 'KubeadmControlPlane' } }, true],
  ['a topology', { way: 'topology' }, true],
  ['an undo', { to: 'v1.31.4', isUndo: true }, false],
] as const)('%s', (_what, changed, expected) => {
  expect(goesForwardOnly({ ...NODES, ...changed })).toBe(expected);
});
