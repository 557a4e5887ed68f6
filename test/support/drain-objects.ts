import type { JsonObject } from '../../src/core/json.ts';

/** A Deployment that keeps its replicas. */
export interface DeploymentSpec {
  readonly name: string;
  readonly replicas: number;
  /** Grace period of its pods, s. Default 2. */
  readonly graceSeconds?: number;
  /** How long a pod needs to become ready, ms. Default 2 s. */
  readonly startMs?: number;
  readonly budget?: JsonObject;
  /** Further fields of its pods. */
  readonly pod?: JsonObject;
}

/** Namespace of all that a drain world runs for users. */
export const WEB = 'web';
const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';
const MADE = '2026-01-01T02:00:00Z';

/** A node that is ready; `version`: that of its kubelet. */
export function nodeObject(name: string, version = 'v1.36.2'): JsonObject {
  const isControlPlane = name.startsWith('cp-');
  const role = isControlPlane ? { [CONTROL_PLANE]: '' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...role } },
    spec: isControlPlane ? { taints: [{ key: CONTROL_PLANE, effect: 'NoSchedule' }] } : {},
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: MADE }],
      nodeInfo: { kubeletVersion: version },
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    },
  };
}

/** A reference to who controls an object. */
export function controlledBy(apiVersion: string, kind: string, name: string, uid: string): JsonObject {
  return { apiVersion, kind, name, uid, controller: true };
}

/** A pod; without a node it waits for one. */
export function podObject(pod: {
  readonly namespace?: string;
  readonly name: string;
  readonly node: string | null;
  readonly ready?: boolean;
  readonly labels?: JsonObject;
  readonly owner?: JsonObject | null;
  readonly spec?: JsonObject;
  readonly annotations?: JsonObject;
}): JsonObject {
  const { namespace = WEB, name, node, ready = true, labels = {}, owner = null, spec = {}, annotations = {} } = pod;
  const phase = node === null ? 'Pending' : 'Running';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels, annotations, ...(owner === null ? {} : { ownerReferences: [owner] }) },
    spec: {
      ...(node === null ? {} : { nodeName: node }),
      terminationGracePeriodSeconds: 2,
      containers: [{ name: 'app', image: 'nginx', readinessProbe: { httpGet: { path: '/', port: 80 } } }],
      ...spec,
    },
    status: podStatus(phase, ready && node !== null),
  };
}

/** The status of a pod in a phase. */
export function podStatus(phase: string, ready: boolean): JsonObject {
  return {
    phase,
    conditions:
      phase === 'Pending'
        ? [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }]
        : [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    ...(phase === 'Pending' ? {} : { containerStatuses: [{ name: 'app', ready, restartCount: 0 }] }),
  };
}
