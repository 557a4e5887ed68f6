/** Label of what a topology controller owns; its value is empty. Source of all names here: Cluster API, `api/core/v1beta2/common_types.go`. */
export const TOPOLOGY_OWNED = 'topology.cluster.x-k8s.io/owned';
/** Label of a MachineDeployment: its name in the topology. */
export const DEPLOYMENT_NAME = 'topology.cluster.x-k8s.io/deployment-name';
/** Label of a MachinePool: its name in the topology. */
export const POOL_NAME = 'topology.cluster.x-k8s.io/pool-name';
/**
 * Annotation of one MachineDeployment or MachinePool of a topology: its upgrade waits until the annotation goes. Any value counts. Source: Cluster
 * API, `exp/topology/desiredstate/desired_state.go`, `isMachineDeploymentDeferred` and `isMachinePoolDeferred`.
 */
export const DEFER_UPGRADE = 'topology.cluster.x-k8s.io/defer-upgrade';
/** Annotation of one of them: its upgrade and those behind it in the same list wait. Any value counts. */
export const HOLD_UPGRADES = 'topology.cluster.x-k8s.io/hold-upgrade-sequence';
/** Annotations of a Cluster that hold its upgrade before it begins; one for each hook. */
export const BEFORE_UPGRADE_HOOK = 'before-upgrade.hook.cluster.cluster.x-k8s.io';
/** Switches off checks of MachineSets before they make a machine. */
export const SKIP_PREFLIGHT = 'machineset.cluster.x-k8s.io/skip-preflight-checks';
