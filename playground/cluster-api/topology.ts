import { at, fieldsOf, listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { accepted } from '../kubernetes/controllers/client.ts';
import type { Mirror } from '../kubernetes/controllers/mirror.ts';
import { identity } from '../kubernetes/controllers/objects.ts';
import { templateHash } from '../kubernetes/controllers/template-hash.ts';
import { CLONED_FROM, DEFER_UPGRADE, DEPLOYMENT_NAME, HOLD_SEQUENCE, TOPOLOGY_NAME } from './annotations.ts';
import { type CapiScene, devMachineOf, keepReconciling, pathIn, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { templateOfPlane } from './new-machine.ts';
import { annotationOf, machinesOf } from './plane-now.ts';
import { imageOf } from './seed.ts';
import { NAMESPACE, type Said, withConditions } from './shape.ts';
import { type TopologyWorld, topologyTurn } from './topology-plan.ts';

/** What a part of a topology was given last: a version, and the template that boots it. */
interface Given {
  readonly version: string;
  readonly template: string;
}

const MANAGER = 'capi-topology';

/** The controller of clusters that have a topology: gives control plane and deployments their version, and takes back what others change. */
export function keepTopologies(scene: CapiScene): void {
  const { clusters, controlPlanes, machineDeployments, machines } = scene;
  /** By uid of the object. */
  const given = new Map<string, Given>();
  keepReconciling(scene, [clusters, controlPlanes, machineDeployments, machines], async () => {
    if (scene.knobs.asleep) return;
    for (const cluster of clusters.all())
      if (textAt(cluster, 'spec', 'topology', 'version') !== '') await reconcile(scene, cluster, given);
  });
}

async function reconcile(scene: CapiScene, cluster: ApiObject, given: Map<string, Given>): Promise<void> {
  if (at(cluster, 'spec', 'paused') === true) {
    const message = 'Cluster spec.paused is set to true';
    return await tell(scene, cluster, {
      type: 'TopologyReconciled',
      status: 'False',
      reason: 'Paused',
      message,
      old: {},
    });
  }
  const [plane] = scene.controlPlanes.all();
  if (plane === undefined) return;
  const parts = partsOf(scene, cluster);
  for (const object of [plane, ...parts.map(({ deployment }) => deployment)]) remember(scene, object, given);
  const turn = topologyTurn(worldOf(scene, { cluster, plane, parts }, given));
  await giveVersion(scene, plane, turn.plane, given);
  await keepPlane(scene, plane, cluster, given);
  for (const { deployment, topology, name } of parts) {
    const version = turn.deployments.find((each) => each.name === name)?.version;
    if (version !== undefined) await giveVersion(scene, deployment, version, given);
    await keepDeployment(scene, deployment, topology, given);
  }
  await tell(scene, cluster, turn.said);
}

interface Part {
  /** As the topology names it. */
  readonly name: string;
  readonly topology: unknown;
  readonly deployment: ApiObject;
}

function partsOf({ machineDeployments }: CapiScene, cluster: ApiObject): readonly Part[] {
  return listAt(cluster, 'spec', 'topology', 'workers', 'machineDeployments').flatMap((topology) => {
    const name = textAt(topology, 'name');
    const deployment = machineDeployments
      .all()
      .find((each) => textAt(each, 'metadata', 'labels', TOPOLOGY_NAME) === name);
    return deployment === undefined ? [] : [{ name, topology, deployment }];
  });
}

function templateName({ shape }: CapiScene, object: ApiObject): string {
  return object.kind === 'KubeadmControlPlane'
    ? templateOfPlane(shape, object)
    : textAt(object, 'spec', 'template', 'spec', 'infrastructureRef', 'name');
}

function versionOf(object: ApiObject): string {
  return textAt(object, 'spec', 'version') || textAt(object, 'spec', 'template', 'spec', 'version');
}

/** At first what is there counts as given; of a control plane that a direct change sent on its way, what it comes from. */
function remember(scene: CapiScene, object: ApiObject, given: Map<string, Given>): void {
  const { uid } = identity(object);
  if (given.has(uid)) return;
  const oldest = object.kind === 'KubeadmControlPlane' ? oldestOf(scene, object) : undefined;
  given.set(uid, oldest ?? { version: versionOf(object), template: templateName(scene, object) });
}

/** Version and template of the oldest machines of a control plane. */
function oldestOf(scene: CapiScene, plane: ApiObject): Given | undefined {
  const version = textAt(plane, 'status', 'version');
  const machine = machinesOf(scene, plane).find((each) => textAt(each, 'spec', 'version') === version);
  const dev = machine === undefined ? undefined : devMachineOf(scene, machine);
  const template = dev === undefined ? '' : (annotationOf(dev, `${CLONED_FROM}-name`) ?? '');
  return template === '' ? undefined : { version, template };
}

function worldOf(
  scene: CapiScene,
  {
    cluster,
    plane,
    parts,
  }: { readonly cluster: ApiObject; readonly plane: ApiObject; readonly parts: readonly Part[] },
  given: Map<string, Given>,
): TopologyWorld {
  const last = (object: ApiObject): string => given.get(identity(object).uid)?.version ?? '';
  return {
    version: textAt(cluster, 'spec', 'topology', 'version'),
    plane: { given: last(plane), actual: textAt(plane, 'status', 'version') },
    deployments: parts.map(({ name, topology, deployment }) => {
      const annotations = fieldsOf(at(topology, 'metadata', 'annotations'));
      return {
        name,
        given: last(deployment),
        upgrading: scene.machines
          .all()
          .some(
            (each) =>
              textAt(each, 'metadata', 'labels', DEPLOYMENT_NAME) === identity(deployment).name &&
              textAt(each, 'spec', 'version') !== last(deployment),
          ),
        deferred: annotations[DEFER_UPGRADE] !== undefined,
        held: annotations[HOLD_SEQUENCE] !== undefined,
      };
    }),
  };
}

/** A new version comes with a new template: templates do not change. */
async function giveVersion(
  scene: CapiScene,
  object: ApiObject,
  version: string,
  given: Map<string, Given>,
): Promise<void> {
  const { uid, name } = identity(object);
  const { shape, client } = scene;
  if (given.get(uid)?.version === version) return;
  const template = `${name}-${templateHash({ version }).slice(0, 5)}`;
  const answer = await client.create(shape.devMachineTemplates, {
    apiVersion: shape.infrastructure,
    kind: 'DevMachineTemplate',
    metadata: { name: template, namespace: NAMESPACE, labels: fieldsOf(object.metadata['labels']) },
    spec: { template: { spec: { image: imageOf(version) } } },
  });
  if (answer.status !== 409) await scene.devMachineTemplates.sees(accepted(answer));
  given.set(uid, { version, template });
}

async function keepPlane(
  scene: CapiScene,
  plane: ApiObject,
  cluster: ApiObject,
  given: Map<string, Given>,
): Promise<void> {
  const { shape } = scene;
  const wanted = given.get(identity(plane).uid);
  if (wanted === undefined) return;
  const infrastructureRef = shape.reference(shape.infrastructure, 'DevMachineTemplate', wanted.template);
  const replicas = numberAt(cluster, 'spec', 'topology', 'controlPlane', 'replicas');
  const spec = {
    version: wanted.version,
    ...(replicas === undefined ? {} : { replicas }),
    machineTemplate: shape.version === 'v1beta2' ? { spec: { infrastructureRef } } : { infrastructureRef },
  };
  const isKept =
    isApplied(plane) &&
    versionOf(plane) === wanted.version &&
    templateName(scene, plane) === wanted.template &&
    (replicas === undefined || numberAt(plane, 'spec', 'replicas') === replicas);
  if (!isKept) await apply(scene, scene.controlPlanes, shape.controlPlanes, plane, spec);
}

async function keepDeployment(
  scene: CapiScene,
  deployment: ApiObject,
  topology: unknown,
  given: Map<string, Given>,
): Promise<void> {
  const { shape } = scene;
  const wanted = given.get(identity(deployment).uid);
  if (wanted === undefined) return;
  const replicas = numberAt(topology, 'replicas');
  const isKept =
    isApplied(deployment) &&
    versionOf(deployment) === wanted.version &&
    templateName(scene, deployment) === wanted.template &&
    (replicas === undefined || numberAt(deployment, 'spec', 'replicas') === replicas);
  if (isKept) return;
  const { template } = fieldsOf(deployment['spec']);
  const spec = {
    clusterName: textAt(deployment, 'spec', 'clusterName'),
    selector: at(deployment, 'spec', 'selector'),
    ...(replicas === undefined ? {} : { replicas }),
    template: {
      ...fieldsOf(template),
      spec: {
        ...fieldsOf(at(template, 'spec')),
        version: wanted.version,
        infrastructureRef: shape.reference(shape.infrastructure, 'DevMachineTemplate', wanted.template),
      },
    },
  };
  await apply(scene, scene.machineDeployments, shape.machineDeployments, deployment, spec);
}

/** Whether it has been given anything yet. */
function isApplied(object: ApiObject): boolean {
  return listAt(object, 'metadata', 'managedFields').some((each) => textAt(each, 'manager') === MANAGER);
}

/** By server-side apply, as its own manager, taking every field that it names from whoever has it. */
async function apply(
  { scene: { api } }: CapiScene,
  mirror: Mirror,
  collection: string,
  object: ApiObject,
  spec: Fields,
): Promise<void> {
  const { name, namespace } = identity(object);
  const answer = await api.request({
    method: 'PATCH',
    path: `${pathIn(collection, object)}?fieldManager=${MANAGER}&force=true`,
    body: { apiVersion: object.apiVersion, kind: object.kind, metadata: { name, namespace }, spec },
    contentType: 'application/apply-patch+yaml',
    agent: 'manager',
  });
  await mirror.sees(accepted(answer));
}

async function tell(scene: CapiScene, cluster: ApiObject, said: Said): Promise<void> {
  const present = scene.clusters.get(identity(cluster).uid) ?? cluster;
  const observedGeneration = numberAt(present, 'metadata', 'generation') ?? 1;
  const status = { phase: 'Provisioned', observedGeneration, ...withConditions(scene.shape, present, [said]) };
  if (isIn(present, status)) return;
  await writeStatus(scene, scene.clusters, { collection: scene.shape.clusters, object: present, status });
}
