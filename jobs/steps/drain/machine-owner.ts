import type { DrainNode } from '../../../src/core/drain/view.ts';

/** Who owns the machine of a node, and replaces it when it wants to. */
export interface MachineOwner {
  /** For people: `Cluster API (Machine capi/md-0-abc)`. */
  readonly who: string;
  /** How the machine itself is replaced, in a few words. */
  readonly instead: string;
}

type Marks = Pick<DrainNode, 'labels' | 'annotations'>;

/** Who owns the machine of a node, by what it left on the node; `null`: nobody tells. */
export function machineOwner({ labels, annotations }: Marks): MachineOwner | null {
  const machine = annotations['cluster.x-k8s.io/machine'];
  if (machine !== undefined) {
    const namespace = annotations['cluster.x-k8s.io/cluster-namespace'] ?? '';
    const named = namespace === '' ? machine : `${namespace}/${machine}`;
    return {
      who: `Cluster API (Machine ${named})`,
      instead: 'delete the Machine: Cluster API drains its node by itself',
    };
  }
  const openshift = annotations['machine.openshift.io/machine'];
  if (openshift !== undefined)
    return {
      who: `OpenShift (Machine ${openshift})`,
      instead: 'delete the Machine: OpenShift drains its node by itself',
    };
  const found = BY_LABEL.find(({ label }) => labels[label] !== undefined);
  if (found === undefined) return null;
  return { who: `${found.who} ${labels[found.label] ?? ''}`.trimEnd(), instead: found.instead };
}

/** Source: labels as the providers document them. */
const BY_LABEL = [
  {
    label: 'karpenter.sh/nodepool',
    who: 'Karpenter, node pool',
    instead: 'delete the NodeClaim: Karpenter drains its node by itself',
  },
  {
    label: 'eks.amazonaws.com/nodegroup',
    who: 'EKS, managed node group',
    instead: 'update the node group: EKS drains its nodes by itself',
  },
  {
    label: 'cloud.google.com/gke-nodepool',
    who: 'GKE, node pool',
    instead: 'upgrade the node pool: GKE drains its nodes by itself',
  },
  {
    label: 'kubernetes.azure.com/agentpool',
    who: 'AKS, node pool',
    instead: 'upgrade the node pool: AKS drains its nodes by itself',
  },
] as const;
