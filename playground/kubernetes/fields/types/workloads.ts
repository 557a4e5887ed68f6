/** Workloads, autoscaling, disruption budgets. Notation: `notation.ts`. */
export const workloadTypes = `
ControllerRevision*: metadata+ ObjectMeta; data+ x; revision+ i
CronJob*: metadata+ ObjectMeta; spec+ CronJobSpec; status+ CronJobStatus
CronJobSpec: schedule+ s; timeZone? s; startingDeadlineSeconds? i; concurrencyPolicy s; suspend? b; jobTemplate+
  JobTemplateSpec; successfulJobsHistoryLimit? i; failedJobsHistoryLimit? i
CronJobStatus: active [ObjectReference#]; lastScheduleTime? t; lastSuccessfulTime? t
DaemonSet*: metadata+ ObjectMeta; spec+ DaemonSetSpec; status+ DaemonSetStatus
DaemonSetCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
DaemonSetSpec: selector+? LabelSelector#; template+ PodTemplateSpec; updateStrategy+ DaemonSetUpdateStrategy;
  minReadySeconds i; revisionHistoryLimit? i
DaemonSetStatus: currentNumberScheduled+ i; numberMisscheduled+ i; desiredNumberScheduled+ i; numberReady+ i;
  observedGeneration i; updatedNumberScheduled i; numberAvailable i; numberUnavailable i; collisionCount? i;
  conditions [DaemonSetCondition]@type
DaemonSetUpdateStrategy: type s; rollingUpdate RollingUpdateDaemonSet
DeleteOptions: kind s; apiVersion s; gracePeriodSeconds? i; preconditions Preconditions; orphanDependents? b;
  propagationPolicy? s; dryRun [s]; ignoreStoreReadErrorWithClusterBreakingPotential? b
Deployment*: metadata+ ObjectMeta; spec+ DeploymentSpec; status+ DeploymentStatus
DeploymentCondition: type+ s; status+ s; lastUpdateTime+ t; lastTransitionTime+ t; reason s; message s
DeploymentSpec: replicas? i; selector+? LabelSelector#; template+ PodTemplateSpec; strategy+ DeploymentStrategy^;
  minReadySeconds i; revisionHistoryLimit? i; paused b; progressDeadlineSeconds? i
DeploymentStatus: observedGeneration i; replicas i; updatedReplicas i; readyReplicas i; availableReplicas i;
  unavailableReplicas i; terminatingReplicas? i; conditions [DeploymentCondition]@type; collisionCount? i
DeploymentStrategy: type s; rollingUpdate RollingUpdateDeployment
Eviction*: metadata+ ObjectMeta; deleteOptions DeleteOptions
Job*: metadata+ ObjectMeta; spec+ JobSpec; status+ JobStatus
JobCondition: type+ s; status+ s; lastProbeTime+ t; lastTransitionTime+ t; reason s; message s
JobSpec: parallelism? i; completions? i; activeDeadlineSeconds? i; podFailurePolicy PodFailurePolicy; successPolicy
  SuccessPolicy; backoffLimit? i; backoffLimitPerIndex? i; maxFailedIndexes? i; selector LabelSelector#;
  manualSelector? b; template+ PodTemplateSpec; ttlSecondsAfterFinished? i; completionMode? s; suspend? b;
  podReplacementPolicy? s; managedBy? s
JobStatus: conditions [JobCondition]~type; startTime? t; completionTime? t; active i; succeeded i; failed i;
  terminating? i; completedIndexes s; failedIndexes? s; uncountedTerminatedPods UncountedTerminatedPods; ready? i
JobTemplateSpec: metadata+ ObjectMeta; spec+ JobSpec
PodDisruptionBudget*: metadata+ ObjectMeta; spec+ PodDisruptionBudgetSpec; status+ PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: minAvailable? is; selector LabelSelector#; maxUnavailable? is; unhealthyPodEvictionPolicy? s
PodDisruptionBudgetStatus: observedGeneration i; disruptedPods {t}; disruptionsAllowed+ i; currentHealthy+ i;
  desiredHealthy+ i; expectedPods+ i; conditions [Condition]@type
PodFailurePolicy: rules+ [PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement: containerName? s; operator+ s; values+ [i]
PodFailurePolicyOnPodConditionsPattern: type+ s; status+ s
PodFailurePolicyRule: action+ s; onExitCodes PodFailurePolicyOnExitCodesRequirement; onPodConditions
  [PodFailurePolicyOnPodConditionsPattern]
Preconditions: uid? s; resourceVersion? s
ReplicaSet*: metadata+ ObjectMeta; spec+ ReplicaSetSpec; status+ ReplicaSetStatus
ReplicaSetCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
ReplicaSetSpec: replicas? i; minReadySeconds i; selector+? LabelSelector#; template+ PodTemplateSpec
ReplicaSetStatus: replicas+ i; fullyLabeledReplicas i; readyReplicas i; availableReplicas i; terminatingReplicas? i;
  observedGeneration i; conditions [ReplicaSetCondition]@type
RollingUpdateDaemonSet: maxUnavailable? is; maxSurge? is
RollingUpdateDeployment: maxUnavailable? is; maxSurge? is
RollingUpdateStatefulSetStrategy: partition? i; maxUnavailable? is
Scale*: metadata+ ObjectMeta; spec+ ScaleSpec; status+ ScaleStatus
ScaleSpec: replicas i
ScaleStatus: replicas+ i; selector s
StatefulSet*: metadata+ ObjectMeta; spec+ StatefulSetSpec; status+ StatefulSetStatus
StatefulSetCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
StatefulSetOrdinals: start+ i
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted s; whenScaled s
StatefulSetSpec: replicas? i; selector+? LabelSelector#; template+ PodTemplateSpec; volumeClaimTemplates
  [PersistentVolumeClaim]; serviceName+ s; podManagementPolicy s; updateStrategy+ StatefulSetUpdateStrategy;
  revisionHistoryLimit? i; minReadySeconds i; persistentVolumeClaimRetentionPolicy
  StatefulSetPersistentVolumeClaimRetentionPolicy; ordinals StatefulSetOrdinals
StatefulSetStatus: observedGeneration i; replicas+ i; readyReplicas i; currentReplicas i; updatedReplicas i;
  currentRevision s; updateRevision s; collisionCount? i; conditions [StatefulSetCondition]@type; availableReplicas+ i
StatefulSetUpdateStrategy: type s; rollingUpdate RollingUpdateStatefulSetStrategy
SuccessPolicy: rules+ [SuccessPolicyRule]
SuccessPolicyRule: succeededIndexes? s; succeededCount? i
UncountedTerminatedPods: succeeded [s]=; failed [s]=
V2ContainerResourceMetricSource: name+ s; target+ V2MetricTarget; container+ s
V2ContainerResourceMetricStatus: name+ s; current+ V2MetricValueStatus; container+ s
V2CrossVersionObjectReference: kind+ s; name+ s; apiVersion s
V2ExternalMetricSource: metric+ V2MetricIdentifier; target+ V2MetricTarget
V2ExternalMetricStatus: metric+ V2MetricIdentifier; current+ V2MetricValueStatus
V2HorizontalPodAutoscaler*: metadata+ ObjectMeta; spec+ V2HorizontalPodAutoscalerSpec; status+
  V2HorizontalPodAutoscalerStatus
V2HorizontalPodAutoscalerBehavior: scaleUp V2HPAScalingRules; scaleDown V2HPAScalingRules
V2HorizontalPodAutoscalerCondition: type+ s; status+ s; lastTransitionTime+ t; reason s; message s
V2HorizontalPodAutoscalerSpec: scaleTargetRef+ V2CrossVersionObjectReference#; minReplicas? i; maxReplicas+ i; metrics
  [V2MetricSpec]; behavior V2HorizontalPodAutoscalerBehavior
V2HorizontalPodAutoscalerStatus: observedGeneration? i; lastScaleTime? t; currentReplicas i; desiredReplicas+ i;
  currentMetrics+ [V2MetricStatus]; conditions [V2HorizontalPodAutoscalerCondition]@type
V2HPAScalingPolicy: type+ s; value+ i; periodSeconds+ i
V2HPAScalingRules: stabilizationWindowSeconds? i; selectPolicy? s; policies [V2HPAScalingPolicy]; tolerance? q
V2MetricIdentifier: name+ s; selector LabelSelector#
V2MetricSpec: type+ s; object V2ObjectMetricSource; pods V2PodsMetricSource; resource V2ResourceMetricSource;
  containerResource V2ContainerResourceMetricSource; external V2ExternalMetricSource
V2MetricStatus: type+ s; object V2ObjectMetricStatus; pods V2PodsMetricStatus; resource V2ResourceMetricStatus;
  containerResource V2ContainerResourceMetricStatus; external V2ExternalMetricStatus
V2MetricTarget: type+ s; value? q; averageValue? q; averageUtilization? i
V2MetricValueStatus: value? q; averageValue? q; averageUtilization? i
V2ObjectMetricSource: describedObject+ V2CrossVersionObjectReference#; target+ V2MetricTarget; metric+
  V2MetricIdentifier
V2ObjectMetricStatus: metric+ V2MetricIdentifier; current+ V2MetricValueStatus; describedObject+
  V2CrossVersionObjectReference#
V2PodsMetricSource: metric+ V2MetricIdentifier; target+ V2MetricTarget
V2PodsMetricStatus: metric+ V2MetricIdentifier; current+ V2MetricValueStatus
V2ResourceMetricSource: name+ s; target+ V2MetricTarget
V2ResourceMetricStatus: name+ s; current+ V2MetricValueStatus
`;
