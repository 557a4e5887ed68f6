import { JsonObject } from '../../src/core/json.ts';
import type { Version } from './capi-objects.ts';

/** Namespace of everything in the management cluster. */
export const NAMESPACE = 'prod';
/** Where it all begins. */
export const OLD = 'v1.30.6';

/** The groups of kinds, in one version of Cluster API. */
export interface Groups {
  readonly version: Version;
  readonly core: string;
  readonly plane: string;
  readonly infrastructure: string;
}

/** Makes them. */
export function groupsOf(version: Version): Groups {
  return {
    version,
    core: `cluster.x-k8s.io/${version}`,
    plane: `controlplane.cluster.x-k8s.io/${version}`,
    infrastructure: `infrastructure.cluster.x-k8s.io/${version}`,
  };
}

function meta(name: string, rest: JsonObject = {}): JsonObject {
  const { labels = {}, ...others } = rest;
  return {
    name,
    namespace: NAMESPACE,
    labels: { 'cluster.x-k8s.io/cluster-name': 'prod', ...JsonObject.parse(labels) },
    ...others,
  };
}

function ref({ version, infrastructure }: Groups, name: string): JsonObject {
  const kind = 'DevMachineTemplate';
  return version === 'v1beta2'
    ? { apiGroup: 'infrastructure.cluster.x-k8s.io', kind, name }
    : { apiVersion: infrastructure, kind, name, namespace: NAMESPACE };
}

/** The Cluster; with a topology when it is built by a ClusterClass. */
export function clusterObject({ core, version }: Groups, topology: boolean): JsonObject {
  const className = version === 'v1beta2' ? { classRef: { name: 'quick' } } : { class: 'quick' };
  const workers = { machineDeployments: [{ class: 'worker', name: 'md-0', replicas: 3 }] };
  return {
    apiVersion: core,
    kind: 'Cluster',
    metadata: { name: 'prod', namespace: NAMESPACE },
    spec: {
      controlPlaneRef: { kind: 'KubeadmControlPlane', name: 'prod-cp' },
      ...(topology ? { topology: { ...className, version: OLD, workers } } : {}),
    },
  };
}

/** A template that names an image. What the server and others wrote stands in it too. */
export function templateObject({ infrastructure }: Groups, name: string): JsonObject {
  return {
    apiVersion: infrastructure,
    kind: 'DevMachineTemplate',
    metadata: meta(name, {
      labels: { 'topology.cluster.x-k8s.io/owned': '', team: 'platform' },
      annotations: { 'cluster.x-k8s.io/cloned-from-name': 'class', note: 'kept' },
    }),
    spec: { template: { spec: { image: `dev/node:${OLD}`, disk: 20 } } },
  };
}

/** The control plane of three. */
export function planeObject(groups: Groups, owned: boolean): JsonObject {
  const { version } = groups;
  const template = ref(groups, 'prod-cp');
  return {
    apiVersion: groups.plane,
    kind: 'KubeadmControlPlane',
    metadata: meta('prod-cp', owned ? { labels: { 'topology.cluster.x-k8s.io/owned': '' } } : {}),
    spec: {
      replicas: 3,
      version: OLD,
      machineTemplate:
        version === 'v1beta2' ? { spec: { infrastructureRef: template } } : { infrastructureRef: template },
      kubeadmConfigSpec: {},
    },
  };
}

/** A deployment of three. */
export function deploymentObject(groups: Groups, owned: boolean): JsonObject {
  const labels = owned
    ? { 'topology.cluster.x-k8s.io/owned': '', 'topology.cluster.x-k8s.io/deployment-name': 'md-0' }
    : {};
  return {
    apiVersion: groups.core,
    kind: 'MachineDeployment',
    metadata: meta('prod-md-0', { labels }),
    spec: {
      clusterName: 'prod',
      replicas: 3,
      template: {
        spec: {
          clusterName: 'prod',
          version: OLD,
          bootstrap: {
            configRef: { apiGroup: 'bootstrap.cluster.x-k8s.io', kind: 'KubeadmConfigTemplate', name: 'prod-md-0' },
          },
          infrastructureRef: ref(groups, 'prod-md-0'),
        },
      },
    },
  };
}

/** Who a machine is of. */
export interface Owned {
  readonly kind: 'KubeadmControlPlane' | 'MachineSet';
  readonly apiVersion: string;
  readonly name: string;
  readonly uid: string;
}

/** A machine; `node` null: it has not joined yet. */
export function machineObject(
  { core }: Groups,
  owner: Owned,
  facts: { readonly name: string; readonly version: string; readonly node: string | null; readonly template: string },
): JsonObject {
  const { name, version, node, template } = facts;
  const isPlane = owner.kind === 'KubeadmControlPlane';
  return {
    apiVersion: core,
    kind: 'Machine',
    metadata: meta(name, {
      labels: isPlane ? { 'cluster.x-k8s.io/control-plane': '' } : { 'cluster.x-k8s.io/deployment-name': 'prod-md-0' },
      annotations: isPlane ? { 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup': '' } : {},
      finalizers: ['machine.cluster.x-k8s.io'],
      ownerReferences: [{ ...owner, controller: true }],
    }),
    spec: {
      clusterName: 'prod',
      version,
      providerID: node === null ? '' : `dev:////${node}`,
      infrastructureRef: { kind: 'DevMachine', name: template },
    },
    status: node === null ? { phase: 'Provisioning' } : { phase: 'Running', nodeRef: { name: node } },
  };
}

/** A node of Cluster API. */
export function nodeObject(name: string, version: string, ready = true): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: name.startsWith('cp-') ? { 'node-role.kubernetes.io/control-plane': '' } : {},
      annotations: { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/cluster-namespace': NAMESPACE },
    },
    spec: { providerID: `dev:////${name}` },
    status: {
      nodeInfo: { kubeletVersion: version },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-11-21T10:00:00Z' }],
    },
  };
}
