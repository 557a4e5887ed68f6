import type { LabelSelector } from '../cluster-api/health-check.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Kinds that own the etcd pods, other than their nodes: `StatefulSet/etcd-main`. Static pods belong to their node. */
export function podOwnersOf(pods: readonly KubernetesObject[]): readonly string[] {
  const owners = pods.flatMap(({ metadata }) => metadata.ownerReferences ?? []).filter(({ kind }) => kind !== 'Node');
  return [...new Set(owners.map(({ kind, name }) => `${kind}/${name}`))].toSorted();
}

/** The annotation that Cluster API puts on each node that it made. */
const MACHINE_OF_NODE = 'cluster.x-k8s.io/machine';

/** Names of the nodes behind which a Machine of Cluster API stands. */
export function nodesOfMachines(
  nodes: readonly { readonly name: string; readonly annotations: Readonly<Record<string, string>> }[],
): readonly string[] {
  return nodes.filter(({ annotations }) => Object.hasOwn(annotations, MACHINE_OF_NODE)).map(({ name }) => name);
}

/**
 * Whether a selector of a MachineHealthCheck of OpenShift takes a machine. There an empty one takes all; an operator that is not known is
 * taken to fit, so that its check is paused rather than not.
 */
export function selectsLabels(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === 'In') return value !== undefined && values.includes(value);
      if (operator === 'NotIn') return value === undefined || !values.includes(value);
      if (operator === 'Exists') return value !== undefined;
      return operator !== 'DoesNotExist' || value === undefined;
    })
  );
}
