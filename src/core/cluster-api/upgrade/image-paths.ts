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

/** Of these: kinds whose provider knows only the minor version of it and takes the newest of a family. Source: `pkg/cloud/scope/machine.go` of its provider. */
export const BY_MINOR: ReadonlySet<string> = new Set(['GCPMachineTemplate']);

const KUBEVIRT = ['virtualMachineTemplate', 'spec'] as const;
const VOLUME = [...KUBEVIRT, 'template', 'spec', 'volumes', EACH] as const;
const DATA_VOLUME = [...KUBEVIRT, 'dataVolumeTemplates', EACH, 'spec'] as const;

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
    [...VOLUME, 'containerDisk', 'image'],
    [...DATA_VOLUME, 'source', 'registry', 'url'],
    [...DATA_VOLUME, 'source', 'http', 'url'],
    [...DATA_VOLUME, 'source', 'pvc', 'name'],
    [...DATA_VOLUME, 'source', 'snapshot', 'name'],
    [...DATA_VOLUME, 'source', 's3', 'url'],
    [...DATA_VOLUME, 'source', 'gcs', 'url'],
    [...DATA_VOLUME, 'sourceRef', 'name'],
  ],
};

/** Where disks stand that a machine may start from and that are not changed: beside an image that is, they are told. */
export const OTHER_DISKS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  KubevirtMachineTemplate: [
    [...VOLUME, 'persistentVolumeClaim', 'claimName'],
    [...VOLUME, 'ephemeral', 'persistentVolumeClaim', 'claimName'],
    [...VOLUME, 'hostDisk', 'path'],
  ],
};
