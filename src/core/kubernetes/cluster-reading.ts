import type { NodeReading } from './node.ts';
import type { DetectedPlatform } from './platform.ts';
import type { PodReading } from './pod.ts';

/** One look at a cluster through its API server. */
export interface ClusterReading {
  /** Version of the API server. */
  readonly version: string;
  /** UID of the namespace kube-system: the cluster's identity. */
  readonly identity: string;
  readonly nodes: readonly NodeReading[];
  /** Pods of the control plane, well or not. */
  readonly controlPlane: readonly PodReading[];
  /** All other pods that are not well, at most {@link MOST_UNWELL} of them. */
  readonly unwell: readonly PodReading[];
  readonly unwellCount: number;
  readonly podCount: number;
  /** False: the pods could not be listed; what is said of pods and control plane is empty, not well. */
  readonly podsSeen: boolean;
  readonly detected: DetectedPlatform | null;
  /** What could not be read, and why. */
  readonly unseen: readonly string[];
}

/** More pods than this say nothing more; they are counted. */
export const MOST_UNWELL = 20;

const CONTROL_PLANE: Readonly<Record<string, readonly string[]>> = {
  'kube-system': ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'],
  'openshift-etcd': ['etcd'],
  'openshift-kube-apiserver': ['openshift-kube-apiserver'],
  'openshift-kube-controller-manager': ['kube-controller-manager'],
  'openshift-kube-scheduler': ['openshift-kube-scheduler'],
};

/**
 * Which part of the control plane a pod is; `null`: none.
 *
 * Source: the labels `component` of kubeadm's and `app` of OpenShift's static pods.
 */
export function componentOf(pod: Pick<PodReading, 'namespace' | 'labels'>): string | null {
  const known = CONTROL_PLANE[pod.namespace] ?? [];
  const named = pod.namespace === 'kube-system' ? pod.labels['component'] : pod.labels['app'];
  return named !== undefined && known.includes(named) ? named.replace('openshift-', '') : null;
}
