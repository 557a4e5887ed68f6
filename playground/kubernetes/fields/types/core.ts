/** The core group without pods and volumes. Notation: `notation.ts`. */
export const coreTypes = `
AttachedVolume: name+ s; devicePath+ s
ClientIPConfig: timeoutSeconds? i
ConfigMap*: metadata+ ObjectMeta; immutable? b; data {s}; binaryData {y}
ConfigMapNodeConfigSource: namespace+ s; name+ s; uid s; resourceVersion s; kubeletConfigKey+ s
ContainerImage: names+ [s]; sizeBytes i
CoreV1EndpointPort: name s; port+ i; protocol s; appProtocol? s
DaemonEndpoint: Port+ i
EndpointAddress: ip+ s; hostname s; nodeName? s; targetRef ObjectReference#
Endpoints*: metadata+ ObjectMeta; subsets [EndpointSubset]
EndpointSubset: addresses [EndpointAddress#]; notReadyAddresses [EndpointAddress#]; ports [CoreV1EndpointPort#]
LimitRange*: metadata+ ObjectMeta; spec+ LimitRangeSpec
LimitRangeItem: type+ s; max {q}; min {q}; default {q}; defaultRequest {q}; maxLimitRequestRatio {q}
LimitRangeSpec: limits+ [LimitRangeItem]
LoadBalancerIngress: ip s; hostname s; ipMode? s; ports [PortStatus]
LoadBalancerStatus: ingress [LoadBalancerIngress]
ModifyVolumeStatus: targetVolumeAttributesClassName s; status+ s
Namespace*: metadata+ ObjectMeta; spec+ NamespaceSpec; status+ NamespaceStatus
NamespaceCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
NamespaceSpec: finalizers [s]
NamespaceStatus: phase s; conditions [NamespaceCondition]@type
Node*: metadata+ ObjectMeta; spec+ NodeSpec; status+ NodeStatus
NodeAddress: type+ s; address+ s
NodeCondition: type+ s; status+ s; lastHeartbeatTime+ t; lastTransitionTime+ t; reason s; message s
NodeConfigSource: configMap ConfigMapNodeConfigSource
NodeConfigStatus: assigned NodeConfigSource; active NodeConfigSource; lastKnownGood NodeConfigSource; error s
NodeDaemonEndpoints: kubeletEndpoint+ DaemonEndpoint
NodeFeatures: supplementalGroupsPolicy? b
NodeRuntimeHandler: name+ s; features NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts? b; userNamespaces? b
NodeSpec: podCIDR s; podCIDRs [s]=~; providerID s; unschedulable b; taints [Taint]; configSource NodeConfigSource;
  externalID s
NodeStatus: capacity {q}; allocatable {q}; phase s; conditions [NodeCondition]@type; addresses [NodeAddress]@type;
  daemonEndpoints+ NodeDaemonEndpoints; nodeInfo+ NodeSystemInfo; images [ContainerImage]; volumesInUse [s];
  volumesAttached [AttachedVolume]; config NodeConfigStatus; runtimeHandlers [NodeRuntimeHandler]; features
  NodeFeatures; declaredFeatures [s]
NodeSwapStatus: capacity? i
NodeSystemInfo: machineID+ s; systemUUID+ s; bootID+ s; kernelVersion+ s; osImage+ s; containerRuntimeVersion+ s;
  kubeletVersion+ s; kubeProxyVersion+ s; operatingSystem+ s; architecture+ s; swap NodeSwapStatus
ObjectReference: kind s; namespace s; name s; uid s; apiVersion s; resourceVersion s; fieldPath s
PodTemplate*: metadata+ ObjectMeta; template+ PodTemplateSpec
PodTemplateSpec: metadata+ ObjectMeta; spec+ PodSpec
PortStatus: port+ i; protocol+ s; error? s
ReplicationController*: metadata+ ObjectMeta; spec+ ReplicationControllerSpec; status+ ReplicationControllerStatus
ReplicationControllerCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
ReplicationControllerSpec: replicas? i; minReadySeconds i; selector {s}#; template PodTemplateSpec
ReplicationControllerStatus: replicas+ i; fullyLabeledReplicas i; readyReplicas i; availableReplicas i;
  observedGeneration i; conditions [ReplicationControllerCondition]@type
ResourceQuota*: metadata+ ObjectMeta; spec+ ResourceQuotaSpec; status+ ResourceQuotaStatus
ResourceQuotaSpec: hard {q}; scopes [s]; scopeSelector ScopeSelector#
ResourceQuotaStatus: hard {q}; used {q}
ScopedResourceSelectorRequirement: scopeName+ s; operator+ s; values [s]
ScopeSelector: matchExpressions [ScopedResourceSelectorRequirement]
Secret*: metadata+ ObjectMeta; immutable? b; data {y}; stringData {s}; type s
SecretReference: name s; namespace s
Service*: metadata+ ObjectMeta; spec+ ServiceSpec; status+ ServiceStatus
ServiceAccount*: metadata+ ObjectMeta; secrets [ObjectReference#]@name; imagePullSecrets [LocalObjectReference#];
  automountServiceAccountToken? b
ServicePort: name s; protocol s; appProtocol? s; port+ i; targetPort+ is; nodePort i
ServiceSpec: ports [ServicePort]@port+protocol~port; selector {s}#; clusterIP s; clusterIPs [s]; type s; externalIPs
  [s]; sessionAffinity s; loadBalancerIP s; loadBalancerSourceRanges [s]; externalName s; externalTrafficPolicy s;
  healthCheckNodePort i; publishNotReadyAddresses b; sessionAffinityConfig SessionAffinityConfig; ipFamilies [s];
  ipFamilyPolicy? s; allocateLoadBalancerNodePorts? b; loadBalancerClass? s; internalTrafficPolicy? s;
  trafficDistribution? s
ServiceStatus: loadBalancer+ LoadBalancerStatus; conditions [Condition]@type
SessionAffinityConfig: clientIP ClientIPConfig
Taint: key+ s; value s; effect+ s; timeAdded? t
`;
