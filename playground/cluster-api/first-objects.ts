import { textAt } from '../kubernetes/api/reading.ts';
import type { PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { ownedBy } from '../kubernetes/controllers/objects.ts';
import { CLUSTER_NAME, CONTROL_PLANE, CONTROL_PLANE_NAME } from './annotations.ts';
import { NAMESPACE, type Shape } from './shape.ts';

/** Name of the control plane of a cluster. */
export function planeName(cluster: string): string {
  return `${cluster}-control-plane`;
}

/** Name of its first MachineDeployment. */
export function deploymentName(cluster: string): string {
  return `${cluster}-md-0`;
}

/** The Cluster. */
export function clusterObject(shape: Shape, workload: Pick<PlaygroundCluster, 'name' | 'server'>): Fields {
  const { hostname, port } = new URL(workload.server);
  return {
    apiVersion: shape.core,
    kind: 'Cluster',
    metadata: { name: workload.name, namespace: NAMESPACE, labels: { [CLUSTER_NAME]: workload.name } },
    spec: {
      controlPlaneRef: shape.reference(shape.controlPlane, 'KubeadmControlPlane', planeName(workload.name)),
      controlPlaneEndpoint: { host: hostname, port: Number(port) },
    },
  };
}

/** Its control plane. */
export function planeObject(shape: Shape, cluster: ApiObject, replicas: number, version: string): Fields {
  const name = textAt(cluster, 'metadata', 'name');
  const template = shape.reference(shape.infrastructure, 'DevMachineTemplate', planeName(name));
  const rollingUpdate = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
  return {
    apiVersion: shape.controlPlane,
    kind: 'KubeadmControlPlane',
    metadata: {
      name: planeName(name),
      namespace: NAMESPACE,
      labels: { [CLUSTER_NAME]: name },
      ownerReferences: [ownedBy(cluster)],
    },
    spec: {
      replicas,
      version,
      kubeadmConfigSpec: {},
      ...(shape.version === 'v1beta2'
        ? { machineTemplate: { spec: { infrastructureRef: template } }, rollout: { strategy: rollingUpdate } }
        : { machineTemplate: { infrastructureRef: template }, rolloutStrategy: rollingUpdate }),
    },
  };
}

/** Its workers. */
export function deploymentObject(
  shape: Shape,
  cluster: ApiObject,
  { replicas, version }: { readonly replicas: number; readonly version: string },
): Fields {
  const clusterName = textAt(cluster, 'metadata', 'name');
  const name = deploymentName(clusterName);
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  return {
    apiVersion: shape.core,
    kind: 'MachineDeployment',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { [CLUSTER_NAME]: clusterName },
      ownerReferences: [{ ...ownedBy(cluster), controller: false, blockOwnerDeletion: false }],
    },
    spec: {
      clusterName,
      replicas,
      selector: { matchLabels: { [CLUSTER_NAME]: clusterName } },
      template: {
        metadata: { labels: { [CLUSTER_NAME]: clusterName } },
        spec: {
          clusterName,
          version,
          bootstrap: { configRef: shape.reference(shape.bootstrap, 'KubeadmConfigTemplate', name) },
          infrastructureRef: shape.reference(shape.infrastructure, 'DevMachineTemplate', name),
        },
      },
      ...(shape.version === 'v1beta2' ? { rollout: { strategy } } : { strategy }),
    },
  };
}

/** Its own waits are long: in the playground it acts when somebody asks for it. */
export function healthCheckObject(shape: Shape, cluster: string, paused: boolean): Fields {
  const name = planeName(cluster);
  const rules =
    shape.version === 'v1beta2'
      ? { checks: { unhealthyNodeConditions: [{ type: 'Ready', status: 'Unknown', timeoutSeconds: 86_400 }] } }
      : { unhealthyConditions: [{ type: 'Ready', status: 'Unknown', timeout: '86400s' }] };
  return {
    apiVersion: shape.core,
    kind: 'MachineHealthCheck',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { [CLUSTER_NAME]: cluster },
      ...(paused ? { annotations: { 'cluster.x-k8s.io/paused': '' } } : {}),
    },
    spec: {
      clusterName: cluster,
      selector: { matchLabels: { [CONTROL_PLANE]: '', [CONTROL_PLANE_NAME]: name } },
      ...rules,
    },
  };
}
