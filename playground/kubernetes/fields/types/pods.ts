/** Pods: spec, containers, status. Notation: `notation.ts`. */
export const podTypes = `
Affinity: nodeAffinity NodeAffinity; podAffinity PodAffinity; podAntiAffinity PodAntiAffinity
AppArmorProfile: type+ s; localhostProfile? s
Capabilities: add [s]; drop [s]
ConfigMapEnvSource: name s; optional? b
ConfigMapKeySelector: name s; key+ s; optional? b
Container: name+ s; image s; command [s]; args [s]; workingDir s; ports
  [ContainerPort]@containerPort+protocol~containerPort; envFrom [EnvFromSource]; env [EnvVar]@name; resources+
  ResourceRequirements; resizePolicy [ContainerResizePolicy]; restartPolicy? s; volumeMounts [VolumeMount]@mountPath;
  volumeDevices [VolumeDevice]@devicePath; livenessProbe Probe; readinessProbe Probe; startupProbe Probe; lifecycle
  Lifecycle; terminationMessagePath s; terminationMessagePolicy s; imagePullPolicy s; securityContext SecurityContext;
  stdin b; stdinOnce b; tty b; restartPolicyRules [ContainerRestartRule]
ContainerExtendedResourceRequest: containerName s; requestName s; resourceName s
ContainerPort: name s; hostPort i; containerPort+ i; protocol s; hostIP s
ContainerResizePolicy: resourceName+ s; restartPolicy+ s
ContainerRestartRule: action+ s; exitCodes ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: operator+ s; values [i]
ContainerState: waiting ContainerStateWaiting; running ContainerStateRunning; terminated ContainerStateTerminated
ContainerStateRunning: startedAt+ t
ContainerStateTerminated: exitCode+ i; signal i; reason s; message s; startedAt+ t; finishedAt+ t; containerID s
ContainerStateWaiting: reason s; message s
ContainerStatus: name+ s; state+ ContainerState; lastState+ ContainerState; ready+ b; restartCount+ i; image+ s;
  imageID+ s; containerID s; started? b; allocatedResources {q}; resources ResourceRequirements; volumeMounts
  [VolumeMountStatus]@mountPath; user ContainerUser; allocatedResourcesStatus [ResourceStatus]@name; stopSignal? s
ContainerUser: linux LinuxContainerUser
CoreV1ResourceClaim: name+ s; request s
EnvFromSource: prefix s; configMapRef ConfigMapEnvSource; secretRef SecretEnvSource
EnvVar: name+ s; value s; valueFrom EnvVarSource
EnvVarSource: fieldRef ObjectFieldSelector#; resourceFieldRef ResourceFieldSelector#; configMapKeyRef
  ConfigMapKeySelector#; secretKeyRef SecretKeySelector#; fileKeyRef FileKeySelector#
EphemeralContainer: name+ s; image s; command [s]; args [s]; workingDir s; ports
  [ContainerPort]@containerPort+protocol~containerPort; envFrom [EnvFromSource]; env [EnvVar]@name; resources+
  ResourceRequirements; resizePolicy [ContainerResizePolicy]; restartPolicy? s; volumeMounts [VolumeMount]@mountPath;
  volumeDevices [VolumeDevice]@devicePath; livenessProbe Probe; readinessProbe Probe; startupProbe Probe; lifecycle
  Lifecycle; terminationMessagePath s; terminationMessagePolicy s; imagePullPolicy s; securityContext SecurityContext;
  stdin b; stdinOnce b; tty b; targetContainerName s; restartPolicyRules [ContainerRestartRule]
ExecAction: command [s]
FileKeySelector: key+ s; optional? b; path+ s; volumeName+ s
GRPCAction: port+ i; service+? s
HostAlias: ip+ s; hostnames [s]
HostIP: ip+ s
HTTPGetAction: path s; port+ is; host s; scheme s; httpHeaders [HTTPHeader]
HTTPHeader: name+ s; value+ s
ImageVolumeStatus: imageRef s
Lifecycle: postStart LifecycleHandler; preStop LifecycleHandler; stopSignal? s
LifecycleHandler: exec ExecAction; httpGet HTTPGetAction; tcpSocket TCPSocketAction; sleep SleepAction
LinuxContainerUser: uid+ i; gid+ i; supplementalGroups [i]
LocalObjectReference: name s
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution NodeSelector#;
  preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm]
NodeAllocatableResourceClaimStatus: containers [s]; resourceClaimName s; resources {s}
NodeSelector: nodeSelectorTerms+ [NodeSelectorTerm#]
NodeSelectorRequirement: key+ s; operator+ s; values [s]
NodeSelectorTerm: matchExpressions [NodeSelectorRequirement]; matchFields [NodeSelectorRequirement]
ObjectFieldSelector: apiVersion s; fieldPath+ s
Pod*: metadata+ ObjectMeta; spec+ PodSpec; status+ PodStatus
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm];
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]
PodAffinityTerm: labelSelector LabelSelector#; namespaces [s]; topologyKey+ s; namespaceSelector LabelSelector#;
  matchLabelKeys [s]; mismatchLabelKeys [s]
PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm];
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]
PodCondition: type+ s; observedGeneration i; status+ s; lastProbeTime+ t; lastTransitionTime+ t; reason s; message s
PodDNSConfig: nameservers [s]; searches [s]; options [PodDNSConfigOption]
PodDNSConfigOption: name s; value? s
PodExtendedResourceClaimStatus: requestMappings [ContainerExtendedResourceRequest]; resourceClaimName s
PodIP: ip+ s
PodOS: name+ s
PodReadinessGate: conditionType+ s
PodResourceClaim: name+ s; resourceClaimName? s; resourceClaimTemplateName? s
PodResourceClaimStatus: name+ s; resourceClaimName? s
PodSchedulingGate: name+ s
PodSchedulingGroup: podGroupName? s
PodSecurityContext: seLinuxOptions SELinuxOptions; windowsOptions WindowsSecurityContextOptions; runAsUser? i;
  runAsGroup? i; runAsNonRoot? b; supplementalGroups [i]; supplementalGroupsPolicy? s; fsGroup? i; sysctls [Sysctl];
  fsGroupChangePolicy? s; seccompProfile SeccompProfile; appArmorProfile AppArmorProfile; seLinuxChangePolicy? s
PodSpec: volumes [Volume]@name^; initContainers [Container]@name; containers+ [Container]@name; ephemeralContainers
  [EphemeralContainer]@name; restartPolicy s; terminationGracePeriodSeconds? i; activeDeadlineSeconds? i; dnsPolicy s;
  nodeSelector {s}#; serviceAccountName s; serviceAccount s; automountServiceAccountToken? b; nodeName s; hostNetwork
  b; hostPID b; hostIPC b; shareProcessNamespace? b; securityContext PodSecurityContext; imagePullSecrets
  [LocalObjectReference#]@name; hostname s; subdomain s; affinity Affinity; schedulerName s; tolerations [Toleration];
  hostAliases [HostAlias]@ip; priorityClassName s; priority? i; dnsConfig PodDNSConfig; readinessGates
  [PodReadinessGate]; runtimeClassName? s; enableServiceLinks? b; preemptionPolicy? s; overhead {q};
  topologySpreadConstraints [TopologySpreadConstraint]@topologyKey+whenUnsatisfiable~topologyKey; setHostnameAsFQDN?
  b; os PodOS; hostUsers? b; schedulingGates [PodSchedulingGate]@name; resourceClaims [PodResourceClaim]@name^;
  resources ResourceRequirements; hostnameOverride s; schedulingGroup PodSchedulingGroup
PodStatus: observedGeneration i; phase s; conditions [PodCondition]@type; message s; reason s; nominatedNodeName s;
  hostIP s; hostIPs [HostIP]~ip; podIP s; podIPs [PodIP]@ip; startTime? t; initContainerStatuses [ContainerStatus];
  containerStatuses [ContainerStatus]; qosClass s; ephemeralContainerStatuses [ContainerStatus]; resize s;
  resourceClaimStatuses [PodResourceClaimStatus]@name^; allocatedResources {s}; extendedResourceClaimStatus
  PodExtendedResourceClaimStatus; nodeAllocatableResourceClaimStatuses [NodeAllocatableResourceClaimStatus]; resources
  ResourceRequirements
PreferredSchedulingTerm: weight+ i; preference+ NodeSelectorTerm#
Probe: exec ExecAction; httpGet HTTPGetAction; tcpSocket TCPSocketAction; grpc GRPCAction; initialDelaySeconds i;
  timeoutSeconds i; periodSeconds i; successThreshold i; failureThreshold i; terminationGracePeriodSeconds? i
ResourceFieldSelector: containerName s; resource+ s; divisor+ q
ResourceHealth: resourceID+ s; health s; message s
ResourceRequirements: limits {q}; requests {q}; claims [CoreV1ResourceClaim]@name~-
ResourceStatus: name+ s; resources [ResourceHealth]
SeccompProfile: type+ s; localhostProfile? s
SecretEnvSource: name s; optional? b
SecretKeySelector: name s; key+ s; optional? b
SecurityContext: capabilities Capabilities; privileged? b; seLinuxOptions SELinuxOptions; windowsOptions
  WindowsSecurityContextOptions; runAsUser? i; runAsGroup? i; runAsNonRoot? b; readOnlyRootFilesystem? b;
  allowPrivilegeEscalation? b; procMount? s; seccompProfile SeccompProfile; appArmorProfile AppArmorProfile
SELinuxOptions: user s; role s; type s; level s
SleepAction: seconds+ i
Sysctl: name+ s; value+ s
TCPSocketAction: port+ is; host s
Toleration: key s; operator s; value s; effect s; tolerationSeconds? i
TopologySpreadConstraint: maxSkew+ i; topologyKey+ s; whenUnsatisfiable+ s; labelSelector LabelSelector#; minDomains?
  i; nodeAffinityPolicy? s; nodeTaintsPolicy? s; matchLabelKeys [s]
VolumeDevice: name+ s; devicePath+ s
VolumeMount: name+ s; readOnly b; recursiveReadOnly? s; mountPath+ s; subPath s; mountPropagation? s; subPathExpr s
VolumeMountStatus: name+ s; mountPath+ s; readOnly b; recursiveReadOnly? s; volumeStatus VolumeStatus
VolumeStatus: image ImageVolumeStatus
WeightedPodAffinityTerm: weight+ i; podAffinityTerm+ PodAffinityTerm
WindowsSecurityContextOptions: gmsaCredentialSpecName? s; gmsaCredentialSpec? s; runAsUserName? s; hostProcess? b
`;
