import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';

/** What Drydock reads of a node. */
export interface NodeReading {
  readonly name: string;
  readonly uid: string;
  /** From the labels `node-role.kubernetes.io/…`, sorted; empty: an ordinary worker. */
  readonly roles: readonly string[];
  /** Of the kubelet, for instance `v1.36.2`. */
  readonly kubeletVersion: string;
  /** `unknown`: its kubelet does not report any more. */
  readonly ready: 'yes' | 'no' | 'unknown';
  /** Since when, ISO; `null`: not told. */
  readonly readySince: string | null;
  /** The kubelet's words on why it is not ready; empty: none. */
  readonly why: string;
  readonly cordoned: boolean;
  /** Pressures that it reports: `memory`, `disk`, `process ids`, `no network`. */
  readonly pressures: readonly string[];
  readonly providerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  message: z.string().default(''),
  lastTransitionTime: z.string().nullish(),
});

const Node = z.object({
  spec: z.object({ unschedulable: z.boolean().default(false), providerID: z.string().default('') }).prefault({}),
  status: z
    .object({
      conditions: z.array(Condition).default([]),
      nodeInfo: z.object({ kubeletVersion: z.string().default('') }).prefault({}),
    })
    .prefault({}),
});

const ROLE = 'node-role.kubernetes.io/';
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: 'memory',
  DiskPressure: 'disk',
  PIDPressure: 'process ids',
  NetworkUnavailable: 'no network',
};

/** Reads a node. @throws ZodError when the object has not the shape of one. */
export function readNode(object: KubernetesObject): NodeReading {
  const { spec, status } = Node.parse(object);
  const { name, uid, labels = {}, annotations = {} } = object.metadata;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  return {
    name,
    uid,
    roles: Object.keys(labels)
      .flatMap((label) => (label.startsWith(ROLE) ? [label.slice(ROLE.length)] : []))
      .toSorted(),
    kubeletVersion: status.nodeInfo.kubeletVersion,
    ready: ready?.status === 'True' ? 'yes' : ready?.status === 'False' ? 'no' : 'unknown',
    readySince: ready?.lastTransitionTime ?? null,
    why: ready === undefined || ready.status === 'True' ? '' : withoutSecrets(ready.message),
    cordoned: spec.unschedulable,
    pressures: status.conditions.flatMap(({ type, status: is }) => (is === 'True' ? (PRESSURES[type] ?? []) : [])),
    providerId: spec.providerID,
    labels,
    annotations,
  };
}

/** Whether the node carries the control plane. `master` is the name of old clusters. */
export function isControlPlane(node: Pick<NodeReading, 'roles'>): boolean {
  return node.roles.includes('control-plane') || node.roles.includes('master');
}
