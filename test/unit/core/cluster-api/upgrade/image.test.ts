import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planImage } from '../../../../../src/core/cluster-api/upgrade/image.ts';
import { respelled } from '../../../../../src/core/cluster-api/upgrade/respelled.ts';
import type { Json } from '../../../../../src/core/json.ts';

const FROM = 'v1.30.6';
const TO = 'v1.31.4';

function planned(kind: string, spec: Json, given: string | null = null) {
  return planImage({ kind, spec, from: FROM, to: TO, given });
}

const VOLUMES = ['virtualMachineTemplate', 'spec', 'template', 'spec', 'volumes'];

/** What a template of KubeVirt has of volumes. */
function machine(volumes: Json): Json {
  return { virtualMachineTemplate: { spec: { template: { spec: { volumes } } } } };
}

function source(url: string): Json {
  return { spec: { source: { registry: { url } } } };
}

describe('the image of a template', () => {
  test.each<[string, Json, string]>([
    ['DockerMachineTemplate', { customImage: 'kindest/node:v1.30.6' }, 'kindest/node:v1.31.4'],
    [
      'DevMachineTemplate',
      { backend: { docker: { customImage: 'registry.local:5000/kindest/node:v1.30.6' } } },
      'registry.local:5000/kindest/node:v1.31.4',
    ],
    ['VSphereMachineTemplate', { template: 'ubuntu-2204-kube-v1.30.6' }, 'ubuntu-2204-kube-v1.31.4'],
    ['AzureMachineTemplate', { image: { computeGallery: { name: 'capi-1_30_6' } } }, 'capi-1_31_4'],
    [
      'GCPMachineTemplate',
      { image: 'projects/x/global/images/cluster-api-ubuntu-1-30-6' },
      'projects/x/global/images/cluster-api-ubuntu-1-31-4',
    ],
    ['OpenStackMachineTemplate', { image: { filter: { name: 'flatcar-1.30.6' } } }, 'flatcar-1.31.4'],
    ['NutanixMachineTemplate', { image: { type: 'name', name: 'ubuntu-1.30.6' } }, 'ubuntu-1.31.4'],
    ['KubevirtMachineTemplate', machine([{ name: 'disk', containerDisk: { image: 'os:v1.30.6' } }]), 'os:v1.31.4'],
    [
      'KubevirtMachineTemplate',
      { virtualMachineTemplate: { spec: { dataVolumeTemplates: [{}, source('docker://quay.io/os:v1.30.6')] } } },
      'docker://quay.io/os:v1.31.4',
    ],
  ])('of a %s gets the new version in its own spelling', (kind, spec, to) => {
    expect(planned(kind, spec)).toMatchObject({ kind: 'set', how: 'replaced', fields: [{ to }] });
  });

  test('of Metal3 changes with its checksum', () => {
    const image = { url: 'http://images/v1.30.6.img', checksum: 'http://images/v1.30.6.img.sha256' };
    expect(planned('Metal3MachineTemplate', { image })).toMatchObject({
      fields: [{ to: 'http://images/v1.31.4.img' }, { to: 'http://images/v1.31.4.img.sha256' }],
    });
  });

  test('by its digest stays the old one, so somebody has to name the new one', () => {
    const pinned = 'kindest/node:v1.30.6@sha256:ab12';
    expect(planned('DockerMachineTemplate', { customImage: pinned })).toMatchObject({
      kind: 'unclear',
      why: expect.stringMatching(/^customImage is .*from that digest.*name the image of v1\.31\.4 with --image$/),
    });
    expect(planned('StrangeMachineTemplate', { os: { from: pinned } })).toMatchObject({ kind: 'unclear' });
    expect(planned('StrangeMachineTemplate', { os: 'os-1.30.6', digest: 'sha256:ab' })).toMatchObject({
      kind: 'unclear',
    });
    const given = 'kindest/node:v1.31.4@sha256:cd34';
    expect(planned('DockerMachineTemplate', { customImage: pinned }, given)).toMatchObject({
      kind: 'set',
      fields: [{ to: given }],
    });
  });

  test('of Metal3 with the checksum itself is never changed without it', () => {
    const sum = 'd41d8cd98f00b204e9800998ecf8427e';
    const image = { url: 'http://images/v1.30.6.img', checksum: sum, checksumType: 'md5' };
    expect(planned('Metal3MachineTemplate', { image })).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining(`image.checksum is ${sum}, the checksum of the image of v1.30.6`),
    });
    expect(planned('StrangeMachineTemplate', { image })).toMatchObject({ kind: 'unclear' });
    const typed = { image: { url: 'http://images/v1.30.6.img', checksumType: 'sha256' } };
    expect(planned('StrangeMachineTemplate', typed)).toMatchObject({ kind: 'set' });
  });

  test('that is not named is looked up by the version, where its provider does that', () => {
    expect(planned('AWSMachineTemplate', { instanceType: 'm5.large', ami: {} })).toEqual({ kind: 'by-version' });
    expect(planned('DockerMachineTemplate', {})).toEqual({ kind: 'by-version' });
    expect(planned('ProxmoxMachineTemplate', { templateSelector: { matchTags: ['ubuntu'] } })).toMatchObject({
      kind: 'untold',
      why: 'names no image in templateID, and what its provider takes then is not known here: name the image with --image',
    });
  });

  test('that is not named is of the minor version alone, where the provider takes the newest of a family', () => {
    expect(planned('GCPMachineTemplate', { instanceType: 'n1' })).toEqual({
      kind: 'by-minor',
      why: 'names no image: its provider takes the newest of the image family …k8s-v1-31, whatever patch version that is',
    });
    expect(planned('GCPMachineTemplate', { imageFamily: 'cluster-api-k8s-1-30-6' })).toMatchObject({ kind: 'set' });
  });

  test('that is not named cannot be told where something else says the old version', () => {
    expect(planned('AWSMachineTemplate', { imageLookupFormat: 'my-node-1.30.6-*' })).toMatchObject({
      kind: 'untold',
      why: 'names no image, but imageLookupFormat (my-node-1.30.6-*) contains v1.30.6 and stays as it is: whether its provider looks for an image of v1.31.4 cannot be told; name the image with --image',
    });
    expect(planned('AWSMachineTemplate', { imageLookupFormat: 'my-{{.K8sVersion}}-*' })).toEqual({
      kind: 'by-version',
    });
    expect(planned('GCPMachineTemplate', { labels: { of: 'v1-30-6' } })).toMatchObject({ kind: 'untold' });
  });

  test('that nobody here knows how to name is told as it stands', () => {
    expect(planned('StrangeMachineTemplate', { size: 'big' })).toMatchObject({
      kind: 'untold',
      why: expect.stringMatching(/^is of a kind that Drydock does not know, and nothing in it contains v1\.30\.6:/),
    });
    const image = { id: 'img-17', pullPolicy: 'Always' };
    const spec = { disks: [{ rootImage: 'flat' }], image, imagePullSecret: 's', imageId: 'ocid1.image.x' };
    expect(planned('StrangeMachineTemplate', spec)).toMatchObject({
      kind: 'untold',
      why: expect.stringContaining(
        'it names disks.0.rootImage (flat), image.id (img-17), imageId (ocid1.image.x), and that stays as it is',
      ),
    });
    const claim = machine([{ name: 'disk', persistentVolumeClaim: { claimName: 'os' } }]);
    expect(planned('KubevirtMachineTemplate', claim)).toMatchObject({
      kind: 'untold',
      why: expect.stringMatching(/containerDisk\.image, .* is not known here, and --image cannot be used$/),
    });
  });

  test('that stands in a list of an unknown kind would stay the old one', () => {
    expect(planned('StrangeMachineTemplate', { disks: [{ from: 'os-1.30.6' }] })).toMatchObject({
      kind: 'unclear',
      why: expect.stringMatching(/^disks\.0\.from is os-1\.30\.6, in a list, where Drydock changes nothing/),
    });
  });

  test('of OCI has no version in it, so somebody has to name it', () => {
    const spec = { imageId: 'ocid1.image.oc1.iad.aaaa' };
    expect(planned('OCIMachineTemplate', spec)).toMatchObject({ kind: 'unclear' });
    expect(planned('OCIMachineTemplate', spec, 'ocid1.image.oc1.iad.bbbb')).toMatchObject({
      fields: [{ path: ['imageId'], to: 'ocid1.image.oc1.iad.bbbb' }],
    });
  });

  test('of KubeVirt is respelled, and what else may be the disk that machines start from is told', () => {
    const cache = { name: 'cache', containerDisk: { image: 'reg/preloaded:v1.30.6' } };
    const [volumes, sources] = ['template.spec.volumes', 'dataVolumeTemplates'].map(
      (at) => `virtualMachineTemplate.spec.${at}`,
    );
    function left(others: readonly Json[], dataVolumeTemplates: readonly Json[] = []) {
      const template = { spec: { volumes: [cache, ...others] } };
      const plan = planned('KubevirtMachineTemplate', {
        virtualMachineTemplate: { spec: { dataVolumeTemplates: [...dataVolumeTemplates], template } },
      });
      return plan.kind === 'set' ? plan.left : plan;
    }
    expect(left([{ emptyDisk: {} }, { containerDisk: { image: 'reg/node:v1.30.6' } }])).toBe('');
    expect(left([], [source('docker://reg/node:latest')])).toBe(
      `${sources}.0.spec.source.registry.url (docker://reg/node:latest)`,
    );
    expect(left([], [{ spec: { sourceRef: { name: 'node-latest' } } }])).toBe(
      `${sources}.0.spec.sourceRef.name (node-latest)`,
    );
    expect(left([{ containerDisk: { image: 'virtio:latest' } }])).toBe(
      `${volumes}.1.containerDisk.image (virtio:latest)`,
    );
    expect(left([{ ephemeral: { persistentVolumeClaim: { claimName: 'node' } } }])).toBe(
      `${volumes}.1.ephemeral.persistentVolumeClaim.claimName (node)`,
    );
    const spec = { virtualMachineTemplate: { spec: { dataVolumeTemplates: [source('x'), { spec: {} }] } } };
    expect(planned('KubevirtMachineTemplate', spec)).toMatchObject({ kind: 'unclear' });
    const named = { spec: { sourceRef: { kind: 'DataSource', name: 'node-v1-30-6' } } };
    expect(
      planned('KubevirtMachineTemplate', { virtualMachineTemplate: { spec: { dataVolumeTemplates: [named] } } }),
    ).toMatchObject({ kind: 'set', fields: [{ to: 'node-v1-31-4' }], left: '' });
  });

  test('that is given goes into the list where it stands', () => {
    const one = machine([{ name: 'init' }, { name: 'disk', containerDisk: { image: 'os:latest' } }]);
    expect(planned('KubevirtMachineTemplate', one, 'os:v1.31.4')).toMatchObject({
      kind: 'set',
      fields: [{ path: [...VOLUMES, '1', 'containerDisk', 'image'], from: 'os:latest', to: 'os:v1.31.4' }],
    });
    expect(planned('KubevirtMachineTemplate', machine([]), 'os:v1.31.4')).toMatchObject({ kind: 'unclear' });
  });

  test('that does not say its version is never guessed', () => {
    const unclear = planned('AWSMachineTemplate', { ami: { id: 'ami-0abc' } });
    expect(unclear).toMatchObject({ kind: 'unclear' });
    expect(planned('AWSMachineTemplate', { ami: { id: 'ami-0abc' } }, 'ami-0def')).toMatchObject({
      kind: 'set',
      how: 'given',
      fields: [{ path: ['ami', 'id'], from: 'ami-0abc', to: 'ami-0def' }],
    });
    // Of another patch version, and of the minor version alone.
    expect(planned('DockerMachineTemplate', { customImage: 'kindest/node:v1.30.60' })).toMatchObject({
      kind: 'unclear',
    });
    expect(planned('VSphereMachineTemplate', { template: 'ubuntu-1.30' })).toMatchObject({ kind: 'unclear' });
  });

  test('that is given goes where the kind has it, and nowhere if that cannot be told', () => {
    expect(planned('DockerMachineTemplate', {}, 'mine')).toMatchObject({
      fields: [{ path: ['customImage'], to: 'mine' }],
    });
    expect(planned('StrangeMachineTemplate', {}, 'mine')).toMatchObject({ kind: 'unclear' });
    const two = { image: { url: 'a', checksum: 'b' } };
    expect(planned('Metal3MachineTemplate', two, 'mine')).toMatchObject({ kind: 'unclear' });
  });

  test('that is given to an unknown kind goes where the old version is, and what stays in lists is told', () => {
    const spec = { description: 'pool of 1.30.6', disks: [{ image: 'os-1.30.6' }] };
    expect(planned('StrangeMachineTemplate', spec, 'os-1.31.4')).toEqual({
      kind: 'set',
      how: 'given-found',
      fields: [{ path: ['description'], from: 'pool of 1.30.6', to: 'os-1.31.4' }],
      left: 'disks.0.image (os-1.30.6)',
    });
    expect(planned('StrangeMachineTemplate', { os: 'os-1.30.6' }, 'os-1.31.4')).toMatchObject({
      how: 'given-found',
      left: '',
    });
    const claim = { persistentVolumeClaim: { claimName: 'node' } };
    const beside = machine([{ containerDisk: { image: 'os:latest' } }, claim]);
    expect(planned('KubevirtMachineTemplate', beside, 'os:v1.31.4')).toMatchObject({
      how: 'given',
      left: expect.stringContaining('volumes.1.persistentVolumeClaim.claimName (node)'),
    });
  });

  test('in a list of an unknown kind by its digest stays, is told, and a checksum of something else says nothing', () => {
    const sum = { image: 'os-1.30.6', files: [{ checksum: 'sha256:ab' }] };
    expect(planned('StrangeMachineTemplate', sum)).toMatchObject({ kind: 'set', how: 'found', left: '' });
    const disk = { description: '1.30.6', disks: [{ image: 'os@sha256:ab' }] };
    expect(planned('StrangeMachineTemplate', disk)).toMatchObject({
      kind: 'set',
      left: 'disks.0.image (os@sha256:ab)',
    });
    const both = { image: 'os-1.30.6', disks: [{ image: 'os:1.30.6@sha256:ab' }] };
    expect(planned('StrangeMachineTemplate', both)).toMatchObject({ kind: 'unclear' });
  });

  test('of an unknown kind is found by the version in it', () => {
    expect(planned('StrangeMachineTemplate', { disk: { from: { image: 'os-1.30.6' } }, tags: ['1.30.6'] })).toEqual({
      kind: 'set',
      how: 'found',
      fields: [{ path: ['disk', 'from', 'image'], from: 'os-1.30.6', to: 'os-1.31.4' }],
      left: 'tags.0 (1.30.6)',
    });
  });

  test('never keeps the old version where it is replaced', () => {
    const part = fc.stringMatching(/^[a-z/:_-]{0,10}$/);
    fc.assert(
      fc.property(part, part, fc.constantFrom('.', '-', '_'), (before, after, mark) => {
        const old = ['1', '30', '6'].join(mark);
        const next = respelled(`os/${before}${old}${after}`, FROM, TO);
        expect(next).toBe(`os/${before}${['1', '31', '4'].join(mark)}${after}`);
      }),
    );
    expect(respelled('v1.30.6', 'nonsense', TO)).toBeNull();
  });

  test.each<[text: string, to: string | null]>([
    // An address, of a host and elsewhere.
    ['http://10.1.30.6:8080/kindest/node:v1.30.6', 'http://10.1.30.6:8080/kindest/node:v1.31.4'],
    ['http://10.1.30.6/kindest/node', null],
    ['http://1.30.6.1/node.img', null],
    ['registry-1-30-6.local/x-v1-30-6', 'registry-1-30-6.local/x-v1-31-4'],
    ['1.30.6.example:5000/node', null],
    ['mirror/10.1.30.6/node', null],
    ['mirror/1.30.6.7/node', null],
    ['install: v1.30.6 from 10.1.30.6/os', 'install: v1.31.4 from 10.1.30.6/os'],
    // A date.
    ['node-2024-1-30-6', null],
    ['node_2024_1_30_6-v1.30.6', 'node_2024_1_30_6-v1.31.4'],
    // Beside other numbers.
    ['flatcar-3815.2.0-1.30.6', 'flatcar-3815.2.0-1.31.4'],
    ['ubuntu-2204-kube-v1.30.6+vmware.1', 'ubuntu-2204-kube-v1.31.4+vmware.1'],
    ['capi-1-30-6-20241101', 'capi-1-31-4-20241101'],
    // In two places, and in two spellings.
    ['http://images/v1.30.6/ubuntu-1-30-6.img', 'http://images/v1.31.4/ubuntu-1-31-4.img'],
  ])('%s: only the version is another one', (text, to) => {
    expect(respelled(text, FROM, TO)).toBe(to);
  });
});
