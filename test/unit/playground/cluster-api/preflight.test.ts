import { describe, expect, test } from 'vitest';
import { failedPreflights, type PreflightWorld } from '../../../../playground/cluster-api/preflight.ts';

function world(change: Partial<PreflightWorld> = {}): PreflightWorld {
  const plane = { name: 'capi-clusters/capi-control-plane', version: 'v1.31.4', actual: 'v1.31.4' };
  return { version: 'v1.31.4', kubeadm: true, plane, topology: null, skip: '', ...change };
}

const PLANE = world().plane;

describe('a MachineSet makes no machine', () => {
  test.each<[string, Partial<PreflightWorld>, readonly string[]]>([
    [
      'while the control plane is rolled',
      { plane: { ...PLANE, actual: 'v1.30.6' } },
      [
        'KubeadmControlPlane capi-clusters/capi-control-plane is upgrading ("ControlPlaneIsStable" preflight check failed)',
      ],
    ],
    [
      'before there is a control plane',
      { plane: { ...PLANE, actual: '' } },
      ['is provisioning ("ControlPlaneIsStable" preflight check failed)'],
    ],
    [
      'of an older minor version, with kubeadm',
      { version: 'v1.30.6' },
      ['kubeadm only supports joining with the same major+minor version as the control plane ("KubeadmVersionSkew"'],
    ],
    [
      'of a newer one than the control plane has',
      { version: 'v1.32.0', kubeadm: false },
      ['as MachineSet version is higher than ControlPlane version ("KubernetesVersionSkew"'],
    ],
    [
      'of one that is four behind',
      { version: 'v1.27.1', kubeadm: false },
      ['more than 3 minor versions older than the ControlPlane version ("KubernetesVersionSkew"'],
    ],
    [
      'that the topology has not given its version yet',
      { version: 'v1.31.3', topology: 'v1.31.4' },
      ['waiting for version to be propagated to the MachineSet ("ControlPlaneVersionSkew"'],
    ],
    [
      'while the topology has still to give the control plane its version',
      { topology: 'v1.32.1' },
      ['has a pending version upgrade to v1.32.1 ("ControlPlaneIsStable"'],
    ],
  ])('%s', (_name, change, words) => {
    const failed = failedPreflights(world(change));

    expect(failed).toHaveLength(words.length);
    expect(failed).toEqual(words.map((each) => expect.stringContaining(each)));
  });
});

test('it makes one of the same minor version, and of an older one without kubeadm', () => {
  expect(failedPreflights(world({ version: 'v1.31.0' }))).toEqual([]);
  expect(failedPreflights(world({ version: 'v1.28.0', kubeadm: false }))).toEqual([]);
});

test('checks that it is told to leave out are left out', () => {
  const old = { version: 'v1.29.0', plane: { ...PLANE, actual: 'v1.30.6' } };

  expect(failedPreflights(world({ ...old, skip: 'KubeadmVersionSkew' }))).toHaveLength(1);
  expect(failedPreflights(world({ ...old, skip: ' ControlPlaneIsStable , KubeadmVersionSkew' }))).toEqual([]);
  expect(failedPreflights(world({ ...old, skip: 'All' }))).toEqual([]);
});
