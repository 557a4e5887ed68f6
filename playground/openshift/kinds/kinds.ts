import { ANYTHING, CONDITIONS, type KindFacts, list, NUMBER, object, TEXT } from './definition.ts';

const NODE_STATUSES = {
  ...list(object({ nodeName: TEXT, currentRevision: NUMBER, targetRevision: NUMBER }, ['nodeName'])),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['nodeName'],
};

/** `Etcd`: what the etcd operator is told, and what it tells. */
export const ETCD: KindFacts = {
  group: 'operator.openshift.io',
  version: 'v1',
  kind: 'Etcd',
  plural: 'etcds',
  namespaced: false,
  spec: object({
    managementState: { type: 'string', pattern: '^(Managed|Unmanaged|Force|Removed)$' },
    forceRedeploymentReason: TEXT,
    logLevel: TEXT,
    backendQuotaGiB: { type: 'integer', minimum: 8, maximum: 32 },
    unsupportedConfigOverrides: { ...ANYTHING, nullable: true },
    observedConfig: { ...ANYTHING, nullable: true },
  }),
  status: object({
    conditions: CONDITIONS,
    latestAvailableRevision: NUMBER,
    nodeStatuses: NODE_STATUSES,
    readyReplicas: NUMBER,
    version: TEXT,
  }),
};

/** An operator of one part of the control plane, as far as backups read it. */
function operatorKind(kind: string, plural: string): KindFacts {
  const { group, version } = ETCD;
  const status = object({ conditions: CONDITIONS, latestAvailableRevision: NUMBER, nodeStatuses: NODE_STATUSES });
  return { group, version, kind, plural, namespaced: false, spec: ANYTHING, status };
}

function configKind(kind: string, plural: string, status = ANYTHING): KindFacts {
  return { group: 'config.openshift.io', version: 'v1', kind, plural, namespaced: false, spec: ANYTHING, status };
}

const LIFECYCLE_HOOKS = list(
  object({ name: { type: 'string', minLength: 3 }, owner: { type: 'string', minLength: 3 } }),
);

/** `Machine`: a machine of the provider, and the node that it becomes. */
export const MACHINE: KindFacts = {
  group: 'machine.openshift.io',
  version: 'v1beta1',
  kind: 'Machine',
  plural: 'machines',
  namespaced: true,
  columns: [
    ['Phase', '.status.phase'],
    ['Type', '.spec.providerSpec.value.instanceType'],
    ['Zone', '.spec.providerSpec.value.placement.availabilityZone'],
    ['Node', '.status.nodeRef.name'],
    ['ProviderID', '.spec.providerID'],
    ['State', '.status.providerStatus.instanceState'],
  ],
  spec: object({
    metadata: ANYTHING,
    providerID: TEXT,
    providerSpec: object({ value: ANYTHING }),
    lifecycleHooks: object({ preDrain: LIFECYCLE_HOOKS, preTerminate: LIFECYCLE_HOOKS }),
  }),
  status: object({
    phase: TEXT,
    nodeRef: object({ kind: TEXT, name: TEXT, uid: TEXT }),
    addresses: list(object({ type: TEXT, address: TEXT }, ['type', 'address'])),
    providerStatus: ANYTHING,
    conditions: CONDITIONS,
    errorReason: TEXT,
    errorMessage: TEXT,
    lastUpdated: TEXT,
  }),
};

/** `MachineHealthCheck`: deletes machines whose nodes are sick for too long. */
export const HEALTH_CHECK: KindFacts = {
  ...MACHINE,
  kind: 'MachineHealthCheck',
  plural: 'machinehealthchecks',
  columns: [],
  shortNames: ['mhc'],
  spec: object({
    selector: ANYTHING,
    unhealthyConditions: list(object({ type: TEXT, status: TEXT, timeout: TEXT }, ['type', 'status', 'timeout'])),
    maxUnhealthy: { 'x-kubernetes-int-or-string': true },
  }),
  status: object({ expectedMachines: NUMBER, currentHealthy: NUMBER, conditions: CONDITIONS }),
};

/** `ControlPlaneMachineSet`: makes a machine for each one of the control plane that goes. */
export const MACHINE_SET: KindFacts = {
  group: 'machine.openshift.io',
  version: 'v1',
  kind: 'ControlPlaneMachineSet',
  plural: 'controlplanemachinesets',
  namespaced: true,
  columns: [['State', '.spec.state']],
  shortNames: ['cpms'],
  spec: object(
    {
      replicas: { type: 'integer', enum: [3, 5] },
      state: { type: 'string', enum: ['Active', 'Inactive'], default: 'Inactive' },
      selector: ANYTHING,
      strategy: object({ type: { type: 'string', enum: ['RollingUpdate', 'OnDelete', 'Recreate'] } }),
      template: ANYTHING,
    },
    ['replicas', 'selector', 'template'],
  ),
  status: object({
    replicas: NUMBER,
    readyReplicas: NUMBER,
    updatedReplicas: NUMBER,
    unavailableReplicas: NUMBER,
    conditions: CONDITIONS,
  }),
};

/** `ClusterOperator`: how a part of the cluster is, in one object. */
export const CLUSTER_OPERATOR: KindFacts = {
  ...configKind('ClusterOperator', 'clusteroperators', object({ conditions: CONDITIONS })),
  shortNames: ['co'],
  columns: ['Available', 'Progressing', 'Degraded'].map(
    (type) => [type, `.status.conditions[?(@.type=="${type}")].status`] as const,
  ),
};
/** `ClusterVersion`. */
export const CLUSTER_VERSION = configKind('ClusterVersion', 'clusterversions', object({ conditions: CONDITIONS }));
/** `Infrastructure`. */
export const INFRASTRUCTURE = configKind('Infrastructure', 'infrastructures');
/** `APIServer`: says how values are encrypted. */
export const API_SERVER = configKind('APIServer', 'apiservers');
/** The operators that encrypt values. */
export const HOLDERS = [
  operatorKind('KubeAPIServer', 'kubeapiservers'),
  operatorKind('OpenShiftAPIServer', 'openshiftapiservers'),
  operatorKind('Authentication', 'authentications'),
] as const;

/** All of them. */
export const KINDS: readonly KindFacts[] = [
  ETCD,
  ...HOLDERS,
  CLUSTER_OPERATOR,
  CLUSTER_VERSION,
  INFRASTRUCTURE,
  API_SERVER,
  MACHINE,
  HEALTH_CHECK,
  MACHINE_SET,
];
