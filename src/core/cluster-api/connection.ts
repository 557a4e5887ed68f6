import { CLUSTER_LABEL } from './names.ts';

const NAMESPACE_ANNOTATION = 'cluster.x-k8s.io/cluster-namespace';

/** Which object of the management cluster stands for a workload cluster. */
export type ManagedAs =
  | { readonly kind: 'named'; readonly namespace: string; readonly name: string }
  /** The nodes say nothing of Cluster API. */
  | { readonly kind: 'unsaid'; readonly why: string }
  /** They say different things, or another thing than the configuration. */
  | { readonly kind: 'contradiction'; readonly why: string };

/**
 * What the nodes of a workload cluster say of who manages them: Cluster API writes it on each that joined. The configuration alone is not
 * relied on, because another cluster's machines may bear the same names.
 *
 * @param configured namespace of the configuration; `null`: any
 */
export function managedAs(
  nodes: readonly { readonly name: string; readonly annotations: Readonly<Record<string, string>> }[],
  configured: string | null,
): ManagedAs {
  const said = nodes.flatMap(({ name: node, annotations }) => {
    const name = annotations[CLUSTER_LABEL];
    return name === undefined ? [] : [{ node, name, namespace: annotations[NAMESPACE_ANNOTATION] ?? '' }];
  });
  const [first] = said;
  if (first === undefined)
    return {
      kind: 'unsaid',
      why: `no node carries the annotation ${CLUSTER_LABEL}: they were not made by Cluster API`,
    };
  const { name, namespace } = first;
  const other = said.find((each) => each.name !== name || each.namespace !== namespace);
  if (other !== undefined) {
    const why = `${first.node} says that it is of ${namespace}/${name}, ${other.node} of ${other.namespace}/${other.name}`;
    return { kind: 'contradiction', why };
  }
  if (configured !== null && namespace !== configured) {
    const why = `the nodes say that they are of ${namespace}/${name}, the configuration names namespace ${configured}`;
    return { kind: 'contradiction', why };
  }
  return { kind: 'named', namespace, name };
}
