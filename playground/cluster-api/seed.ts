import { fieldsOf, isObject, textAt } from '../kubernetes/api/reading.ts';
import type { ClusterNode, PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { waitFor } from '../waiting.ts';
import { definitions } from './definitions.ts';
import { providerIdOf } from './dev-machines.ts';
import {
  clusterObject,
  deploymentName,
  deploymentObject,
  healthCheckObject,
  planeName,
  planeObject,
} from './first-objects.ts';
import { CORE_NAMESPACE, coreProvider, INVENTORY, inventoryDefinition } from './inventory.ts';
import { machineSetObject } from './machine-templates.ts';
import { devMachineObject, machineObject, type Recipe, recipeOfPlane, recipeOfSet } from './new-machine.ts';
import { NAMESPACE, type Shape } from './shape.ts';
import { ZONES } from './workload.ts';

/** Definitions, then the objects, as they are after Cluster API made the machines. @throws Error when one is refused. */
export async function seed(
  api: LocalApi,
  shape: Shape,
  {
    workload,
    healthCheck,
  }: { readonly workload: PlaygroundCluster; readonly healthCheck: 'there' | 'absent' | 'paused' },
): Promise<void> {
  await define(api, shape);
  const cluster = await create(api, shape.clusters, clusterObject(shape, workload));
  const planes = workload.nodes.filter(({ role }) => role === 'control-plane');
  const template = await devTemplate(api, shape, planeName(workload.name), versionOf(planes));
  const plane = await create(api, shape.controlPlanes, planeObject(shape, cluster, planes.length, versionOf(planes)));
  for (const node of planes)
    await machineOf(api, shape, { node, template, recipe: recipeOfPlane(shape, plane, null), zone: null });
  await seedWorkers(
    api,
    shape,
    cluster,
    workload.nodes.filter(({ role }) => role === 'worker'),
  );
  if (healthCheck !== 'absent')
    await create(api, shape.healthChecks, healthCheckObject(shape, workload.name, healthCheck === 'paused'));
}

async function define(api: LocalApi, shape: Shape): Promise<void> {
  for (const definition of [...definitions(shape.version), inventoryDefinition()]) {
    await create(api, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  }
  for (const name of [NAMESPACE, CORE_NAMESPACE])
    await create(api, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const collections = [
    shape.clusters,
    shape.clusterClasses,
    shape.machines,
    shape.healthChecks,
    shape.controlPlanes,
    shape.machineDeployments,
    shape.machineSets,
    shape.configTemplates,
    shape.devMachines,
    shape.devMachineTemplates,
    INVENTORY,
  ];
  await waitFor('the kinds of Cluster API to be served', async () => {
    const answers = await Promise.all(collections.map((path) => api.request({ method: 'GET', path })));
    return answers.every(({ status }) => status === 200);
  });
  await create(api, INVENTORY, coreProvider(shape.version));
}

async function seedWorkers(
  api: LocalApi,
  shape: Shape,
  cluster: ApiObject,
  nodes: readonly ClusterNode[],
): Promise<void> {
  if (nodes.length === 0) return;
  const name = deploymentName(textAt(cluster, 'metadata', 'name'));
  const template = await devTemplate(api, shape, name, versionOf(nodes));
  await create(api, shape.configTemplates, {
    apiVersion: shape.bootstrap,
    kind: 'KubeadmConfigTemplate',
    metadata: { name, namespace: NAMESPACE },
    spec: { template: { spec: { joinConfiguration: { nodeRegistration: {} } } } },
  });
  const wanted = { replicas: nodes.length, version: versionOf(nodes) };
  const deployment = await create(api, shape.machineDeployments, deploymentObject(shape, cluster, wanted));
  const set = await create(
    api,
    shape.machineSets,
    machineSetObject(shape, deployment, { replicas: nodes.length, revision: 1 }),
  );
  for (const [index, node] of nodes.entries()) {
    const zone = ZONES[index % ZONES.length] ?? null;
    await machineOf(api, shape, { node, template, recipe: recipeOfSet(set), zone });
  }
}

function versionOf(nodes: readonly Pick<ClusterNode, 'version'>[]): string {
  return nodes[0]?.version ?? '';
}

async function devTemplate(api: LocalApi, shape: Shape, name: string, version: string): Promise<ApiObject> {
  return await create(api, shape.devMachineTemplates, {
    apiVersion: shape.infrastructure,
    kind: 'DevMachineTemplate',
    metadata: { name, namespace: NAMESPACE },
    spec: { template: { spec: { image: imageOf(version) } } },
  });
}

/** The image of a version: a node that boots it is of that version, whatever its Machine says. */
export function imageOf(version: string): string {
  return `dev/node:${version}`;
}

interface SeededMachine {
  readonly node: ClusterNode;
  readonly template: ApiObject;
  readonly recipe: Recipe;
  readonly zone: string | null;
}

async function machineOf(api: LocalApi, shape: Shape, { node, template, recipe, zone }: SeededMachine): Promise<void> {
  const object = devMachineObject(shape, recipe, template);
  const providerID = providerIdOf(node.name);
  const spec = { ...fieldsOf(object['spec']), providerID, ...(zone === null ? {} : { failureDomain: zone }) };
  await create(api, shape.devMachines, { ...object, spec });
  const status = { node: node.name, ready: true, instanceState: 'running' };
  const path = `${shape.devMachines}/${recipe.name}/status`;
  await api.request({ method: 'PATCH', path, body: { status } });
  await create(api, shape.machines, machineObject(shape, recipe));
}

async function create(api: LocalApi, path: string, body: Fields): Promise<ApiObject> {
  const answer = await api.request({ method: 'POST', path, body, agent: 'clusterctl' });
  if (answer.status !== 201 || !isObject(answer.body))
    throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
