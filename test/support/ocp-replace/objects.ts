import type { JsonObject } from '../../../src/core/json.ts';
import type { FakeKind } from '../../fakes/kubernetes.ts';

/** What an OpenShift cluster serves besides, as far as replacements look at it. */
export const OPENSHIFT_KINDS: readonly FakeKind[] = [
  {
    apiVersion: 'operator.openshift.io/v1',
    kind: 'Etcd',
    namespaced: false,
    resource: 'etcds',
    subresources: ['status'],
  },
  {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ClusterOperator',
    namespaced: false,
    resource: 'clusteroperators',
    subresources: ['status'],
  },
  {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ClusterVersion',
    namespaced: false,
    resource: 'clusterversions',
    subresources: ['status'],
  },
  {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Infrastructure',
    namespaced: false,
    resource: 'infrastructures',
    subresources: ['status'],
  },
  {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    namespaced: true,
    resource: 'machines',
    subresources: ['status'],
  },
  {
    apiVersion: 'machine.openshift.io/v1',
    kind: 'ControlPlaneMachineSet',
    namespaced: true,
    resource: 'controlplanemachinesets',
    subresources: ['status'],
  },
  {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    namespaced: false,
    resource: 'certificatesigningrequests',
    subresources: ['status'],
  },
];

const MACHINES = 'openshift-machine-api';

/** Address of a control-plane node by its number. */
export function addressOf(node: string): string {
  return `10.0.0.${10 + Number(/\d+$/.exec(node)?.[0] ?? '0')}`;
}

/** A control-plane node. */
export function nodeOf(name: string, ready: boolean): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'node-role.kubernetes.io/master': '', 'node-role.kubernetes.io/control-plane': '' } },
    spec: {},
    status: {
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'Unknown',
          message: ready ? '' : 'Kubelet stopped posting node status.',
        },
      ],
      addresses: [{ type: 'InternalIP', address: addressOf(name) }],
    },
  };
}

/** A pod of etcd on a node. */
export function etcdPodOf(node: string, ready: boolean): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `etcd-${node}`, namespace: 'openshift-etcd', labels: { 'k8s-app': 'etcd', app: 'etcd' } },
    spec: { nodeName: node },
    status: {
      phase: 'Running',
      containerStatuses: [
        { ready, restartCount: ready ? 0 : 7, state: ready ? {} : { waiting: { reason: 'CrashLoopBackOff' } } },
      ],
    },
  };
}

/** The certificates of etcd on a node. */
export function secretsOf(node: string): readonly JsonObject[] {
  return ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'].map((prefix) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: `${prefix}-${node}`, namespace: 'openshift-etcd' },
    data: { 'tls.key': 'a2V5LW9mLWV0Y2Q=' },
  }));
}

/** A Machine of the control plane; `node` null: it has just been made. */
export function machineOf(name: string, node: string | null, state = 'running'): JsonObject {
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: {
      name,
      namespace: MACHINES,
      labels: {
        'machine.openshift.io/cluster-api-machine-role': 'master',
        'machine.openshift.io/cluster-api-cluster': 'ocp',
      },
      annotations: { 'machine.openshift.io/instance-state': state },
      finalizers: ['machine.machine.openshift.io'],
    },
    spec: {
      providerSpec: { value: { instanceType: 'm4.xlarge', userDataSecret: { name: 'master-user-data' } } },
      ...(node === null
        ? {}
        : {
            providerID: `aws:///z/i-${node}`,
            lifecycleHooks: { preDrain: [{ name: 'EtcdQuorumOperator', owner: 'clusteroperator/etcd' }] },
          }),
    },
    ...(node === null
      ? {}
      : {
          status: {
            phase: 'Running',
            nodeRef: { kind: 'Node', name: node },
            addresses: [{ type: 'InternalIP', address: addressOf(node) }],
            providerStatus: { instanceState: state },
          },
        }),
  };
}

function conditions(values: Readonly<Record<string, string>>): JsonObject[] {
  return Object.entries(values).map(([type, status]) => ({ type, status, reason: 'AsExpected', message: '' }));
}

/** What the cluster says of itself when it is at rest. */
export function clusterObjects(version: string, topology: string): readonly JsonObject[] {
  return [
    ...['openshift-etcd', MACHINES, 'drydock-node-shell'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    {
      apiVersion: 'config.openshift.io/v1',
      kind: 'ClusterOperator',
      metadata: { name: 'etcd' },
      status: { conditions: conditions({ Available: 'True', Degraded: 'False', Progressing: 'False' }) },
    },
    {
      apiVersion: 'config.openshift.io/v1',
      kind: 'ClusterVersion',
      metadata: { name: 'version' },
      status: { desired: { version }, conditions: conditions({ Progressing: 'False' }) },
    },
    {
      apiVersion: 'config.openshift.io/v1',
      kind: 'Infrastructure',
      metadata: { name: 'cluster' },
      status: { controlPlaneTopology: topology },
    },
  ];
}
