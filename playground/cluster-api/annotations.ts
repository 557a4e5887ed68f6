import { z } from 'zod';

/** Label, and annotation of nodes: the workload cluster's name. */
export const CLUSTER_NAME = 'cluster.x-k8s.io/cluster-name';
/** Label of machines of a control plane; its value is empty. */
export const CONTROL_PLANE = 'cluster.x-k8s.io/control-plane';
/** Label of them: whose. */
export const CONTROL_PLANE_NAME = 'cluster.x-k8s.io/control-plane-name';
/** Label of machines and sets of a MachineDeployment: whose. */
export const DEPLOYMENT_NAME = 'cluster.x-k8s.io/deployment-name';
/** Label of machines of a MachineSet: whose. */
export const SET_NAME = 'cluster.x-k8s.io/set-name';
/** Label of a MachineSet and its machines: which template of its deployment. */
export const TEMPLATE_HASH = 'machine-template-hash';
/** Annotation of a MachineSet: the how manieth template of its deployment it has. */
export const REVISION = 'machinedeployment.clusters.x-k8s.io/revision';
/** Annotation of a Machine: a MachineSet that shrinks takes it first. */
export const DELETE_MACHINE = 'cluster.x-k8s.io/delete-machine';
/** Annotation of a MachineSet: preflight checks that it does without, `All` or some by name. */
export const SKIP_PREFLIGHT = 'machineset.cluster.x-k8s.io/skip-preflight-checks';
/** Beginning of two annotations of cloned infrastructure: its template's name, and its kind with the group. */
export const CLONED_FROM = 'cluster.x-k8s.io/cloned-from';
/** Label of what a topology controller owns. */
export const TOPOLOGY_OWNED = 'topology.cluster.x-k8s.io/owned';
/** Label of a MachineDeployment of a topology: its name there. */
export const TOPOLOGY_NAME = 'topology.cluster.x-k8s.io/deployment-name';
/** Annotation of a MachineDeployment in a topology: its upgrade waits. */
export const DEFER_UPGRADE = 'topology.cluster.x-k8s.io/defer-upgrade';
/** The same: it and all deployments after it wait. */
export const HOLD_SEQUENCE = 'topology.cluster.x-k8s.io/hold-upgrade-sequence';
/** Stops a controller, whatever its value. */
export const PAUSED = 'cluster.x-k8s.io/paused';
/** Health checks leave such a machine alone. */
export const SKIP_REMEDIATION = 'cluster.x-k8s.io/skip-remediation';
/** Health checks call such a machine unhealthy. */
export const REMEDIATE_MACHINE = 'cluster.x-k8s.io/remediate-machine';
/** On the control plane, from the deletion of a machine to the creation of the next: a {@link Note}. */
export const IN_PROGRESS = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
/** On the machine that replaces one: a {@link Note}. */
export const REMEDIATION_FOR = 'controlplane.cluster.x-k8s.io/remediation-for';
/** Prefix of the hooks that hold the end of a machine. */
export const PRE_TERMINATE = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io';
/** Prefix of the hooks that hold the drain of a machine's node. */
export const PRE_DRAIN = 'pre-drain.delete.hook.machine.cluster.x-k8s.io';
/** On a Machine: its node is not drained. */
export const NO_DRAIN = 'machine.cluster.x-k8s.io/exclude-node-draining';
/** The hook of the control plane: it removes the etcd member. */
export const CLEANUP_HOOK = `${PRE_TERMINATE}/kcp-cleanup`;
/** Of the controller of machines. */
export const MACHINE_FINALIZER = 'machine.cluster.x-k8s.io';
/** Of the provider. */
export const DEV_FINALIZER = 'devmachine.infrastructure.cluster.x-k8s.io';

/** What a control plane notes of the remediation that it does, and then writes on the machine that it makes. */
export interface Note {
  readonly machine: string;
  /** RFC 3339, without fractions. */
  readonly timestamp: string;
  readonly retryCount: number;
}

const Shape = z.object({ machine: z.string(), timestamp: z.string(), retryCount: z.number() });

/** Reads a note; `null`: there is none. @throws Error when it is there and no note. */
export function noteIn(text: string | undefined): Note | null {
  return text === undefined ? null : Shape.parse(JSON.parse(text));
}
