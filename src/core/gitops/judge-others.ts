import { CLUSTER_LABEL } from '../cluster-api/names.ts';
import { TOPOLOGY_OWNED } from '../cluster-api/upgrade/topology-names.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import type { GitopsFinding, Place } from './finding.ts';
import { fieldWriters } from './managed-fields.ts';
import { objectWords } from './owner.ts';

/** Namespace in which EKS Anywhere keeps what it makes. */
export const EKSA_NAMESPACE = 'eksa-system';
/** Kind of the clusters of EKS Anywhere. */
export const EKSA_CLUSTER = { apiVersion: 'anywhere.eks.amazonaws.com/v1alpha1', kind: 'Cluster' } as const;

/** Names of the clusters of EKS Anywhere; `unread`: why they could not be read, without a period. */
export type EksaRead = readonly string[] | { readonly unread: string };

type Paths = readonly (readonly string[])[];

/** Everybody beside Argo CD and Flux who keeps fields of an object. */
export function otherFindings(object: KubernetesObject, paths: Paths, eksa: EksaRead): readonly GitopsFinding[] {
  return [
    ...topology(object),
    ...eksAnywhere(object, eksa),
    ...helm(object),
    ...terraform(object),
    ...appliers(object, paths),
  ];
}

function finding(
  object: KubernetesObject,
  told: Pick<GitopsFinding, 'who' | 'reverts' | 'words'> & { readonly stays?: string; readonly place?: Place },
): GitopsFinding {
  return { object: objectWords(object), source: '', place: 'elsewhere', suspension: null, stays: '', ...told };
}

function topology(object: KubernetesObject): readonly GitopsFinding[] {
  // The Cluster has the label too, and is where its topology stands.
  if (object.metadata.labels?.[TOPOLOGY_OWNED] === undefined || object.kind === 'Cluster') return [];
  const cluster = object.metadata.labels[CLUSTER_LABEL] ?? '';
  return [
    finding(object, {
      who: 'the topology controller of Cluster API',
      place: 'topology',
      reverts: 'by-itself',
      words:
        `It takes the change back within seconds: change spec.topology.version of Cluster ${cluster} instead`.replace(
          '  ',
          ' ',
        ),
      stays: 'its source is the Cluster object',
    }),
  ];
}

function eksAnywhere(object: KubernetesObject, eksa: EksaRead): readonly GitopsFinding[] {
  const { namespace, name, labels } = object.metadata;
  if (namespace !== EKSA_NAMESPACE || !object.apiVersion.includes('cluster.x-k8s.io/')) return [];
  const cluster = labels?.[CLUSTER_LABEL] ?? name;
  const who = `EKS Anywhere, Cluster ${cluster}`;
  if ('unread' in eksa) {
    const words = `Whether EKS Anywhere takes the change back cannot be told: its clusters cannot be read: ${eksa.unread}`;
    return [finding(object, { who, reverts: 'unknown', words, stays: 'it cannot be seen' })];
  }
  if (!eksa.includes(cluster)) return [];
  const words = 'It takes the change back within minutes: change the version of its Cluster object instead';
  return [finding(object, { who, reverts: 'by-itself', words, stays: 'its source is the Cluster object' })];
}

function helm(object: KubernetesObject): readonly GitopsFinding[] {
  const { labels = {}, annotations = {} } = object.metadata;
  const release = annotations['meta.helm.sh/release-name'];
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm' || release === undefined) return [];
  const words = 'The next helm upgrade of the release takes the change back: put it into its values too';
  return [finding(object, { who: `Helm, release ${release}`, place: 'chart', reverts: 'by-hand', words })];
}

function terraform(object: KubernetesObject): readonly GitopsFinding[] {
  if (!fieldWriters(object).some(({ manager }) => /^(?:terraform|hashicorp)/i.test(manager))) return [];
  const words = 'The next terraform apply takes the change back: put it there too';
  return [finding(object, { who: 'Terraform', reverts: 'by-hand', words })];
}

/** Whose applying is told by other marks, or is the controller's own. */
const KNOWN =
  /^(?:drydock|capi-|kubectl|kcp-|argocd|kustomize-controller$|helm-controller$|terraform|hashicorp|manager$)/i;

/** Somebody who says each time what the very field is to be. */
function appliers(object: KubernetesObject, paths: Paths): readonly GitopsFinding[] {
  const names = fieldWriters(object)
    .filter(({ manager, applies, owns }) => applies && !KNOWN.test(manager) && paths.some((path) => owns(path)))
    .map(({ manager }) => manager);
  return [...new Set(names)].map((who) => {
    const words = 'It applied the very field that this run changes, and may do so again: put the change there too';
    return finding(object, { who: `field manager ${who}`, reverts: 'by-hand', words });
  });
}
