import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../directories.ts';
import { fieldsOf, isObject, numberAt } from '../kubernetes/api/reading.ts';
import { type ClusterOptions, type PlaygroundCluster, startCluster } from '../kubernetes/cluster.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { waitFor } from '../waiting.ts';
import { capiAdmission } from './admission.ts';
import { adopt } from './adopting.ts';
import { type CapiKnobs, createCapiScene } from './capi-scene.ts';
import { keepControlPlanes } from './control-plane.ts';
import { keepDevMachines } from './dev-machines.ts';
import { keepHealthChecks } from './health-checks.ts';
import { keepMachineDeployments } from './machine-deployments.ts';
import { keepMachineSets } from './machine-sets.ts';
import { keepMachines } from './machines.ts';
import { seed } from './seed.ts';
import { type CapiVersion, conditionOf, NAMESPACE, type Shape, shapeOf } from './shape.ts';
import { keepTopologies } from './topology.ts';
import { addWorkers, workloadOf } from './workload.ts';

/** All optional. */
export interface CapiOptions extends Omit<ClusterOptions, 'name' | 'flavour' | 'workers' | 'directory' | 'spareNodes'> {
  /** Name of the workload cluster; default `capi`. */
  readonly name?: string;
  /** What the management cluster serves; default `v1beta2`. */
  readonly version?: CapiVersion;
  /** Version of the workload cluster; default `v1.30.6`. The management cluster has the playground's own. */
  readonly kubernetesVersion?: string;
  /** Machines of the MachineDeployment `<name>-md-0`; default 3. */
  readonly workers?: number;
  /** Whether the cluster is of a ClusterClass from the beginning; default false. See {@link Capi.adopt}. */
  readonly topology?: boolean;
  /** Default `there`: a MachineHealthCheck selects the machines of the control plane. */
  readonly healthCheck?: 'there' | 'absent' | 'paused';
  readonly knobs?: Partial<CapiKnobs>;
  /** Told of each request to the management cluster that somebody has no right to. */
  readonly onManagementRefused?: ClusterOptions['onRefused'];
}

/** Collections of a management cluster. */
export type CapiCollection = keyof Pick<
  Shape,
  | 'clusters'
  | 'clusterClasses'
  | 'machines'
  | 'healthChecks'
  | 'controlPlanes'
  | 'machineDeployments'
  | 'machineSets'
  | 'configTemplates'
  | 'devMachines'
  | 'devMachineTemplates'
>;

/** A workload cluster whose machines are objects of a management cluster. */
export interface Capi {
  readonly name: string;
  readonly workload: PlaygroundCluster;
  readonly management: PlaygroundCluster;
  /** Namespace of its objects there. */
  readonly namespace: string;
  readonly version: CapiVersion;
  readonly knobs: CapiKnobs;
  /** Objects of a collection of the management cluster. */
  objects(collection: CapiCollection): Promise<readonly ApiObject[]>;
  /** Path of a collection there, for requests of one's own. */
  path(collection: CapiCollection): string;
  /**
   * Makes it a cluster of a ClusterClass, in the version of its oldest control-plane machine: from now on a topology controller owns control
   * plane and deployments, takes back what others change of them, also a roll-out of the control plane that is under way, and rolls out
   * `spec.topology.version` of the Cluster.
   */
  adopt(): Promise<void>;
  /** Waits until all machines are there, up to date and ready, and each member of etcd is healthy (default 60 s). */
  waitReady(timeoutMs?: number): Promise<void>;
  /** Ends every process and deletes the data. */
  stop(): Promise<void>;
}

const READY_MS = 60_000;
/** A roll-out of everything takes six nodes. */
const SPARE_NODES = 96;

/**
 * Starts a workload cluster of kubeadm's kind and a management cluster of one node, puts the objects of Cluster API there as if it had made
 * the machines, and runs its controllers. Nothing of it outlives this process.
 *
 * @throws Error when a program is missing or something is not ready within 60 s.
 */
export async function startCapi(options: CapiOptions = {}): Promise<Capi> {
  const { name = 'capi', version = 'v1beta2', healthCheck = 'there', workers = 3, topology = false } = options;
  const directory = await makeTemporaryDirectory('cluster-api');
  const ending = new AbortController();
  const started: PlaygroundCluster[] = [];
  async function stop(): Promise<void> {
    ending.abort();
    await Promise.all(started.splice(0).map((each) => each.stop()));
    await removeDirectory(directory);
  }
  try {
    const shape = shapeOf(version);
    const management = await startCluster(managementOptions(options, name, shape, join(directory, 'management')));
    started.push(management);
    const workload = await startCluster(workloadOptions(options, name, join(directory, 'workload')));
    started.push(workload);
    const knobs: CapiKnobs = { ...KNOBS, ...options.knobs };
    addWorkers(workload, workers);
    await workload.waitReady();
    await seed(management.api, shape, { workload, healthCheck });
    if (topology) await adopt(management.api, shape, name);
    const scene = createCapiScene(management.api, shape, workloadOf(workload, knobs), {
      signal: ending.signal,
      pace: options.pace ?? 1,
      knobs,
    });
    for (const keep of CONTROLLERS) keep(scene);
    const capi = capiOf({ name, workload, management, version, knobs }, shape, stop);
    await capi.waitReady();
    return capi;
  } catch (error) {
    await stop();
    throw error;
  }
}

const KNOBS: CapiKnobs = {
  neverBoots: false,
  neverJoins: false,
  vanishes: false,
  asleep: false,
  bootMs: 5_000,
  blinkMs: 1_000,
};

const CONTROLLERS = [
  keepDevMachines,
  keepMachines,
  keepHealthChecks,
  keepControlPlanes,
  keepMachineSets,
  keepMachineDeployments,
  keepTopologies,
] as const;

function managementOptions(options: CapiOptions, name: string, shape: Shape, directory: string): ClusterOptions {
  const { onRefused: _, controlPlanes: __, kubernetesVersion: ___, onManagementRefused, ...shared } = options;
  return {
    ...clusterOptions(shared),
    ...(onManagementRefused === undefined ? {} : { onRefused: onManagementRefused }),
    admission: [capiAdmission(shape)],
    name: `${name}-mgmt`,
    controlPlanes: 1,
    directory,
  };
}

function workloadOptions(options: CapiOptions, name: string, directory: string): ClusterOptions {
  const { kubernetesVersion = 'v1.30.6' } = options;
  return { ...clusterOptions(options), kubernetesVersion, name, directory, spareNodes: SPARE_NODES };
}

function clusterOptions(options: CapiOptions): ClusterOptions {
  const { version: _, healthCheck: __, knobs: ___, topology: ____, workers: _____, ...rest } = options;
  const { onManagementRefused: ______, ...cluster } = rest;
  return cluster;
}

function capiOf(
  facts: Pick<Capi, 'name' | 'workload' | 'management' | 'version' | 'knobs'>,
  shape: Shape,
  stop: () => Promise<void>,
): Capi {
  const { management } = facts;
  async function objects(collection: CapiCollection): Promise<readonly ApiObject[]> {
    const { status, body } = await management.api.request({ method: 'GET', path: shape[collection] });
    if (status !== 200) throw new Error(`${collection} cannot be listed: ${status}`);
    const { items } = fieldsOf(body);
    return Array.isArray(items) ? items.filter(isObject) : [];
  }
  async function isReady(): Promise<boolean> {
    const [machines, planes, deployments] = await Promise.all([
      objects('machines'),
      objects('controlPlanes'),
      objects('machineDeployments'),
    ]).catch(() => [[], [], []] as const);
    const wanted = [...planes, ...deployments].reduce(
      (sum, each) => sum + (numberAt(each, 'spec', 'replicas') ?? 0),
      0,
    );
    const well = machines.filter((each) => WELL.every((type) => holds(shape, each, type)));
    return machines.length === wanted && well.length === wanted && wanted > 0;
  }
  return {
    ...facts,
    namespace: NAMESPACE,
    objects,
    path: (collection) => shape[collection],
    adopt: async () => await adopt(management.api, shape, facts.name),
    async waitReady(timeoutMs = READY_MS) {
      await waitFor('every machine to be up to date and ready', isReady, { timeoutMs, everyMs: 250 });
    },
    stop,
  };
}

const WELL = ['Ready', 'UpToDate', 'EtcdMemberHealthy'];

/** A condition that a machine does not have holds for {@link WELL}, if it is of control planes only. */
function holds(shape: Shape, machine: ApiObject, type: string): boolean {
  const { status } = conditionOf(shape, machine, type);
  const isOfPlane = fieldsOf(machine.metadata['labels'])['cluster.x-k8s.io/control-plane'] !== undefined;
  return status === 'True' || (type === 'EtcdMemberHealthy' && !isOfPlane);
}
