import { expect, test } from 'vitest';
import { shapeOf } from '../../../../playground/cluster-api/shape.ts';
import { agrees, committed, isOf, manifestOf, withCommit } from '../../../../playground/gitops/repository.ts';
import { aDeployment, aPlane } from '../../../support/argo-objects.ts';

test.each(['v1beta1', 'v1beta2'] as const)(
  'of a control plane of %s, version, replicas and template stand in Git',
  (version) => {
    const shape = shapeOf(version);
    const reference = shape.reference(shape.infrastructure, 'DevMachineTemplate', 'cp-0');
    const machineTemplate =
      version === 'v1beta2' ? { spec: { infrastructureRef: reference } } : { infrastructureRef: reference };

    expect(
      manifestOf(aPlane({ spec: { version: 'v1.30.6', replicas: 3, machineTemplate, kubeadmConfigSpec: {} } }))?.fields,
    ).toEqual({
      spec: { version: 'v1.30.6', replicas: 3, machineTemplate },
    });
  },
);

test('of a MachineDeployment its version and both references stand in Git', () => {
  const spec = {
    clusterName: 'capi',
    replicas: 3,
    template: {
      spec: {
        version: 'v1.30.6',
        infrastructureRef: { kind: 'DevMachineTemplate', name: 'md-0' },
        bootstrap: { configRef: { kind: 'KubeadmConfigTemplate', name: 'md-0' }, dataSecretName: 'x' },
      },
    },
  };

  expect(manifestOf(aDeployment({ spec }))?.fields).toEqual({
    spec: {
      replicas: 3,
      template: {
        spec: {
          version: 'v1.30.6',
          infrastructureRef: { kind: 'DevMachineTemplate', name: 'md-0' },
          bootstrap: { configRef: { kind: 'KubeadmConfigTemplate', name: 'md-0' } },
        },
      },
    },
  });
});

test('what a topology made does not stand in Git, and a Cluster only with its topology', () => {
  const cluster = { ...aPlane(), kind: 'Cluster' };

  expect(manifestOf(aPlane({ labels: { 'topology.cluster.x-k8s.io/owned': '' } }))).toBeNull();
  expect(manifestOf({ ...cluster, spec: { paused: false } })).toBeNull();
  expect(manifestOf({ ...cluster, spec: { topology: { version: 'v1.30.6' } } })?.fields).toEqual({
    spec: { topology: { version: 'v1.30.6' } },
  });
  expect(manifestOf({ ...cluster, kind: 'Machine' })).toBeNull();
});

test('an object agrees with its manifest until a field that stands there differs', () => {
  const manifest = manifestOf(aPlane());
  if (manifest === null) throw new Error('it stands in Git');

  expect(agrees(manifest, aPlane())).toBe(true);
  expect(agrees(manifest, { ...aPlane(), status: { replicas: 2 } })).toBe(true);
  expect(agrees(manifest, aPlane({ spec: { replicas: 3, version: 'v1.31.4' } }))).toBe(false);
  expect(agrees(manifest, aPlane({ spec: { replicas: 3 } }))).toBe(false);
  expect(isOf(manifest, aPlane({ name: 'other' }))).toBe(false);
  expect(isOf(manifest, undefined)).toBe(false);
});

test('a commit changes one manifest and the revision; one of nobody changes neither', () => {
  const manifest = manifestOf(aPlane());
  const before = committed(manifest === null ? [] : [manifest]);
  const after = withCommit(
    before,
    { kind: 'KubeadmControlPlane', name: 'capi-control-plane' },
    { spec: { version: 'v1.31.4' } },
  );
  const other = withCommit(before, { kind: 'KubeadmControlPlane', name: 'nobody' }, { spec: { version: 'v1.31.4' } });

  expect(after.manifests[0]?.fields).toEqual({ spec: { replicas: 3, version: 'v1.31.4' } });
  expect(after.revision).toMatch(/^[0-9a-f]{40}$/);
  expect(after.revision).not.toBe(before.revision);
  expect(other).toEqual(before);
});
