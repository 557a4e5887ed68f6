import type { ApiObject, Fields } from '../../playground/kubernetes/contracts.ts';

interface Change {
  readonly name?: string;
  readonly spec?: Fields;
  readonly labels?: Fields;
}

/** A control plane at v1.30.6 with three replicas, as a management cluster has it. */
export function aPlane({
  name = 'capi-control-plane',
  spec = { replicas: 3, version: 'v1.30.6' },
  labels = {},
}: Change = {}): ApiObject {
  return {
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
    kind: 'KubeadmControlPlane',
    metadata: { name, namespace: 'capi-clusters', uid: `uid-of-${name}`, labels },
    spec,
  };
}

/** A MachineDeployment at v1.30.6. */
export function aDeployment({
  name = 'capi-md-0',
  spec = { replicas: 3, template: { spec: { version: 'v1.30.6' } } },
  labels = {},
}: Change = {}): ApiObject {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    metadata: { name, namespace: 'capi-clusters', uid: `uid-of-${name}`, labels },
    spec,
  };
}
