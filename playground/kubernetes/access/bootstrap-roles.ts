import type { ApiObject } from '../contracts.ts';

/** One rule of a role that every cluster has; texts are lists separated by spaces, `core` is the group without a name. */
interface Given {
  readonly verbs: string;
  readonly groups?: string;
  readonly resources?: string;
  readonly paths?: string;
}

interface GivenRole {
  readonly name: string;
  readonly rules: readonly Given[];
  /** Which role takes its rules over. */
  readonly into?: 'admin' | 'edit' | 'view';
  /** Takes over the rules of others. */
  readonly gathers?: true;
}

const READ = 'get list watch';
const WRITE = 'create delete deletecollection patch update';
const READ_WRITE = 'create delete deletecollection get list patch update watch';
const RBAC = 'rbac.authorization.k8s.io';

const EXECUTABLE = 'pods/attach pods/exec pods/portforward pods/proxy';
const SCALED = 'deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale';

const EDITED: readonly Given[] = [
  { verbs: READ, groups: 'core', resources: `${EXECUTABLE} secrets services/proxy` },
  { verbs: 'impersonate', groups: 'core', resources: 'serviceaccounts' },
  { verbs: WRITE, groups: 'core', resources: `pods ${EXECUTABLE}` },
  { verbs: 'create', groups: 'core', resources: 'pods/eviction' },
  {
    verbs: WRITE,
    groups: 'core',
    resources:
      'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  },
  { verbs: 'create', groups: 'core', resources: 'serviceaccounts/token' },
  { verbs: WRITE, groups: 'apps', resources: `daemonsets deployments deployments/rollback ${SCALED}` },
  { verbs: WRITE, groups: 'autoscaling', resources: 'horizontalpodautoscalers' },
  { verbs: WRITE, groups: 'batch', resources: 'cronjobs jobs' },
  { verbs: WRITE, groups: 'policy', resources: 'poddisruptionbudgets' },
  { verbs: WRITE, groups: 'networking.k8s.io', resources: 'ingresses networkpolicies' },
  { verbs: READ_WRITE, groups: 'coordination.k8s.io', resources: 'leases' },
];

const VIEWED: readonly Given[] = [
  {
    verbs: READ,
    groups: 'core',
    resources:
      'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  },
  {
    verbs: READ,
    groups: 'core',
    resources:
      'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  },
  { verbs: READ, groups: 'core', resources: 'namespaces' },
  { verbs: READ, groups: 'discovery.k8s.io', resources: 'endpointslices' },
  {
    verbs: READ,
    groups: 'apps',
    resources: `controllerrevisions daemonsets daemonsets/status deployments deployments/status replicasets/status statefulsets/status ${SCALED}`,
  },
  { verbs: READ, groups: 'autoscaling', resources: 'horizontalpodautoscalers horizontalpodautoscalers/status' },
  { verbs: READ, groups: 'batch', resources: 'cronjobs cronjobs/status jobs jobs/status' },
  { verbs: READ, groups: 'policy', resources: 'poddisruptionbudgets poddisruptionbudgets/status' },
  { verbs: READ, groups: 'networking.k8s.io', resources: 'ingresses ingresses/status networkpolicies' },
];

const ROLES: readonly GivenRole[] = [
  {
    name: 'cluster-admin',
    rules: [
      { verbs: '*', groups: '*', resources: '*' },
      { verbs: '*', paths: '*' },
    ],
  },
  { name: 'admin', rules: [], gathers: true },
  { name: 'edit', rules: [], gathers: true, into: 'admin' },
  { name: 'view', rules: [], gathers: true, into: 'edit' },
  {
    name: 'system:aggregate-to-admin',
    into: 'admin',
    rules: [
      { verbs: 'create', groups: 'authorization.k8s.io', resources: 'localsubjectaccessreviews' },
      { verbs: READ_WRITE, groups: RBAC, resources: 'rolebindings roles' },
    ],
  },
  { name: 'system:aggregate-to-edit', into: 'edit', rules: EDITED },
  { name: 'system:aggregate-to-view', into: 'view', rules: VIEWED },
  {
    name: 'system:auth-delegator',
    rules: [
      { verbs: 'create', groups: 'authentication.k8s.io', resources: 'tokenreviews' },
      { verbs: 'create', groups: 'authorization.k8s.io', resources: 'subjectaccessreviews' },
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        verbs: 'create',
        groups: 'authorization.k8s.io',
        resources: 'selfsubjectaccessreviews selfsubjectrulesreviews',
      },
      { verbs: 'create', groups: 'authentication.k8s.io', resources: 'selfsubjectreviews' },
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      {
        verbs: 'get',
        paths: '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
      },
    ],
  },
  { name: 'system:public-info-viewer', rules: [{ verbs: 'get', paths: '/healthz /livez /readyz /version /version/' }] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      {
        verbs: 'get',
        paths: '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
      },
    ],
  },
];

const BOUND: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['system:masters'],
  'system:basic-user': ['system:authenticated'],
  'system:discovery': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
  'system:service-account-issuer-discovery': ['system:serviceaccounts'],
};

/** The cluster roles and their bindings that the API server makes when it starts: those that something here needs. */
export const BOOTSTRAP_OBJECTS: readonly ApiObject[] = [
  ...ROLES.map(roleOf),
  ...Object.entries(BOUND).map(([role, groups]) => bindingOf(role, groups)),
];

function metadataOf(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject['metadata'] {
  return {
    name,
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  };
}

function roleOf({ name, rules, into, gathers }: GivenRole): ApiObject {
  const labels = into === undefined ? {} : { [`${RBAC}/aggregate-to-${into}`]: 'true' };
  const selector = { matchLabels: { [`${RBAC}/aggregate-to-${name}`]: 'true' } };
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: metadataOf(name, labels),
    ...(gathers === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [selector] } }),
    rules: rules.map(ruleOf),
  };
}

function ruleOf({ verbs, groups, resources, paths }: Given): object {
  const said = { verbs: verbs.split(' ') };
  if (paths !== undefined) return { ...said, nonResourceURLs: paths.split(' ') };
  const apiGroups = (groups ?? '').split(' ').map((group) => (group === 'core' ? '' : group));
  return { ...said, apiGroups, resources: (resources ?? '').split(' ') };
}

function bindingOf(role: string, groups: readonly string[]): ApiObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: metadataOf(role),
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: groups.map((name) => ({ apiGroup: RBAC, kind: 'Group', name })),
  };
}
