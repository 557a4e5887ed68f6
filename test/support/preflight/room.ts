import type { JsonObject } from '../../../src/core/json.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import { type CapacityView, readRoomNode, readRoomPod } from '../../../src/core/preflight/capacity-view.ts';

/** A node as an API server has it. */
export interface RoomNodeSample {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  /** Default: 4 CPUs, 8 GiB, 110 pods. */
  readonly allocatable?: JsonObject;
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly version?: string;
}

/** A node that is ready. */
export function roomNode(sample: RoomNodeSample): KubernetesObject & JsonObject {
  const { name, labels = {}, spec = {}, ready = 'True', version = 'v1.30.6' } = sample;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1', labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: {
      allocatable: sample.allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: ready, message: 'kubelet says so' }],
      nodeInfo: { kubeletVersion: version },
    },
  };
}

/** A pod as an API server has it. */
export interface RoomPodSample {
  readonly name: string;
  readonly node: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: `ReplicaSet web`; `null`: nobody controls it. */
  readonly owner?: { readonly kind: string; readonly name: string } | null;
  readonly requests?: JsonObject;
  readonly spec?: JsonObject;
  readonly ports?: readonly JsonObject[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: JsonObject;
}

/** A pod that runs. */
export function roomPod(sample: RoomPodSample): KubernetesObject & JsonObject {
  const { name, node, namespace = 'web', labels = {}, owner = { kind: 'ReplicaSet', name: 'web' } } = sample;
  const { requests = {}, ports = [], spec = {}, annotations = {}, status = { phase: 'Running' } } = sample;
  const owners =
    owner === null ? [] : [{ apiVersion: 'apps/v1', uid: `uid-${owner.name}`, controller: true, ...owner }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${namespace}-${name}`,
      resourceVersion: '1',
      labels,
      annotations,
      ownerReferences: owners,
    },
    spec: { nodeName: node, containers: [{ name: 'main', resources: { requests }, ports }], ...spec },
    status,
  };
}

/** A view of these. */
export function roomView(
  nodes: readonly RoomNodeSample[],
  pods: readonly RoomPodSample[],
  volumes: CapacityView['volumes'] = new Map(),
): CapacityView {
  return {
    nodes: nodes.map((node) => readRoomNode(roomNode(node))),
    pods: pods.map((pod) => readRoomPod(roomPod(pod))),
    volumes,
  };
}
