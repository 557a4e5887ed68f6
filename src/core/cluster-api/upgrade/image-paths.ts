/**
 * Where templates of machines name the image of a node, below `spec.template.spec`. Source: the types of each provider. A provider may look
 * the image up by version where none of these is set.
 */
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
};
