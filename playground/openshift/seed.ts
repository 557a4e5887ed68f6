import type { PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { accepted, createClient } from '../kubernetes/controllers/client.ts';
import { identity } from '../kubernetes/controllers/objects.ts';
import { waitFor } from '../waiting.ts';
import { collectionOf, definitionOf, type KindFacts } from './kinds/definition.ts';
import {
  API_SERVER,
  CLUSTER_OPERATOR,
  CLUSTER_VERSION,
  ETCD,
  HEALTH_CHECK,
  HOLDERS,
  INFRASTRUCTURE,
  KINDS,
  MACHINE,
  MACHINE_SET,
} from './kinds/kinds.ts';
import { MACHINE_SPACE } from './layout.ts';
import { MACHINE_FINALIZER } from './machines/machine-controller.ts';
import type { OcpOptions } from './start.ts';

/** What the installer called this cluster. */
export const INFRASTRUCTURE_NAME = 'ocp-x7k2p';
const OPERATORS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'machine-api', 'baremetal'];
const VERSION = '4.16.0';
/** Scaled by the pace: long enough that people plan a replacement, and pause the check, before it deletes the machine itself. */
const CHECK_TIMEOUT = '1200s';

/** Name of the machine that a first node is: `cp-1` is `…-master-0`. */
export function firstMachine(node: string): string {
  return `${INFRASTRUCTURE_NAME}-master-${Number(node.replace('cp-', '')) - 1}`;
}

/** Creates the kinds of OpenShift and the objects that a fresh cluster has. */
export async function seedObjects(cluster: PlaygroundCluster, options: OcpOptions): Promise<void> {
  const client = createClient(cluster.api, 'cluster-version-operator');
  async function create(path: string, object: ApiObject): Promise<void> {
    const { status, ...rest } = object;
    const made = await waitFor(`${object.kind} ${identity(object).name}`, async () => {
      const answer = await client.create(path, rest);
      // A kind that was just defined is not served yet.
      return answer.status === 404 || answer.status >= 500 ? false : answer;
    });
    accepted(made);
    if (status !== undefined) accepted(await client.merge(`${path}/${identity(object).name}/status`, { status }));
  }
  for (const kind of KINDS) {
    await create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definitionOf(kind));
  }
  for (const { kind, object } of firstObjects(cluster, options)) {
    await create(collectionOf(kind, kind.namespaced ? MACHINE_SPACE : ''), object);
  }
}

interface Seed {
  readonly kind: KindFacts;
  readonly object: ApiObject;
}

function firstObjects(cluster: PlaygroundCluster, options: OcpOptions): readonly Seed[] {
  const masters = cluster.nodes.filter(({ role }) => role === 'control-plane');
  return [
    config(
      CLUSTER_VERSION,
      'version',
      { clusterID: '0e1f5ad7-6c37-4a4a-9c3e-9f3f8f4d2b11' },
      {
        desired: { version: VERSION },
        history: [{ state: 'Completed', version: VERSION, verified: false }],
        conditions: [fine('Available', 'True'), fine('Progressing', 'False'), fine('Failing', 'False')],
      },
    ),
    config(
      INFRASTRUCTURE,
      'cluster',
      { platformSpec: { type: 'AWS' } },
      {
        controlPlaneTopology: 'HighlyAvailable',
        infrastructureTopology: 'HighlyAvailable',
        infrastructureName: INFRASTRUCTURE_NAME,
        platform: 'AWS',
      },
    ),
    config(API_SERVER, 'cluster', {}),
    ...HOLDERS.map((kind) => config(kind, 'cluster', { managementState: 'Managed' })),
    ...OPERATORS.map((name) =>
      config(
        CLUSTER_OPERATOR,
        name,
        {},
        {
          conditions: [fine('Available', 'True'), fine('Degraded', 'False'), fine('Progressing', 'False')],
        },
      ),
    ),
    config(ETCD, 'cluster', { managementState: 'Managed', forceRedeploymentReason: '', logLevel: 'Normal' }),
    ...(options.machines === 'none' ? [] : masters.map(({ name }) => ({ kind: MACHINE, object: machineOf(name) }))),
    ...machineSet(options, masters.length),
    ...(options.healthCheck === true ? [{ kind: HEALTH_CHECK, object: healthCheck() }] : []),
  ];
}

function config(kind: KindFacts, name: string, spec: Fields, status?: Fields): Seed {
  const apiVersion = `${kind.group}/${kind.version}`;
  const object = { apiVersion, kind: kind.kind, metadata: { name }, spec };
  return { kind, object: status === undefined ? object : { ...object, status } };
}

function fine(type: string, status: 'True' | 'False'): Fields {
  const lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`;
  return { type, status, reason: 'AsExpected', message: '', lastTransitionTime };
}

const LABELS = {
  'machine.openshift.io/cluster-api-cluster': INFRASTRUCTURE_NAME,
  'machine.openshift.io/cluster-api-machine-role': 'master',
  'machine.openshift.io/cluster-api-machine-type': 'master',
};

function machineSpec(): Fields {
  const value = {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'AWSMachineProviderConfig',
    ami: { id: 'ami-0d4ba2f2d1f7a5c11' },
    instanceType: 'm6i.xlarge',
    placement: { region: 'us-east-1', availabilityZone: 'us-east-1a' },
    credentialsSecret: { name: 'aws-cloud-credentials' },
    userDataSecret: { name: 'master-user-data' },
  };
  return { lifecycleHooks: {}, metadata: {}, providerSpec: { value } };
}

function machineOf(node: string): ApiObject {
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: {
      name: firstMachine(node),
      namespace: MACHINE_SPACE,
      labels: LABELS,
      annotations: { 'machine.openshift.io/instance-state': 'running' },
      finalizers: [MACHINE_FINALIZER],
    },
    spec: machineSpec(),
  };
}

function machineSet({ machines = 'inactive-set' }: OcpOptions, replicas: number): readonly Seed[] {
  if (machines === 'none' || machines === 'plain') return [];
  const template = {
    machineType: 'machines_v1beta1_machine_openshift_io',
    machines_v1beta1_machine_openshift_io: { metadata: { labels: LABELS }, spec: machineSpec() },
  };
  const object = {
    apiVersion: 'machine.openshift.io/v1',
    kind: 'ControlPlaneMachineSet',
    metadata: { name: 'cluster', namespace: MACHINE_SPACE },
    spec: {
      replicas: replicas === 5 ? 5 : 3,
      state: machines === 'active-set' ? 'Active' : 'Inactive',
      selector: { matchLabels: LABELS },
      strategy: { type: 'RollingUpdate' },
      template,
    },
  };
  return [{ kind: MACHINE_SET, object }];
}

function healthCheck(): ApiObject {
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineHealthCheck',
    metadata: { name: 'control-plane-health', namespace: MACHINE_SPACE },
    spec: {
      maxUnhealthy: 1,
      selector: { matchLabels: { 'machine.openshift.io/cluster-api-machine-role': 'master' } },
      unhealthyConditions: [
        { type: 'Ready', status: 'Unknown', timeout: CHECK_TIMEOUT },
        { type: 'Ready', status: 'False', timeout: CHECK_TIMEOUT },
      ],
    },
  };
}
