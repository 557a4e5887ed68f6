/** Group of clusters, machines and health checks. Source of all names here: Cluster API 1.12, etcdadm-controller 1.0. */
export const CAPI_GROUP = 'cluster.x-k8s.io';
/** Group of KubeadmControlPlane. */
export const CONTROL_PLANE_GROUP = 'controlplane.cluster.x-k8s.io';
/** Group of EtcdadmCluster, the external etcd of EKS Anywhere. */
export const ETCD_GROUP = 'etcdcluster.cluster.x-k8s.io';

/** Label of every object of a workload cluster: its name. */
export const CLUSTER_LABEL = 'cluster.x-k8s.io/cluster-name';
/** Label of machines of a control plane; its value is empty. */
export const CONTROL_PLANE_LABEL = 'cluster.x-k8s.io/control-plane';

/** Annotation that stops a controller: any value counts. */
export const PAUSED = 'cluster.x-k8s.io/paused';
/** Annotation of a machine that nobody is to replace. */
export const SKIP_REMEDIATION = 'cluster.x-k8s.io/skip-remediation';
/** Asks the MachineHealthCheck controller to have a machine replaced. Its value is free. */
export const REMEDIATE_MACHINE = 'cluster.x-k8s.io/remediate-machine';
/** On the control plane, between the deletion of a machine and the creation of the next. */
export const REMEDIATION_IN_PROGRESS = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
/** On the machine that replaces one. */
export const REMEDIATION_FOR = 'controlplane.cluster.x-k8s.io/remediation-for';
/** Hooks that hold the end of a machine; one annotation each. */
export const PRE_TERMINATE_HOOK = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/';

/** Of an EtcdadmCluster: failures in a row before its controller removes a member; 0: never. */
export const HEALTHCHECK_RETRIES = 'etcdcluster.cluster.x-k8s.io/healthcheck-retries';
/** Of an EtcdadmCluster while it is rolled. */
export const ETCD_UPGRADING = 'etcdcluster.cluster.x-k8s.io/upgrading';
