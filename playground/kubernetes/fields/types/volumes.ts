/** Sources of volumes, persistent volumes and their claims. Notation: `notation.ts`. */
export const volumeTypes = `
AWSElasticBlockStoreVolumeSource: volumeID+ s; fsType s; partition i; readOnly b
AzureDiskVolumeSource: diskName+ s; diskURI+ s; cachingMode? s; fsType? s; readOnly? b; kind? s
AzureFilePersistentVolumeSource: secretName+ s; shareName+ s; readOnly b; secretNamespace+? s
AzureFileVolumeSource: secretName+ s; shareName+ s; readOnly b
CephFSPersistentVolumeSource: monitors+ [s]; path s; user s; secretFile s; secretRef SecretReference#; readOnly b
CephFSVolumeSource: monitors+ [s]; path s; user s; secretFile s; secretRef LocalObjectReference#; readOnly b
CinderPersistentVolumeSource: volumeID+ s; fsType s; readOnly b; secretRef SecretReference#
CinderVolumeSource: volumeID+ s; fsType s; readOnly b; secretRef LocalObjectReference#
ClusterTrustBundleProjection: name? s; signerName? s; labelSelector LabelSelector#; optional? b; path+ s
ConfigMapProjection: name s; items [KeyToPath]; optional? b
ConfigMapVolumeSource: name s; items [KeyToPath]; defaultMode? i; optional? b
CSIPersistentVolumeSource: driver+ s; volumeHandle+ s; readOnly b; fsType s; volumeAttributes {s};
  controllerPublishSecretRef SecretReference#; nodeStageSecretRef SecretReference#; nodePublishSecretRef
  SecretReference#; controllerExpandSecretRef SecretReference#; nodeExpandSecretRef SecretReference#
CSIVolumeSource: driver+ s; readOnly? b; fsType? s; volumeAttributes {s}; nodePublishSecretRef LocalObjectReference#
DownwardAPIProjection: items [DownwardAPIVolumeFile]
DownwardAPIVolumeFile: path+ s; fieldRef ObjectFieldSelector#; resourceFieldRef ResourceFieldSelector#; mode? i
DownwardAPIVolumeSource: items [DownwardAPIVolumeFile]; defaultMode? i
EmptyDirVolumeSource: medium s; sizeLimit? q
EphemeralVolumeSource: volumeClaimTemplate PersistentVolumeClaimTemplate
FCVolumeSource: targetWWNs [s]; lun? i; fsType s; readOnly b; wwids [s]
FlexPersistentVolumeSource: driver+ s; fsType s; secretRef SecretReference#; readOnly b; options {s}
FlexVolumeSource: driver+ s; fsType s; secretRef LocalObjectReference#; readOnly b; options {s}
FlockerVolumeSource: datasetName s; datasetUUID s
GCEPersistentDiskVolumeSource: pdName+ s; fsType s; partition i; readOnly b
GitRepoVolumeSource: repository+ s; revision s; directory s
GlusterfsPersistentVolumeSource: endpoints+ s; path+ s; readOnly b; endpointsNamespace? s
GlusterfsVolumeSource: endpoints+ s; path+ s; readOnly b
HostPathVolumeSource: path+ s; type? s
ImageVolumeSource: reference s; pullPolicy s
ISCSIPersistentVolumeSource: targetPortal+ s; iqn+ s; lun+ i; iscsiInterface s; fsType s; readOnly b; portals [s];
  chapAuthDiscovery b; chapAuthSession b; secretRef SecretReference#; initiatorName? s
ISCSIVolumeSource: targetPortal+ s; iqn+ s; lun+ i; iscsiInterface s; fsType s; readOnly b; portals [s];
  chapAuthDiscovery b; chapAuthSession b; secretRef LocalObjectReference#; initiatorName? s
KeyToPath: key+ s; path+ s; mode? i
LocalVolumeSource: path+ s; fsType? s
NFSVolumeSource: server+ s; path+ s; readOnly b
PersistentVolume*: metadata+ ObjectMeta; spec+ PersistentVolumeSpec; status+ PersistentVolumeStatus
PersistentVolumeClaim*: metadata+ ObjectMeta; spec+ PersistentVolumeClaimSpec; status+ PersistentVolumeClaimStatus
PersistentVolumeClaimCondition: type+ s; status+ s; lastProbeTime+ t; lastTransitionTime+ t; reason s; message s
PersistentVolumeClaimSpec: accessModes [s]; selector LabelSelector#; resources+ VolumeResourceRequirements; volumeName
  s; storageClassName? s; volumeMode? s; dataSource TypedLocalObjectReference#; dataSourceRef TypedObjectReference;
  volumeAttributesClassName? s
PersistentVolumeClaimStatus: phase s; accessModes [s]; capacity {q}; conditions [PersistentVolumeClaimCondition]@type;
  allocatedResources {q}; allocatedResourceStatuses {s}; currentVolumeAttributesClassName? s; modifyVolumeStatus
  ModifyVolumeStatus
PersistentVolumeClaimTemplate: metadata+ ObjectMeta; spec+ PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource: claimName+ s; readOnly b
PersistentVolumeSpec: capacity {q}; gcePersistentDisk GCEPersistentDiskVolumeSource; awsElasticBlockStore
  AWSElasticBlockStoreVolumeSource; hostPath HostPathVolumeSource; glusterfs GlusterfsPersistentVolumeSource; nfs
  NFSVolumeSource; rbd RBDPersistentVolumeSource; iscsi ISCSIPersistentVolumeSource; cinder
  CinderPersistentVolumeSource; cephfs CephFSPersistentVolumeSource; fc FCVolumeSource; flocker FlockerVolumeSource;
  flexVolume FlexPersistentVolumeSource; azureFile AzureFilePersistentVolumeSource; vsphereVolume
  VsphereVirtualDiskVolumeSource; quobyte QuobyteVolumeSource; azureDisk AzureDiskVolumeSource; photonPersistentDisk
  PhotonPersistentDiskVolumeSource; portworxVolume PortworxVolumeSource; scaleIO ScaleIOPersistentVolumeSource; local
  LocalVolumeSource; storageos StorageOSPersistentVolumeSource; csi CSIPersistentVolumeSource; accessModes [s];
  claimRef ObjectReference#; persistentVolumeReclaimPolicy s; storageClassName s; mountOptions [s]; volumeMode? s;
  nodeAffinity VolumeNodeAffinity; volumeAttributesClassName? s
PersistentVolumeStatus: phase s; message s; reason s; lastPhaseTransitionTime? t
PhotonPersistentDiskVolumeSource: pdID+ s; fsType s
PodCertificateProjection: certificateChainPath s; credentialBundlePath s; keyPath s; keyType+ s; maxExpirationSeconds?
  i; signerName+ s; userAnnotations {s}
PortworxVolumeSource: volumeID+ s; fsType s; readOnly b
ProjectedVolumeSource: sources+ [VolumeProjection]; defaultMode? i
QuobyteVolumeSource: registry+ s; volume+ s; readOnly b; user s; group s; tenant s
RBDPersistentVolumeSource: monitors+ [s]; image+ s; fsType s; pool s; user s; keyring s; secretRef SecretReference#;
  readOnly b
RBDVolumeSource: monitors+ [s]; image+ s; fsType s; pool s; user s; keyring s; secretRef LocalObjectReference#;
  readOnly b
ScaleIOPersistentVolumeSource: gateway+ s; system+ s; secretRef+? SecretReference#; sslEnabled b; protectionDomain s;
  storagePool s; storageMode s; volumeName s; fsType s; readOnly b
ScaleIOVolumeSource: gateway+ s; system+ s; secretRef+? LocalObjectReference#; sslEnabled b; protectionDomain s;
  storagePool s; storageMode s; volumeName s; fsType s; readOnly b
SecretProjection: name s; items [KeyToPath]; optional? b
SecretVolumeSource: secretName s; items [KeyToPath]; defaultMode? i; optional? b
ServiceAccountTokenProjection: audience s; expirationSeconds? i; path+ s
StorageOSPersistentVolumeSource: volumeName s; volumeNamespace s; fsType s; readOnly b; secretRef ObjectReference#
StorageOSVolumeSource: volumeName s; volumeNamespace s; fsType s; readOnly b; secretRef LocalObjectReference#
TypedLocalObjectReference: apiGroup+? s; kind+ s; name+ s
TypedObjectReference: apiGroup+? s; kind+ s; name+ s; namespace? s
Volume: name+ s; hostPath HostPathVolumeSource; emptyDir EmptyDirVolumeSource; gcePersistentDisk
  GCEPersistentDiskVolumeSource; awsElasticBlockStore AWSElasticBlockStoreVolumeSource; gitRepo GitRepoVolumeSource;
  secret SecretVolumeSource; nfs NFSVolumeSource; iscsi ISCSIVolumeSource; glusterfs GlusterfsVolumeSource;
  persistentVolumeClaim PersistentVolumeClaimVolumeSource; rbd RBDVolumeSource; flexVolume FlexVolumeSource; cinder
  CinderVolumeSource; cephfs CephFSVolumeSource; flocker FlockerVolumeSource; downwardAPI DownwardAPIVolumeSource; fc
  FCVolumeSource; azureFile AzureFileVolumeSource; configMap ConfigMapVolumeSource; vsphereVolume
  VsphereVirtualDiskVolumeSource; quobyte QuobyteVolumeSource; azureDisk AzureDiskVolumeSource; photonPersistentDisk
  PhotonPersistentDiskVolumeSource; projected ProjectedVolumeSource; portworxVolume PortworxVolumeSource; scaleIO
  ScaleIOVolumeSource; storageos StorageOSVolumeSource; csi CSIVolumeSource; ephemeral EphemeralVolumeSource; image
  ImageVolumeSource
VolumeNodeAffinity: required NodeSelector#
VolumeProjection: secret SecretProjection; downwardAPI DownwardAPIProjection; configMap ConfigMapProjection;
  serviceAccountToken ServiceAccountTokenProjection; clusterTrustBundle ClusterTrustBundleProjection; podCertificate
  PodCertificateProjection
VolumeResourceRequirements: limits {q}; requests {q}
VsphereVirtualDiskVolumeSource: volumePath+ s; fsType s; storagePolicyName s; storagePolicyID s
`;
