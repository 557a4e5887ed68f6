import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type CapacityOrder, capacityOf } from '../../../src/core/preflight/capacity.ts';
import { CAPACITY_CHECK, capacityCheck } from '../../../src/core/preflight/capacity-check.ts';
import {
  type CapacityView,
  type RoomNode,
  type RoomPod,
  volumePlaces,
} from '../../../src/core/preflight/capacity-view.ts';
import { unreadCheck } from '../../../src/core/preflight/unread.ts';
import { LIST_MS } from './read-parts.ts';

/** What was read already. */
export interface RoomRead {
  readonly nodes: readonly RoomNode[];
  readonly pods: readonly RoomPod[];
}

/** The check of room for the pods of nodes that leave, from nodes and pods as they were read. Volumes are read only where pods that move have any. */
export async function roomCheck(
  kubernetes: Pick<KubernetesPort, 'list'>,
  { nodes, pods }: RoomRead,
  order: CapacityOrder & { readonly autoscaler: boolean },
  signal: AbortSignal,
): Promise<Check> {
  const leaving = new Set(order.leaving);
  const isBound = pods.some(({ moves, node, claims }) => moves && leaving.has(node) && claims.length > 0);
  const volumes = isBound ? await readVolumes(kubernetes, signal) : { places: new Map(), why: null };
  const finding = capacityOf({ nodes, pods, volumes: volumes.places }, order);
  return capacityCheck(finding, { autoscaler: order.autoscaler, volumesUnseen: volumes.why });
}

/** The check where nodes or pods could not be read. */
export function roomUnseen(why: string): Check {
  const right = 'list nodes and pods';
  return unreadCheck({ id: CAPACITY_CHECK, what: 'Room for pods', why, right, verdict: 'block' });
}

async function readVolumes(
  kubernetes: Pick<KubernetesPort, 'list'>,
  signal: AbortSignal,
): Promise<{ readonly places: CapacityView['volumes']; readonly why: string | null }> {
  const call = { timeoutMs: LIST_MS, signal };
  const [claims, volumes] = await Promise.all([
    kubernetes.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: null }, call),
    kubernetes.list({ apiVersion: 'v1', kind: 'PersistentVolume', namespace: null }, call),
  ]);
  if (!claims.ok) return { places: null, why: claims.error.message };
  if (!volumes.ok) return { places: null, why: volumes.error.message };
  return { places: volumePlaces(claims.value.items, volumes.value.items), why: null };
}
