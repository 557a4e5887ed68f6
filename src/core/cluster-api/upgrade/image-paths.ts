/** Stands for every item of a list in a path. */
export const EACH = '*';

/** Kinds whose provider looks the image up by the version where none of its paths is set. Source: the types of each provider. */
export const LOOKED_UP: ReadonlySet<string> = new Set([
  'DockerMachineTemplate',
  'DevMachineTemplate',
  'AWSMachineTemplate',
  'AzureMachineTemplate',
  'GCPMachineTemplate',
]);

const KUBEVIRT = ['virtualMachineTemplate', 'spec'] as const;

/** Where templates of machines name the image of a node, below `spec.template.spec`. Source: the types of each provider. */
export const IMAGE_PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  DockerMachineTemplate: [['customImage']],
  DevMachineTemplate: [['image'], ['backend', 'docker', 'customImage']],
  AWSMachineTemplate: [['ami', 'id']],
  VSphereMachineTemplate: [['template']],
  AzureMachineTemplate: [
    ['image', 'id'],
    ['image', 'marketplace', 'version'],
    ['image', 'computeGallery', 'version'],
    ['image', 'computeGallery', 'name'],
    ['image', 'sharedGallery', 'version'],
    ['image', 'sharedGallery', 'name'],
  ],
  GCPMachineTemplate: [['image'], ['imageFamily']],
  OpenStackMachineTemplate: [
    ['image', 'filter', 'name'],
    ['image', 'id'],
    ['image', 'imageRef', 'name'],
  ],
  NutanixMachineTemplate: [
    ['image', 'name'],
    ['image', 'uuid'],
  ],
  Metal3MachineTemplate: [
    ['image', 'url'],
    ['image', 'checksum'],
  ],
  HCloudMachineTemplate: [['imageName']],
  CloudStackMachineTemplate: [
    ['template', 'name'],
    ['template', 'id'],
  ],
  ProxmoxMachineTemplate: [['templateID']],
  OCIMachineTemplate: [['imageId']],
  KubevirtMachineTemplate: [
    [...KUBEVIRT, 'template', 'spec', 'volumes', EACH, 'containerDisk', 'image'],
    [...KUBEVIRT, 'dataVolumeTemplates', EACH, 'spec', 'source', 'registry', 'url'],
    [...KUBEVIRT, 'dataVolumeTemplates', EACH, 'spec', 'source', 'http', 'url'],
    [...KUBEVIRT, 'dataVolumeTemplates', EACH, 'spec', 'source', 'pvc', 'name'],
  ],
};
