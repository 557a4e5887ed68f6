import { z } from 'zod';
import type { LabelSelector } from '../cluster-api/health-check.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Somebody who keeps an object as it stands in a repository. */
export interface ObjectOwner {
  /** `Argo CD`, `Flux`. */
  readonly who: string;
  /** `Machine openshift-machine-api/cp-2`. */
  readonly object: string;
  /** It owns a field that is to be changed, or the object that is to be deleted and made anew. */
  readonly keepsOurs: boolean;
}

/** By what the two are known. Sources: documentation of Argo CD (resource tracking) and of Flux (labels of applied objects). */
const MARKS = [
  {
    who: 'Argo CD',
    managers: ['argocd-controller', 'argocd-application-controller'],
    mark: /^argocd\.argoproj\.io\/(?:tracking-id|instance)$/,
  },
  {
    who: 'Flux',
    managers: ['kustomize-controller', 'helm-controller'],
    mark: /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
  },
] as const;

const Fields = z.array(
  z.object({ manager: z.string().default(''), fieldsV1: z.record(z.string(), z.unknown()).default({}) }),
);

/**
 * Who keeps an object by GitOps; `null`: nobody that is known.
 *
 * @param paths fields that are to be changed, as names from the top: `['spec', 'unsupportedConfigOverrides']`; `whole`: it is to be deleted
 */
export function ownerByGitops(
  object: KubernetesObject,
  paths: readonly (readonly string[])[] | 'whole',
): ObjectOwner | null {
  const { labels = {}, annotations = {}, name, namespace } = object.metadata;
  const keys = [...Object.keys(labels), ...Object.keys(annotations)];
  const read = Fields.safeParse(object.metadata['managedFields'] ?? []);
  const entries = read.success ? read.data : [];
  for (const { who, managers, mark } of MARKS) {
    const own = entries.filter((each) => managers.some((manager) => manager === each.manager));
    if (own.length === 0 && !keys.some((key) => mark.test(key))) continue;
    const keepsOurs = paths === 'whole' || paths.some((path) => own.some(({ fieldsV1 }) => owns(fieldsV1, path)));
    return { who, object: `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`, keepsOurs };
  }
  return null;
}

/** Whether a tree of owned fields (`f:spec`, `f:key`) has a field, whole or in part. */
function owns(tree: Readonly<Record<string, unknown>>, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const below = z.record(z.string(), z.unknown()).safeParse(tree[`f:${first}`]);
  return below.success && owns(below.data, rest);
}

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
