import type { Platform } from '../../cluster-profile.ts';
import type { MemberId } from '../../ports/etcd.ts';
import type { Diagnosed, MemberPlace } from './evidence.ts';

/**
 * Which way a member is replaced.
 *
 * - `ocp-machine`: OpenShift, the machine is deleted and made anew from its own description.
 * - `ocp-machine-cpms`: OpenShift, an active ControlPlaneMachineSet makes the new machine.
 * - `ocp-host`: OpenShift, a person builds the host.
 * - `ocp-pod`: OpenShift, the node is well and only its etcd is not.
 * - `kubeadm-place`: kubeadm, on the same node. `kubeadm-host`: a person builds or resets the node and joins it.
 * - `kcp`: Cluster API, the KubeadmControlPlane remediates. `eksa-etcd`: the etcdadm controller does.
 * - `ring-place`: bare ring, on the same host. `ring-host`: a person builds the host.
 * - `drop-unstarted`, `drop-learner`: only the left-over entry goes.
 * - `swap`: a member that is well, asked for by name: the new one comes before the old one goes.
 */
export const REPLACE_CASES = [
  'ocp-machine',
  'ocp-machine-cpms',
  'ocp-host',
  'ocp-pod',
  'kubeadm-place',
  'kubeadm-host',
  'kcp',
  'eksa-etcd',
  'ring-place',
  'ring-host',
  'drop-unstarted',
  'drop-learner',
  'swap',
] as const;
export type ReplaceCase = (typeof REPLACE_CASES)[number];

/** What OpenShift says of how its control plane is made; `null` parts could not be read. */
export interface OpenshiftPlace {
  /** `status.controlPlaneTopology` of Infrastructure/cluster, for instance `HighlyAvailable`. */
  readonly topology: string | null;
  readonly controlPlaneMachineSet: 'active' | 'inactive' | 'absent' | null;
}

/** The member to be replaced, or where one was that was removed before anybody asked. */
export type CaseTarget =
  | { readonly kind: 'member'; readonly id: MemberId }
  | {
      readonly kind: 'removed';
      readonly name: string;
      readonly place: MemberPlace;
      /** What shows that it was a member and is missing, without a period. */
      readonly proof: string;
      /** OpenShift: a Machine of the control plane that no member stands on, and that is not its own: the next one, made already. Absent: none. */
      readonly nextMachine?: string;
    };

/** Everything the choice depends on. */
export interface CaseFacts {
  readonly cluster: { readonly name: string; readonly platform: Platform };
  /** All of the ring, learners and unstarted entries too. */
  readonly members: readonly Diagnosed[];
  readonly target: CaseTarget;
  /** `--over-healthy` was typed. */
  readonly overHealthy: boolean;
  readonly corruptAlarm: boolean;
  /** What Drydock may use: shells on nodes, ssh to the hosts of a bare ring. */
  readonly reach: { readonly nodeShell: boolean; readonly hosts: boolean };
  /** `null` on other platforms. */
  readonly openshift: OpenshiftPlace | null;
}

/** Id of the check that blocks the plan, which decides the reason: see `REASON_OF_CHECK`. */
export type CaseRefusal = 'target-healthy' | 'restore' | 'case' | 'alarms';

/** The way that fits, or why none does. Words are sentences. */
export type CaseChoice =
  | { readonly kind: 'case'; readonly case: ReplaceCase; readonly why: string; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly check: CaseRefusal; readonly why: string };
