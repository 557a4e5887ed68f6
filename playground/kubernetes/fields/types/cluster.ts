/** Definitions, certificates, leases, events, rights, network, scheduling and storage classes. Notation: `notation.ts`. */
export const clusterTypes = `
AggregationRule: clusterRoleSelectors [LabelSelector#]
ApiextensionsV1ServiceReference: name s; namespace s; path? s; port? i
ApiextensionsV1WebhookClientConfig: caBundle y; service ApiextensionsV1ServiceReference; url? s
ApiregistrationV1ServiceReference: name s; namespace s; port? i
APIService*: metadata+ ObjectMeta; spec+ APIServiceSpec; status+ APIServiceStatus
APIServiceCondition: lastTransitionTime? t; message s; reason s; status+ s; type+ s
APIServiceSpec: caBundle y; group s; groupPriorityMinimum+ i; insecureSkipTLSVerify b; service
  ApiregistrationV1ServiceReference; version s; versionPriority+ i
APIServiceStatus: conditions [APIServiceCondition]@type~-
CertificateSigningRequest*: metadata+ ObjectMeta; spec+ CertificateSigningRequestSpec; status+
  CertificateSigningRequestStatus
CertificateSigningRequestCondition: type+ s; status+ s; reason s; message s; lastUpdateTime+ t; lastTransitionTime+ t
CertificateSigningRequestSpec: request+ y; signerName+ s; expirationSeconds? i; usages [s]; username s; uid s; groups
  [s]; extra {[s]}
CertificateSigningRequestStatus: conditions [CertificateSigningRequestCondition]@type~-; certificate y
ClusterRole*: metadata+ ObjectMeta; rules+ [PolicyRule]; aggregationRule AggregationRule
ClusterRoleBinding*: metadata+ ObjectMeta; subjects [RbacV1Subject#]; roleRef+ RoleRef#
CoreV1Event*: metadata+ ObjectMeta; involvedObject+ ObjectReference#; reason s; message s; source+ EventSource;
  firstTimestamp+ t; lastTimestamp+ t; count i; type s; eventTime+ u; series CoreV1EventSeries; action s; related
  ObjectReference#; reportingComponent+ s; reportingInstance+ s
CoreV1EventSeries: count i; lastObservedTime+ u
CSIDriver*: metadata+ ObjectMeta; spec+ CSIDriverSpec
CSIDriverSpec: attachRequired? b; podInfoOnMount? b; volumeLifecycleModes [s]=; storageCapacity? b; fsGroupPolicy? s;
  tokenRequests [StorageV1TokenRequest]; requiresRepublish? b; seLinuxMount? b; nodeAllocatableUpdatePeriodSeconds? i;
  preventPodSchedulingIfMissing b; serviceAccountTokenInSecrets b
CSINode*: metadata+ ObjectMeta; spec+ CSINodeSpec
CSINodeDriver: name+ s; nodeID+ s; topologyKeys+ [s]; allocatable VolumeNodeResources
CSINodeSpec: drivers+ [CSINodeDriver]@name
CustomResourceColumnDefinition: description s; format s; jsonPath+ s; name+ s; priority i; type+ s
CustomResourceConversion: strategy+ s; webhook WebhookConversion
CustomResourceDefinition*: metadata+ ObjectMeta; spec+ CustomResourceDefinitionSpec; status+
  CustomResourceDefinitionStatus
CustomResourceDefinitionCondition: lastTransitionTime? t; message s; observedGeneration i; reason s; status+ s; type+
  s
CustomResourceDefinitionNames: categories [s]; kind+ s; listKind s; plural+ s; shortNames [s]; singular s
CustomResourceDefinitionSpec: conversion CustomResourceConversion; group+ s; names+ CustomResourceDefinitionNames;
  preserveUnknownFields? b; scope+ s; versions+ [CustomResourceDefinitionVersion]
CustomResourceDefinitionStatus: acceptedNames+ CustomResourceDefinitionNames; conditions+
  [CustomResourceDefinitionCondition]@type~-; observedGeneration i; storedVersions+ [s]
CustomResourceDefinitionVersion: additionalPrinterColumns [CustomResourceColumnDefinition]; deprecated b;
  deprecationWarning? s; name+ s; schema CustomResourceValidation; selectableFields [SelectableField]; served+ b;
  storage+ b; subresources CustomResourceSubresources
CustomResourceSubresources: scale CustomResourceSubresourceScale; status x
CustomResourceSubresourceScale: labelSelectorPath? s; specReplicasPath+ s; statusReplicasPath+ s
CustomResourceValidation: openAPIV3Schema JSONSchemaProps
DiscoveryV1EndpointPort: name? s; protocol? s; port? i; appProtocol? s
Endpoint: addresses+ [s]; conditions+ EndpointConditions; hostname? s; targetRef ObjectReference#; deprecatedTopology
  {s}; nodeName? s; zone? s; hints EndpointHints
EndpointConditions: ready? b; serving? b; terminating? b
EndpointHints: forZones [ForZone]; forNodes [ForNode]
EndpointSlice*: metadata+ ObjectMeta; addressType+ s; endpoints+ [Endpoint]; ports+ [DiscoveryV1EndpointPort#]
EventSource: component s; host s
EventsV1Event*: metadata+ ObjectMeta; eventTime+ u; series EventsV1EventSeries; reportingController s;
  reportingInstance s; action s; reason s; regarding+ ObjectReference#; related ObjectReference#; note s; type s;
  deprecatedSource+ EventSource; deprecatedFirstTimestamp+ t; deprecatedLastTimestamp+ t; deprecatedCount i
EventsV1EventSeries: count+ i; lastObservedTime+ u
ExternalDocumentation: description s; url s
ForNode: name+ s
ForZone: name+ s
HTTPIngressPath: path s; pathType+? s; backend+ IngressBackend
HTTPIngressRuleValue: paths+ [HTTPIngressPath]
Ingress*: metadata+ ObjectMeta; spec+ IngressSpec; status+ IngressStatus
IngressBackend: service IngressServiceBackend; resource TypedLocalObjectReference#
IngressClass*: metadata+ ObjectMeta; spec+ IngressClassSpec
IngressClassSpec: controller s; parameters IngressClassParametersReference
IngressLoadBalancerIngress: ip s; hostname s; ports [IngressPortStatus]
IngressLoadBalancerStatus: ingress [IngressLoadBalancerIngress]
IngressPortStatus: port+ i; protocol+ s; error? s
IngressRule: host s; http HTTPIngressRuleValue
IngressServiceBackend: name+ s; port+ ServiceBackendPort#
IngressSpec: ingressClassName? s; defaultBackend IngressBackend; tls [IngressTLS]; rules [IngressRule]
IngressStatus: loadBalancer+ IngressLoadBalancerStatus
IngressTLS: hosts [s]; secretName s
IPBlock: cidr+ s; except [s]
JSONSchemaProps: $ref s; $schema s; additionalItems x; additionalProperties x; allOf [JSONSchemaProps]; anyOf
  [JSONSchemaProps]; default? x; definitions {JSONSchemaProps}; dependencies {x}; description s; enum [x]; example? x;
  exclusiveMaximum b; exclusiveMinimum b; externalDocs ExternalDocumentation; format s; id s; items x; maxItems? i;
  maxLength? i; maxProperties? i; maximum? n; minItems? i; minLength? i; minProperties? i; minimum? n; multipleOf? n;
  not JSONSchemaProps; nullable b; oneOf [JSONSchemaProps]; pattern s; patternProperties {JSONSchemaProps}; properties
  {JSONSchemaProps}; required [s]; title s; type s; uniqueItems b; x-kubernetes-embedded-resource b;
  x-kubernetes-int-or-string b; x-kubernetes-list-map-keys [s]; x-kubernetes-list-type? s; x-kubernetes-map-type? s;
  x-kubernetes-preserve-unknown-fields? b; x-kubernetes-validations [ValidationRule]
Lease*: metadata+ ObjectMeta; spec+ LeaseSpec
LeaseSpec: holderIdentity? s; leaseDurationSeconds? i; acquireTime? u; renewTime? u; leaseTransitions? i; strategy? s;
  preferredHolder? s
NetworkPolicy*: metadata+ ObjectMeta; spec+ NetworkPolicySpec
NetworkPolicyEgressRule: ports [NetworkPolicyPort]; to [NetworkPolicyPeer]
NetworkPolicyIngressRule: ports [NetworkPolicyPort]; from [NetworkPolicyPeer]
NetworkPolicyPeer: podSelector LabelSelector#; namespaceSelector LabelSelector#; ipBlock IPBlock
NetworkPolicyPort: protocol? s; port? is; endPort? i
NetworkPolicySpec: podSelector+ LabelSelector#; ingress [NetworkPolicyIngressRule]; egress [NetworkPolicyEgressRule];
  policyTypes [s]
Overhead: podFixed {q}
PolicyRule: verbs+ [s]; apiGroups [s]; resources [s]; resourceNames [s]; nonResourceURLs [s]
PriorityClass*: metadata+ ObjectMeta; value+ i; globalDefault b; description s; preemptionPolicy? s
RbacV1Subject: kind+ s; apiGroup s; name+ s; namespace s
Role*: metadata+ ObjectMeta; rules+ [PolicyRule]
RoleBinding*: metadata+ ObjectMeta; subjects [RbacV1Subject#]; roleRef+ RoleRef#
RoleRef: apiGroup+ s; kind+ s; name+ s
RuntimeClass*: metadata+ ObjectMeta; handler+ s; overhead Overhead; scheduling Scheduling
Scheduling: nodeSelector {s}#; tolerations [Toleration]
SelectableField: jsonPath+ s
ServiceBackendPort: name s; number i
StorageClass*: metadata+ ObjectMeta; provisioner+ s; parameters {s}; reclaimPolicy? s; mountOptions [s];
  allowVolumeExpansion? b; volumeBindingMode? s; allowedTopologies [TopologySelectorTerm#]
StorageV1TokenRequest: audience+ s; expirationSeconds? i
TopologySelectorLabelRequirement: key+ s; values+ [s]
TopologySelectorTerm: matchLabelExpressions [TopologySelectorLabelRequirement]
ValidationRule: fieldPath s; message s; messageExpression s; optionalOldSelf? b; reason? s; rule+ s
VolumeAttachment*: metadata+ ObjectMeta; spec+ VolumeAttachmentSpec; status+ VolumeAttachmentStatus
VolumeAttachmentSource: persistentVolumeName? s; inlineVolumeSpec PersistentVolumeSpec
VolumeAttachmentSpec: attacher+ s; source+ VolumeAttachmentSource; nodeName+ s
VolumeAttachmentStatus: attached+ b; attachmentMetadata {s}; attachError VolumeError; detachError VolumeError
VolumeError: time+ t; message s; errorCode? i
VolumeNodeResources: count? i
WebhookConversion: clientConfig ApiextensionsV1WebhookClientConfig; conversionReviewVersions+ [s]
`;
