import { isObject, listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { CLUSTER_NAME, TOPOLOGY_NAME, TOPOLOGY_OWNED } from './annotations.ts';
import { NAMESPACE, type Shape } from './shape.ts';

/** Name of the ClusterClass. */
export const CLASS = 'dev';

/** Makes a cluster one of a ClusterClass, in the version of its oldest machine of the control plane. One that is already stays as it is. @throws Error when a write is refused. */
export async function adopt(api: LocalApi, shape: Shape, cluster: string): Promise<void> {
  const present = await call(api, 'GET', `${shape.clusters}/${cluster}`);
  if (textAt(present, 'spec', 'topology', 'version') !== '') return;
  await call(api, 'POST', shape.clusterClasses, {
    apiVersion: shape.core,
    kind: 'ClusterClass',
    metadata: { name: CLASS, namespace: NAMESPACE },
    spec: {},
  });
  const deployments = (await list(api, shape.machineDeployments)).filter(
    (each) => textAt(each, 'spec', 'clusterName') === cluster,
  );
  const [plane] = await list(api, shape.controlPlanes);
  const owned = { [CLUSTER_NAME]: cluster, [TOPOLOGY_OWNED]: '' };
  for (const deployment of deployments) {
    const name = textAt(deployment, 'metadata', 'name');
    const labels = { ...owned, [TOPOLOGY_NAME]: nameInTopology(cluster, name) };
    await call(api, 'PATCH', `${shape.machineDeployments}/${name}`, { metadata: { labels } });
  }
  const planePath = `${shape.controlPlanes}/${textAt(plane, 'metadata', 'name')}`;
  await call(api, 'PATCH', planePath, { metadata: { labels: owned } });
  await call(api, 'PATCH', `${shape.clusters}/${cluster}`, {
    metadata: { labels: owned },
    spec: { topology: topologyObject(shape, cluster, plane, deployments) },
  });
}

function nameInTopology(cluster: string, deployment: string): string {
  return deployment.startsWith(`${cluster}-`) ? deployment.slice(cluster.length + 1) : deployment;
}

function topologyObject(shape: Shape, cluster: string, plane: unknown, deployments: readonly ApiObject[]): Fields {
  return {
    ...(shape.version === 'v1beta2' ? { classRef: { name: CLASS } } : { class: CLASS }),
    version: textAt(plane, 'status', 'version') || textAt(plane, 'spec', 'version'),
    controlPlane: { replicas: numberAt(plane, 'spec', 'replicas') ?? 1 },
    workers: {
      machineDeployments: deployments.map((each) => ({
        class: 'default-worker',
        name: nameInTopology(cluster, textAt(each, 'metadata', 'name')),
        replicas: numberAt(each, 'spec', 'replicas') ?? 1,
      })),
    },
  };
}

async function list(api: LocalApi, path: string): Promise<readonly ApiObject[]> {
  return listAt(await call(api, 'GET', path), 'items').filter(isObject);
}

async function call(api: LocalApi, method: 'GET' | 'POST' | 'PATCH', path: string, body?: Fields): Promise<unknown> {
  const answer = await api.request({ method, path, agent: 'clusterctl', ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
