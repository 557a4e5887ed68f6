import type { ApiObject, ResourceKind } from '../contracts.ts';

/** What the server has to know of a kind beside what everyone may know. */
export interface ServedKind extends ResourceKind {
  /** A PUT without a revision is the last writer's. */
  readonly unconditionalUpdate: boolean;
  /** A PUT of what does not exist creates it. */
  readonly createOnUpdate: boolean;
  /** DELETE answers the object, not a `Status`. */
  readonly returnsDeleted: boolean;
  /** Dependents are orphaned when the request does not say. */
  readonly orphansByDefault: boolean;
  /** The definition of a custom kind; `null`: built in. */
  readonly definition: ApiObject | null;
}

type Flag = 'cluster' | 'strict' | 'upsert' | 'returned' | 'orphan' | 'spec';

interface Row {
  readonly kind: string;
  readonly plural: string;
  readonly short?: string;
  readonly sub?: string;
  readonly path?: string;
  readonly all?: true;
  /** `strict`: a PUT needs a revision. `upsert`: a PUT may create. `spec`: has a generation. */
  readonly flags?: readonly Flag[];
}

const CORE: readonly Row[] = [
  { kind: 'Namespace', plural: 'namespaces', short: 'ns', sub: 'status finalize', flags: ['cluster', 'returned'] },
  { kind: 'Node', plural: 'nodes', short: 'no', sub: 'status proxy', path: 'minions', flags: ['cluster'] },
  {
    kind: 'Pod',
    plural: 'pods',
    short: 'po',
    sub: 'status binding eviction log exec attach portforward proxy ephemeralcontainers resize',
    all: true,
    flags: ['returned', 'spec'],
  },
  {
    kind: 'Service',
    plural: 'services',
    short: 'svc',
    sub: 'status proxy',
    path: 'services/specs',
    all: true,
    flags: ['upsert', 'returned'],
  },
  { kind: 'Endpoints', plural: 'endpoints', short: 'ep', path: 'services/endpoints', flags: ['upsert'] },
  { kind: 'ConfigMap', plural: 'configmaps', short: 'cm' },
  { kind: 'Secret', plural: 'secrets' },
  { kind: 'ServiceAccount', plural: 'serviceaccounts', short: 'sa', sub: 'token', flags: ['returned'] },
  { kind: 'Event', plural: 'events', short: 'ev', flags: ['upsert'] },
  {
    kind: 'ReplicationController',
    plural: 'replicationcontrollers',
    short: 'rc',
    sub: 'status scale',
    path: 'controllers',
    all: true,
    flags: ['orphan', 'spec'],
  },
  { kind: 'ResourceQuota', plural: 'resourcequotas', short: 'quota', sub: 'status', flags: ['returned'] },
  { kind: 'LimitRange', plural: 'limitranges', short: 'limits', flags: ['upsert'] },
  { kind: 'PodTemplate', plural: 'podtemplates', flags: ['returned', 'spec'] },
  {
    kind: 'PersistentVolume',
    plural: 'persistentvolumes',
    short: 'pv',
    sub: 'status',
    flags: ['cluster', 'returned'],
  },
  { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', short: 'pvc', sub: 'status', flags: ['returned'] },
];

const APPS: readonly Row[] = [
  { kind: 'Deployment', plural: 'deployments', short: 'deploy', sub: 'status scale', all: true, flags: ['spec'] },
  { kind: 'ReplicaSet', plural: 'replicasets', short: 'rs', sub: 'status scale', all: true, flags: ['spec'] },
  { kind: 'DaemonSet', plural: 'daemonsets', short: 'ds', sub: 'status', all: true, flags: ['spec'] },
  { kind: 'StatefulSet', plural: 'statefulsets', short: 'sts', sub: 'status scale', all: true, flags: ['spec'] },
  { kind: 'ControllerRevision', plural: 'controllerrevisions' },
];

const RBAC: readonly Row[] = [
  { kind: 'Role', plural: 'roles', flags: ['upsert'] },
  { kind: 'RoleBinding', plural: 'rolebindings', flags: ['upsert'] },
  { kind: 'ClusterRole', plural: 'clusterroles', flags: ['cluster', 'upsert'] },
  { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', flags: ['cluster', 'upsert'] },
];

const CLUSTER_STRICT: readonly Flag[] = ['cluster', 'strict'];

const GROUPS: readonly { readonly group: string; readonly version: string; readonly rows: readonly Row[] }[] = [
  { group: '', version: 'v1', rows: CORE },
  {
    group: 'apiregistration.k8s.io',
    version: 'v1',
    rows: [
      {
        kind: 'APIService',
        plural: 'apiservices',
        sub: 'status',
        path: 'apiregistration.k8s.io/apiservices',
        flags: CLUSTER_STRICT,
      },
    ],
  },
  { group: 'apps', version: 'v1', rows: APPS },
  {
    group: 'events.k8s.io',
    version: 'v1',
    rows: [{ kind: 'Event', plural: 'events', short: 'ev', flags: ['upsert'] }],
  },
  {
    group: 'autoscaling',
    version: 'v2',
    rows: [
      { kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers', short: 'hpa', sub: 'status', all: true },
    ],
  },
  {
    group: 'batch',
    version: 'v1',
    rows: [
      { kind: 'CronJob', plural: 'cronjobs', short: 'cj', sub: 'status', all: true, flags: ['spec'] },
      { kind: 'Job', plural: 'jobs', sub: 'status', all: true, flags: ['spec', 'orphan'] },
    ],
  },
  {
    group: 'certificates.k8s.io',
    version: 'v1',
    rows: [
      {
        kind: 'CertificateSigningRequest',
        plural: 'certificatesigningrequests',
        short: 'csr',
        sub: 'approval status',
        flags: ['cluster'],
      },
    ],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    rows: [
      { kind: 'Ingress', plural: 'ingresses', short: 'ing', sub: 'status', path: 'ingress', flags: ['spec'] },
      { kind: 'IngressClass', plural: 'ingressclasses', flags: ['cluster', 'spec'] },
      { kind: 'NetworkPolicy', plural: 'networkpolicies', short: 'netpol', flags: ['spec'] },
    ],
  },
  {
    group: 'policy',
    version: 'v1',
    rows: [
      {
        kind: 'PodDisruptionBudget',
        plural: 'poddisruptionbudgets',
        short: 'pdb',
        sub: 'status',
        flags: ['strict', 'spec'],
      },
    ],
  },
  { group: 'rbac.authorization.k8s.io', version: 'v1', rows: RBAC },
  {
    group: 'storage.k8s.io',
    version: 'v1',
    rows: [
      { kind: 'CSIDriver', plural: 'csidrivers', flags: CLUSTER_STRICT },
      { kind: 'CSINode', plural: 'csinodes', flags: CLUSTER_STRICT },
      { kind: 'StorageClass', plural: 'storageclasses', short: 'sc', flags: ['cluster'] },
      { kind: 'VolumeAttachment', plural: 'volumeattachments', sub: 'status', flags: CLUSTER_STRICT },
    ],
  },
  {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    rows: [
      { kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations', flags: ['cluster', 'spec'] },
      { kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations', flags: ['cluster', 'spec'] },
    ],
  },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    rows: [
      {
        kind: 'CustomResourceDefinition',
        plural: 'customresourcedefinitions',
        short: 'crd crds',
        sub: 'status',
        path: 'apiextensions.k8s.io/customresourcedefinitions',
        flags: ['cluster', 'strict', 'spec', 'returned'],
      },
    ],
  },
  {
    group: 'scheduling.k8s.io',
    version: 'v1',
    rows: [{ kind: 'PriorityClass', plural: 'priorityclasses', short: 'pc', flags: ['cluster', 'spec'] }],
  },
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    rows: [{ kind: 'Lease', plural: 'leases', flags: ['strict', 'upsert'] }],
  },
  {
    group: 'node.k8s.io',
    version: 'v1',
    rows: [{ kind: 'RuntimeClass', plural: 'runtimeclasses', flags: CLUSTER_STRICT }],
  },
  {
    group: 'discovery.k8s.io',
    version: 'v1',
    rows: [{ kind: 'EndpointSlice', plural: 'endpointslices', flags: ['spec'] }],
  },
  {
    group: 'flowcontrol.apiserver.k8s.io',
    version: 'v1',
    rows: [
      { kind: 'FlowSchema', plural: 'flowschemas', sub: 'status', flags: ['cluster', 'spec'] },
      {
        kind: 'PriorityLevelConfiguration',
        plural: 'prioritylevelconfigurations',
        sub: 'status',
        flags: ['cluster', 'spec'],
      },
    ],
  },
];

/** The kinds that are built in and stored. */
export const BUILT_IN_KINDS: readonly ServedKind[] = GROUPS.flatMap(({ group, version, rows }) =>
  rows.map((row) => builtIn(group, version, row)),
);

function builtIn(group: string, version: string, row: Row): ServedKind {
  const flags = new Set(row.flags ?? []);
  return {
    group,
    version,
    kind: row.kind,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    shortNames: row.short?.split(' ') ?? [],
    categories: row.all === undefined ? [] : ['all'],
    namespaced: !flags.has('cluster'),
    subresources: row.sub?.split(' ') ?? [],
    storagePath: row.path ?? row.plural,
    hasGeneration: flags.has('spec'),
    schema: null,
    unconditionalUpdate: !flags.has('strict'),
    createOnUpdate: flags.has('upsert'),
    returnsDeleted: flags.has('returned'),
    orphansByDefault: flags.has('orphan'),
    definition: null,
  };
}

/** A kind that is asked and answered, never stored. */
export interface ReviewKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Kinds whose objects are questions: `create` answers them. */
export const REVIEW_KINDS: readonly ReviewKind[] = [
  review('authentication.k8s.io', 'SelfSubjectReview'),
  review('authentication.k8s.io', 'TokenReview'),
  { ...review('authorization.k8s.io', 'LocalSubjectAccessReview'), namespaced: true },
  review('authorization.k8s.io', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview'),
  review('authorization.k8s.io', 'SubjectAccessReview'),
];

function review(group: string, kind: string): ReviewKind {
  return { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: false };
}
