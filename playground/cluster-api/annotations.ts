import { z } from 'zod';

/** Labels and annotations of Cluster API, as its controllers write and read them. */
export const CLUSTER_NAME = 'cluster.x-k8s.io/cluster-name';
export const CONTROL_PLANE = 'cluster.x-k8s.io/control-plane';
export const CONTROL_PLANE_NAME = 'cluster.x-k8s.io/control-plane-name';
export const PAUSED = 'cluster.x-k8s.io/paused';
export const SKIP_REMEDIATION = 'cluster.x-k8s.io/skip-remediation';
export const REMEDIATE_MACHINE = 'cluster.x-k8s.io/remediate-machine';
export const IN_PROGRESS = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
export const REMEDIATION_FOR = 'controlplane.cluster.x-k8s.io/remediation-for';
export const PRE_TERMINATE = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io';
export const CLEANUP_HOOK = `${PRE_TERMINATE}/kcp-cleanup`;
export const MACHINE_FINALIZER = 'machine.cluster.x-k8s.io';
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
