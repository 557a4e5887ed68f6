/** Versions of an API group that stop being served, each with the kinds that it had. */
export interface RemovedApi {
  /** `policy/v1beta1`. */
  readonly apiVersion: string;
  readonly kinds: readonly string[];
  /** Minor version of Kubernetes 1 that serves it no more. */
  readonly removedIn: number;
  /** What to use instead; `null`: nothing follows it. */
  readonly instead: string | null;
}

/**
 * What Kubernetes removed, oldest first. Versions that are off unless somebody turns them on are left out: alpha ones, and beta ones that are newer
 * than 1.24. The metric of the API server tells those as well.
 *
 * Source: Kubernetes' deprecated API migration guide, whose last entry is 1.32; compared with the tables of pluto (`versions.yaml`) and
 * kube-no-trouble (`pkg/rules/rego`).
 */
export const REMOVED_APIS: readonly RemovedApi[] = [
  {
    apiVersion: 'extensions/v1beta1',
    kinds: ['Deployment', 'DaemonSet', 'ReplicaSet'],
    removedIn: 16,
    instead: 'apps/v1',
  },
  { apiVersion: 'extensions/v1beta1', kinds: ['NetworkPolicy'], removedIn: 16, instead: 'networking.k8s.io/v1' },
  { apiVersion: 'extensions/v1beta1', kinds: ['PodSecurityPolicy'], removedIn: 16, instead: 'policy/v1beta1' },
  { apiVersion: 'apps/v1beta1', kinds: ['Deployment', 'StatefulSet', 'ReplicaSet'], removedIn: 16, instead: 'apps/v1' },
  {
    apiVersion: 'apps/v1beta2',
    kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
    removedIn: 16,
    instead: 'apps/v1',
  },
  { apiVersion: 'extensions/v1beta1', kinds: ['Ingress'], removedIn: 22, instead: 'networking.k8s.io/v1' },
  {
    apiVersion: 'networking.k8s.io/v1beta1',
    kinds: ['Ingress', 'IngressClass'],
    removedIn: 22,
    instead: 'networking.k8s.io/v1',
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    removedIn: 22,
    instead: 'admissionregistration.k8s.io/v1',
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kinds: ['CustomResourceDefinition'],
    removedIn: 22,
    instead: 'apiextensions.k8s.io/v1',
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1beta1',
    kinds: ['APIService'],
    removedIn: 22,
    instead: 'apiregistration.k8s.io/v1',
  },
  {
    apiVersion: 'authentication.k8s.io/v1beta1',
    kinds: ['TokenReview'],
    removedIn: 22,
    instead: 'authentication.k8s.io/v1',
  },
  {
    apiVersion: 'authorization.k8s.io/v1beta1',
    kinds: ['LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'],
    removedIn: 22,
    instead: 'authorization.k8s.io/v1',
  },
  {
    apiVersion: 'certificates.k8s.io/v1beta1',
    kinds: ['CertificateSigningRequest'],
    removedIn: 22,
    instead: 'certificates.k8s.io/v1',
  },
  { apiVersion: 'coordination.k8s.io/v1beta1', kinds: ['Lease'], removedIn: 22, instead: 'coordination.k8s.io/v1' },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1beta1',
    kinds: ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
    removedIn: 22,
    instead: 'rbac.authorization.k8s.io/v1',
  },
  { apiVersion: 'scheduling.k8s.io/v1beta1', kinds: ['PriorityClass'], removedIn: 22, instead: 'scheduling.k8s.io/v1' },
  {
    apiVersion: 'storage.k8s.io/v1beta1',
    kinds: ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
    removedIn: 22,
    instead: 'storage.k8s.io/v1',
  },
  { apiVersion: 'batch/v1beta1', kinds: ['CronJob'], removedIn: 25, instead: 'batch/v1' },
  { apiVersion: 'discovery.k8s.io/v1beta1', kinds: ['EndpointSlice'], removedIn: 25, instead: 'discovery.k8s.io/v1' },
  { apiVersion: 'events.k8s.io/v1beta1', kinds: ['Event'], removedIn: 25, instead: 'events.k8s.io/v1' },
  { apiVersion: 'autoscaling/v2beta1', kinds: ['HorizontalPodAutoscaler'], removedIn: 25, instead: 'autoscaling/v2' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodDisruptionBudget'], removedIn: 25, instead: 'policy/v1' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodSecurityPolicy'], removedIn: 25, instead: null },
  { apiVersion: 'node.k8s.io/v1beta1', kinds: ['RuntimeClass'], removedIn: 25, instead: 'node.k8s.io/v1' },
  { apiVersion: 'autoscaling/v2beta2', kinds: ['HorizontalPodAutoscaler'], removedIn: 26, instead: 'autoscaling/v2' },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta1',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    removedIn: 26,
    instead: 'flowcontrol.apiserver.k8s.io/v1beta2',
  },
  { apiVersion: 'storage.k8s.io/v1beta1', kinds: ['CSIStorageCapacity'], removedIn: 27, instead: 'storage.k8s.io/v1' },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta2',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    removedIn: 29,
    instead: 'flowcontrol.apiserver.k8s.io/v1',
  },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta3',
    kinds: ['FlowSchema', 'PriorityLevelConfiguration'],
    removedIn: 32,
    instead: 'flowcontrol.apiserver.k8s.io/v1',
  },
];

/** Kinds of which controllers make most objects, or that are not stored: looking through them says nothing of manifests. */
const NOT_LISTED: ReadonlySet<string> = new Set([
  'CSINode',
  'CSIStorageCapacity',
  'EndpointSlice',
  'Event',
  'Lease',
  'LocalSubjectAccessReview',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
  'SubjectAccessReview',
  'TokenReview',
  'VolumeAttachment',
]);

/** What an upgrade stops serving: removed after minor version `from` and up to `to`. */
export function removedBetween(from: number, to: number): readonly RemovedApi[] {
  return REMOVED_APIS.filter(({ removedIn }) => removedIn > from && removedIn <= to);
}

/** One kind of a removed version, whose stored objects are worth a look. */
export interface KindToList {
  readonly kind: string;
  /** The versions in which it may be listed, the one that stays first. */
  readonly apiVersions: readonly string[];
}

/** The kinds of these versions whose objects are looked through, each once. */
export function kindsToList(removed: readonly RemovedApi[]): readonly KindToList[] {
  const kinds = new Map<string, Set<string>>();
  for (const { kinds: names, apiVersion, instead } of removed) {
    for (const kind of names) {
      if (NOT_LISTED.has(kind)) continue;
      const versions = kinds.get(kind) ?? new Set(instead === null ? [] : [instead]);
      kinds.set(kind, versions.add(apiVersion));
    }
  }
  return [...kinds].map(([kind, versions]) => ({ kind, apiVersions: [...versions] }));
}

/** The removed API that an object of this version and kind is of; `null`: none of them. */
export function removedApiOf(removed: readonly RemovedApi[], apiVersion: string, kind: string): RemovedApi | null {
  return removed.find((each) => each.apiVersion === apiVersion && each.kinds.includes(kind)) ?? null;
}

/** For people: `policy/v1beta1 PodDisruptionBudget (use policy/v1)`. */
export function removedWords({ apiVersion, instead }: RemovedApi, kind: string): string {
  const advice = instead === null ? 'nothing follows it' : `use ${instead}`;
  return `${apiVersion} ${kind} (${advice})`;
}
