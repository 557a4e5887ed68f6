import { eksa, kcp, ocpHost, ocpMachine, ocpMachineSet, ocpPod, ocpPodLeads } from './controllers.ts';
import {
  dropLearner,
  dropUnstarted,
  kubeadmHost,
  kubeadmPlace,
  ringHost,
  ringPlace,
  ringPlaceLeads,
  swapOfNode,
  swapOfRing,
} from './rings.ts';
import type { MatrixScene } from './scene.ts';

/** A case of a replacement. */
export interface MatrixCase {
  /** That of the runbook, and what is special. */
  readonly name: string;
  readonly make: () => MatrixScene | Promise<MatrixScene>;
  /** Who votes in the end. */
  readonly ends: readonly string[];
}

const NEW_NODE = ['cp-1', 'cp-3', 'cp-4'];
const SAME_NODE = ['cp-1', 'cp-3', 'cp-2'];
const SAME_HOST = ['m-1', 'm-3', 'm-2'];

/** Every case, and beside them those in which the member leads. */
export const MATRIX: readonly MatrixCase[] = [
  { name: 'ocp-machine', make: ocpMachine, ends: NEW_NODE },
  { name: 'ocp-machine-cpms', make: ocpMachineSet, ends: NEW_NODE },
  { name: 'ocp-host', make: ocpHost, ends: NEW_NODE },
  { name: 'ocp-pod', make: ocpPod, ends: SAME_NODE },
  { name: 'ocp-pod, and it leads', make: ocpPodLeads, ends: SAME_NODE },
  { name: 'kubeadm-place', make: kubeadmPlace, ends: SAME_NODE },
  { name: 'kubeadm-host', make: kubeadmHost, ends: NEW_NODE },
  { name: 'kcp', make: kcp, ends: NEW_NODE },
  { name: 'eksa-etcd', make: eksa, ends: ['etcd-1', 'etcd-3', 'etcd-4'] },
  { name: 'ring-place', make: ringPlace, ends: SAME_HOST },
  { name: 'ring-place, and it leads', make: ringPlaceLeads, ends: SAME_HOST },
  { name: 'ring-host', make: ringHost, ends: SAME_HOST },
  { name: 'drop-unstarted', make: dropUnstarted, ends: ['m-1', 'm-2', 'm-3'] },
  { name: 'drop-learner', make: dropLearner, ends: ['m-1', 'm-2', 'm-3'] },
  { name: 'swap of a ring', make: swapOfRing, ends: ['m-1', 'm-3', 'm-4'] },
  { name: 'swap of a node', make: swapOfNode, ends: NEW_NODE },
];
