import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../directories.ts';
import { fieldsOf, isObject, textAt } from '../kubernetes/api/reading.ts';
import { type ClusterOptions, type PlaygroundCluster, startCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { waitFor } from '../waiting.ts';
import { CLUSTER_NAME, CONTROL_PLANE, CONTROL_PLANE_NAME } from './annotations.ts';
import { type CapiKnobs, createCapiScene } from './capi-scene.ts';
import { keepControlPlanes } from './control-plane.ts';
import { definitions } from './definitions.ts';
import { keepDevMachines, providerIdOf } from './dev-machines.ts';
import { keepHealthChecks } from './health-checks.ts';
import { keepMachines } from './machines.ts';
import { devMachineObject, machineName, machineObject } from './new-machine.ts';
import { type CapiVersion, conditionOf, NAMESPACE, type Shape, shapeOf } from './shape.ts';
import { workloadOf } from './workload.ts';

/** All optional. */
export interface CapiOptions extends Omit<ClusterOptions, 'name' | 'flavour' | 'workers' | 'directory'> {
  /** Name of the workload cluster; default `capi`. */
  readonly name?: string;
  /** What the management cluster serves; default `v1beta2`. */
  readonly version?: CapiVersion;
  /** Default `there`: a MachineHealthCheck selects the machines of the control plane. */
  readonly healthCheck?: 'there' | 'absent' | 'paused';
  readonly knobs?: Partial<CapiKnobs>;
  /** Told of each request to the management cluster that somebody has no right to. */
  readonly onManagementRefused?: ClusterOptions['onRefused'];
}

/** A workload cluster whose machines are objects of a management cluster. */
export interface Capi {
  readonly name: string;
  readonly workload: PlaygroundCluster;
  readonly management: PlaygroundCluster;
  /** Namespace of its objects there. */
  readonly namespace: string;
  readonly version: CapiVersion;
  readonly knobs: CapiKnobs;
  /** Objects of a collection of the management cluster: `machines`, `controlPlanes` … */
  objects(
    collection: 'clusters' | 'machines' | 'healthChecks' | 'controlPlanes' | 'devMachines',
  ): Promise<readonly ApiObject[]>;
  /** Waits until every machine of the control plane is ready and its member healthy (default 60 s). */
  waitReady(timeoutMs?: number): Promise<void>;
  /** Ends every process and deletes the data. */
  stop(): Promise<void>;
}

const READY_MS = 60_000;

/**
 * Starts a workload cluster of kubeadm's kind and a management cluster of one node, puts the objects of Cluster API there as if it had made
 * the machines, and runs its controllers. Nothing of it outlives this process.
 *
 * @throws Error when a program is missing or something is not ready within 60 s.
 */
export async function startCapi(options: CapiOptions = {}): Promise<Capi> {
  const {
    name = 'capi',
    version = 'v1beta2',
    healthCheck = 'there',
    onManagementRefused,
    knobs: some,
    ...rest
  } = options;
  const directory = await makeTemporaryDirectory('cluster-api');
  const ending = new AbortController();
  const started: PlaygroundCluster[] = [];
  async function stop(): Promise<void> {
    ending.abort();
    await Promise.all(started.splice(0).map((each) => each.stop()));
    await removeDirectory(directory);
  }
  try {
    const { onRefused: _, controlPlanes: __, ...shared } = rest;
    const refused = onManagementRefused === undefined ? {} : { onRefused: onManagementRefused };
    const management = await startCluster({
      ...shared,
      ...refused,
      name: `${name}-mgmt`,
      controlPlanes: 1,
      directory: join(directory, 'management'),
    });
    started.push(management);
    const workload = await startCluster({ ...rest, name, directory: join(directory, 'workload') });
    started.push(workload);
    const knobs: CapiKnobs = { neverBoots: false, neverJoins: false, asleep: false, bootMs: 5_000, ...some };
    const shape = shapeOf(version);
    await prepare(management.api, shape, { workload, healthCheck });
    const scene = createCapiScene(management.api, shape, workloadOf(workload), {
      signal: ending.signal,
      pace: options.pace ?? 1,
      knobs,
    });
    for (const keep of [keepDevMachines, keepMachines, keepHealthChecks, keepControlPlanes]) keep(scene);
    const capi = capiOf({ name, workload, management, version, knobs }, shape, stop);
    await capi.waitReady();
    return capi;
  } catch (error) {
    await stop();
    throw error;
  }
}

function capiOf(
  facts: Pick<Capi, 'name' | 'workload' | 'management' | 'version' | 'knobs'>,
  shape: Shape,
  stop: () => Promise<void>,
): Capi {
  const { management } = facts;
  async function objects(collection: Parameters<Capi['objects']>[0]): Promise<readonly ApiObject[]> {
    const { status, body } = await management.api.request({ method: 'GET', path: shape[collection] });
    if (status !== 200) throw new Error(`${collection} cannot be listed: ${status}`);
    const { items } = fieldsOf(body);
    return Array.isArray(items) ? items.filter(isObject) : [];
  }
  async function isReady(): Promise<boolean> {
    const [machines, planes] = await Promise.all([objects('machines'), objects('controlPlanes')]).catch(
      () => [[], []] as const,
    );
    const wanted = planes.reduce((sum, each) => sum + Number(fieldsOf(each['spec'])['replicas'] ?? 0), 0);
    const well = machines.filter((each) =>
      ['Ready', 'EtcdMemberHealthy'].every((type) => conditionOf(shape, each, type)['status'] === 'True'),
    );
    return machines.length === wanted && well.length === wanted && wanted > 0;
  }
  return {
    ...facts,
    namespace: NAMESPACE,
    objects,
    async waitReady(timeoutMs = READY_MS) {
      await waitFor('every machine of the control plane to be ready', isReady, { timeoutMs, everyMs: 250 });
    },
    stop,
  };
}

/** Definitions, then the objects, as they are after Cluster API made the machines. */
async function prepare(
  api: LocalApi,
  shape: Shape,
  {
    workload,
    healthCheck,
  }: { readonly workload: PlaygroundCluster; readonly healthCheck: 'there' | 'absent' | 'paused' },
): Promise<void> {
  for (const definition of definitions(shape.version)) {
    await create(api, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  }
  await create(api, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const collections = [
    shape.clusters,
    shape.machines,
    shape.healthChecks,
    shape.controlPlanes,
    shape.devMachines,
    shape.devMachineTemplates,
  ];
  await waitFor('the kinds of Cluster API to be served', async () => {
    const answers = await Promise.all(collections.map((path) => api.request({ method: 'GET', path })));
    return answers.every(({ status }) => status === 200);
  });
  const cluster = await create(api, shape.clusters, clusterObject(shape, workload));
  await create(api, shape.devMachineTemplates, {
    apiVersion: shape.infrastructure,
    kind: 'DevMachineTemplate',
    metadata: { name: planeName(workload), namespace: NAMESPACE },
    spec: { template: { spec: {} } },
  });
  const plane = await create(api, shape.controlPlanes, planeObject(shape, workload, cluster));
  for (const node of workload.nodes.filter(({ role }) => role === 'control-plane')) {
    const name = machineName(plane);
    const dev = await create(api, shape.devMachines, {
      ...devMachineObject(shape, plane, name),
      spec: { providerID: providerIdOf(node.name) },
    });
    const path = `${shape.devMachines}/${textAt(dev, 'metadata', 'name')}/status`;
    await api.request({
      method: 'PATCH',
      path,
      body: { status: { node: node.name, ready: true, instanceState: 'running' } },
    });
    await create(api, shape.machines, machineObject(shape, plane, name, null));
  }
  if (healthCheck !== 'absent')
    await create(api, shape.healthChecks, healthCheckObject(shape, workload, healthCheck === 'paused'));
}

function planeName({ name }: Pick<PlaygroundCluster, 'name'>): string {
  return `${name}-control-plane`;
}

function clusterObject(shape: Shape, workload: PlaygroundCluster): Fields {
  const { hostname, port } = new URL(workload.server);
  return {
    apiVersion: shape.core,
    kind: 'Cluster',
    metadata: { name: workload.name, namespace: NAMESPACE, labels: { [CLUSTER_NAME]: workload.name } },
    spec: {
      controlPlaneRef: shape.reference(shape.controlPlane, 'KubeadmControlPlane', planeName(workload)),
      controlPlaneEndpoint: { host: hostname, port: Number(port) },
    },
  };
}

function planeObject(shape: Shape, workload: PlaygroundCluster, cluster: ApiObject): Fields {
  const template = shape.reference(shape.infrastructure, 'DevMachineTemplate', planeName(workload));
  const { uid } = cluster.metadata;
  return {
    apiVersion: shape.controlPlane,
    kind: 'KubeadmControlPlane',
    metadata: {
      name: planeName(workload),
      namespace: NAMESPACE,
      labels: { [CLUSTER_NAME]: workload.name },
      ownerReferences: [
        {
          apiVersion: shape.core,
          kind: 'Cluster',
          name: workload.name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas: workload.nodes.filter(({ role }) => role === 'control-plane').length,
      version: 'v1.36.2',
      machineTemplate:
        shape.version === 'v1beta2' ? { spec: { infrastructureRef: template } } : { infrastructureRef: template },
      kubeadmConfigSpec: {},
    },
  };
}

/** Its own waits are long: in the playground it acts when somebody asks for it. */
function healthCheckObject(shape: Shape, workload: PlaygroundCluster, paused: boolean): Fields {
  const name = planeName(workload);
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
      labels: { [CLUSTER_NAME]: workload.name },
      ...(paused ? { annotations: { 'cluster.x-k8s.io/paused': '' } } : {}),
    },
    spec: {
      clusterName: workload.name,
      selector: { matchLabels: { [CONTROL_PLANE]: '', [CONTROL_PLANE_NAME]: name } },
      ...rules,
    },
  };
}

async function create(api: LocalApi, path: string, body: Fields): Promise<ApiObject> {
  const answer = await api.request({ method: 'POST', path, body, agent: 'clusterctl' });
  if (answer.status !== 201 || !isObject(answer.body))
    throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
