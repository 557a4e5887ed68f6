import { expect, test } from 'vitest';
import { planTemplate } from '../../../../jobs/node-groups/cluster-api/plan-template.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { createFakeKubernetes } from '../../../fakes/kubernetes.ts';

const GROUP = 'infrastructure.cluster.x-k8s.io';

/** What is said of the image of a group whose template is of this kind. */
async function said(
  owner: 'KubeadmControlPlane' | 'MachineDeployment',
  kind: string,
  spec: JsonObject,
  image: string | null = null,
) {
  const management = createFakeKubernetes();
  const apiVersion = `${GROUP}/v1beta1`;
  management.addKind({ apiVersion, kind, resource: 'templates', namespaced: true, subresources: [] });
  management.put({ apiVersion, kind, metadata: { name: 't', namespace: 'prod' }, spec: { template: { spec } } });
  const template = { group: GROUP, version: 'v1beta1', kind, name: 't' };
  const { checks } = await planTemplate(
    { ports: { management: management.port }, signal: new AbortController().signal },
    { kind: owner, namespace: 'prod', name: 'own', version: 'v1.30.6', template },
    { to: 'v1.31.4', options: { image } },
  );
  return checks;
}

test('a control plane whose machines may come from the old image is refused; a node group can go back', async () => {
  const size = { size: 'big' };

  expect(await said('KubeadmControlPlane', 'StrangeMachineTemplate', size)).toMatchObject([
    {
      id: 'capi-image',
      verdict: 'block',
      evidence: expect.stringMatching(
        /--image cannot be used; a control plane does not go back, so upgrade it by hand/,
      ),
    },
  ]);
  expect(await said('MachineDeployment', 'StrangeMachineTemplate', size)).toMatchObject([{ verdict: 'warn' }]);
  expect(await said('KubeadmControlPlane', 'AWSMachineTemplate', size)).toMatchObject([{ verdict: 'pass' }]);
  expect(await said('KubeadmControlPlane', 'StrangeMachineTemplate', { os: 'os-1.30.6' })).toMatchObject([
    { verdict: 'warn', title: 'The image was found by the old version in it' },
  ]);
  const cloud = { template: { name: 'capc-1.30.6' } };
  expect(await said('KubeadmControlPlane', 'CloudStackMachineTemplate', cloud)).toMatchObject([{ verdict: 'pass' }]);
});

test('an image by its digest is refused for both', async () => {
  const pinned = { customImage: 'kindest/node:v1.30.6@sha256:ab12' };

  for (const owner of ['KubeadmControlPlane', 'MachineDeployment'] as const)
    expect(await said(owner, 'DockerMachineTemplate', pinned)).toMatchObject([
      { verdict: 'block', evidence: expect.stringContaining('name the image of v1.31.4 with --image') },
    ]);
});

test('what Drydock cannot name is told with its place, and a list that it can name is copied with the new image', async () => {
  const list = { disks: [{ from: 'os-1.30.6' }], os: 'os-1.30.6' };
  expect(await said('MachineDeployment', 'StrangeMachineTemplate', list)).toMatchObject([
    {
      verdict: 'warn',
      evidence: expect.stringContaining('what stands in a list stays as it is: disks.0.from (os-1.30.6)'),
    },
  ]);
  const unset = { templateSelector: { matchTags: ['ubuntu'] } };
  expect(await said('MachineDeployment', 'ProxmoxMachineTemplate', unset)).toMatchObject([
    { verdict: 'warn', title: 'Which image the machines get cannot be told' },
  ]);
  expect(await said('KubeadmControlPlane', 'ProxmoxMachineTemplate', unset)).toMatchObject([{ verdict: 'block' }]);
  const volumes = [{ name: 'disk', containerDisk: { image: 'os:v1.30.6' } }];
  const virtual = { virtualMachineTemplate: { spec: { template: { spec: { volumes } } } } };
  expect(await said('KubeadmControlPlane', 'KubevirtMachineTemplate', virtual)).toMatchObject([
    { verdict: 'pass', evidence: expect.stringContaining('volumes.0.containerDisk.image: os:v1.30.6 → os:v1.31.4') },
  ]);
});

test.each([
  [
    'a data volume of no version',
    { dataVolumeTemplates: [{ spec: { source: { registry: { url: 'docker://node:latest' } } } }] },
    'dataVolumeTemplates.0.spec.source.registry.url (docker://node:latest)',
  ],
  [
    'a data source of no version',
    { dataVolumeTemplates: [{ spec: { sourceRef: { kind: 'DataSource', name: 'node' } } }] },
    'dataVolumeTemplates.0.spec.sourceRef.name (node)',
  ],
])('%s beside a disk with the version: a control plane may come from it and is refused', async (_name, boot, words) => {
  const volumes = [{ name: 'cache', containerDisk: { image: 'preloaded:v1.30.6' } }];
  const spec = { virtualMachineTemplate: { spec: { ...boot, template: { spec: { volumes } } } } };
  const evidence = expect.stringContaining(words);
  const title = 'Which image the machines get cannot be told';
  expect(await said('KubeadmControlPlane', 'KubevirtMachineTemplate', spec)).toMatchObject([
    { id: 'capi-image', verdict: 'block', title, evidence },
  ]);
  expect(await said('MachineDeployment', 'KubevirtMachineTemplate', spec)).toMatchObject([
    { id: 'capi-image', verdict: 'warn', title, evidence },
  ]);
});

test('an image that is given to an unknown kind is warned of, and refused for a control plane where a list stays', async () => {
  const plain = { os: 'os-1.30.6' };
  const title = 'The image goes where the old version was found';
  const evidence = expect.stringContaining('os: os-1.30.6 → os-1.31.4');
  for (const owner of ['KubeadmControlPlane', 'MachineDeployment'] as const)
    expect(await said(owner, 'StrangeMachineTemplate', plain, 'os-1.31.4')).toMatchObject([
      { verdict: 'warn', title, evidence },
    ]);
  const listed = { description: 'pool of 1.30.6', disks: [{ image: 'os-1.30.6' }] };
  for (const [owner, verdict] of [
    ['KubeadmControlPlane', 'block'],
    ['MachineDeployment', 'warn'],
  ] as const)
    expect(await said(owner, 'StrangeMachineTemplate', listed, 'os-1.31.4')).toMatchObject([
      { verdict, evidence: expect.stringContaining('stays as it is: disks.0.image (os-1.30.6)') },
    ]);
});

test('an image that is looked up by something else than the version is no pass', async () => {
  for (const owner of ['KubeadmControlPlane', 'MachineDeployment'] as const)
    expect(await said(owner, 'GCPMachineTemplate', { instanceType: 'n1' })).toMatchObject([
      {
        verdict: 'warn',
        title: 'The image is the newest of its minor version',
        evidence: expect.stringContaining('GCPMachineTemplate t names no image'),
      },
    ]);
  const fixed = { imageLookupFormat: 'my-node-1.30.6-*' };
  expect(await said('KubeadmControlPlane', 'AWSMachineTemplate', fixed)).toMatchObject([{ verdict: 'block' }]);
  expect(await said('MachineDeployment', 'AWSMachineTemplate', fixed)).toMatchObject([{ verdict: 'warn' }]);
});
