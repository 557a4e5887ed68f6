import type { Platform } from '../cluster-profile.ts';
import type { NodeReading } from './node.ts';

/** What tells one platform from another. */
export interface PlatformEvidence {
  readonly nodes: readonly NodeReading[];
  /** API groups that the server serves, of those that are asked for. */
  readonly groups: readonly string[];
  /** kubeadm's ConfigMap is there. */
  readonly kubeadmConfig: boolean;
  /** Version of the API server. */
  readonly version: string;
}

/** A platform, and by what it was recognised. */
export interface DetectedPlatform {
  readonly platform: Platform;
  readonly evidence: string;
}

/** API groups that are asked for. */
export const PLATFORM_GROUPS = ['config.openshift.io', 'anywhere.eks.amazonaws.com'] as const;

const BY_LABEL: readonly { readonly label: string; readonly platform: Platform }[] = [
  { label: 'eks.amazonaws.com/nodegroup', platform: 'eks' },
  { label: 'cloud.google.com/gke-nodepool', platform: 'gke' },
  { label: 'kubernetes.azure.com/cluster', platform: 'aks' },
];
const MACHINE = 'cluster.x-k8s.io/machine';

/** The platform by what the cluster shows; `null`: it shows nothing that is known. */
export function detectPlatform(evidence: PlatformEvidence): DetectedPlatform | null {
  const { nodes, groups, version } = evidence;
  if (groups.includes('config.openshift.io'))
    return { platform: 'openshift', evidence: 'it serves config.openshift.io' };
  for (const { label, platform } of BY_LABEL) {
    const node = nodes.find(({ labels }) => labels[label] !== undefined);
    if (node !== undefined) return { platform, evidence: `node ${node.name} has the label ${label}` };
  }
  if (/-eks-/.test(version)) return { platform: 'eks', evidence: `its version is ${version}` };
  if (/-gke\./.test(version)) return { platform: 'gke', evidence: `its version is ${version}` };
  if (groups.includes('anywhere.eks.amazonaws.com'))
    return { platform: 'eks-anywhere', evidence: 'it serves anywhere.eks.amazonaws.com' };
  const machine = nodes.find(({ annotations }) => annotations[MACHINE] !== undefined);
  if (machine !== undefined)
    return { platform: 'cluster-api', evidence: `node ${machine.name} belongs to a Machine of Cluster API` };
  return evidence.kubeadmConfig
    ? { platform: 'kubeadm', evidence: 'it has the ConfigMap kube-system/kubeadm-config' }
    : null;
}

/** EKS Anywhere builds on Cluster API: a workload cluster of it looks like that. */
const FITS: Partial<Record<Platform, readonly Platform[]>> = { 'eks-anywhere': ['cluster-api'] };

/** Why the configured platform does not fit what was seen; `null`: it fits, or nothing was seen. */
export function platformMismatch(configured: Platform, detected: DetectedPlatform | null): string | null {
  if (detected === null || detected.platform === configured) return null;
  if (FITS[configured]?.includes(detected.platform) === true) return null;
  return `The configuration says ${configured}, but this looks like ${detected.platform}: ${detected.evidence}. Drydock goes by the configuration.`;
}
