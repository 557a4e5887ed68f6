import { JsonObject } from '../../src/core/json.ts';

/** Versions of Cluster API. */
export type Version = 'v1beta1' | 'v1beta2';

/** Namespace of everything. */
export const CAPI_NAMESPACE = 'prod';

/** Address of a node: `10.0.0.11` of `cp-1`. */
export function addressOf(node: string): string {
  return `10.0.0.1${node.slice(-1)}`;
}

/** Name of the machine behind a node. */
export function machineNameOf(node: string): string {
  return `prod-cp-${node}`;
}

/** A Machine that runs as a node. `note`: of the remediation that it completes. */
export function machineObject(
  core: string,
  owner: { readonly uid: string; readonly apiVersion: string },
  node: string,
  note: string | null = null,
): JsonObject {
  const isNew = core.endsWith('v1beta2');
  return {
    apiVersion: core,
    kind: 'Machine',
    metadata: {
      name: machineNameOf(node),
      namespace: CAPI_NAMESPACE,
      labels: { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/control-plane': '' },
      annotations: {
        'pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup': '',
        ...(note === null ? {} : { 'controlplane.cluster.x-k8s.io/remediation-for': note }),
      },
      finalizers: ['machine.cluster.x-k8s.io'],
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: 'KubeadmControlPlane',
          name: 'prod-cp',
          uid: owner.uid,
          controller: true,
        },
      ],
    },
    spec: { clusterName: 'prod', providerID: `dev:////${node}`, version: 'v1.36.2' },
    status: {
      phase: 'Running',
      nodeRef: isNew ? { name: node } : { kind: 'Node', name: node, uid: `uid-of-${node}` },
      addresses: [
        { type: 'InternalIP', address: addressOf(node) },
        { type: 'Hostname', address: node },
      ],
    },
  };
}

/** A node that Cluster API made. */
export function nodeObject(node: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node,
      uid: `uid-of-${node}`,
      labels: { 'node-role.kubernetes.io/control-plane': '' },
      annotations: { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/cluster-namespace': CAPI_NAMESPACE },
    },
    spec: { providerID: `dev:////${node}` },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: addressOf(node) }],
    },
  };
}

/** The control plane of three. */
export function planeObject(apiVersion: string): JsonObject {
  const isNew = apiVersion.endsWith('v1beta2');
  return {
    apiVersion,
    kind: 'KubeadmControlPlane',
    metadata: {
      name: 'prod-cp',
      namespace: CAPI_NAMESPACE,
      labels: { 'cluster.x-k8s.io/cluster-name': 'prod' },
    },
    spec: { replicas: 3, version: 'v1.36.2' },
    status: {
      replicas: 3,
      observedGeneration: 1,
      ...(isNew ? { initialization: { controlPlaneInitialized: true } } : { initialized: true }),
    },
  };
}

/** A MachineHealthCheck that selects the machines of the control plane. `external`: hands them to somebody else. */
export function healthCheckObject(core: string, how: 'there' | 'paused' | 'external'): JsonObject {
  const isNew = core.endsWith('v1beta2');
  const template = { apiVersion: 'remediation.example/v1', kind: 'Rebooter', name: 'reboot' };
  const external = isNew ? { remediation: { templateRef: template } } : { remediationTemplate: template };
  return {
    apiVersion: core,
    kind: 'MachineHealthCheck',
    metadata: {
      name: 'prod-cp',
      namespace: CAPI_NAMESPACE,
      ...(how === 'paused' ? { annotations: { 'cluster.x-k8s.io/paused': '' } } : {}),
    },
    spec: {
      clusterName: 'prod',
      selector: { matchLabels: { 'cluster.x-k8s.io/control-plane': '' } },
      ...(how === 'external' ? external : {}),
    },
    status: { remediationsAllowed: 2 },
  };
}

/** An object with one more annotation. */
export function annotated(object: JsonObject, name: string, value = ''): JsonObject {
  const metadata = JsonObject.parse(object['metadata'] ?? {});
  const annotations = JsonObject.parse(metadata['annotations'] ?? {});
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [name]: value } } };
}
