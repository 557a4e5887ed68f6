import { mayRunOn, type Place, type Placement } from '../drain/placement.ts';
import { selects } from '../kubernetes/label-selector.ts';
import { addResources, type Resources } from '../kubernetes/quantity.ts';
import type { CapacityView, RoomNode, RoomPod } from './capacity-view.ts';

/** Pods that are alike for a scheduler: the same needs, the same places. */
export interface PodGroup {
  /** Any one of them. */
  readonly sample: RoomPod;
  /** Where its volumes can be used. */
  readonly bound: readonly Placement[];
  readonly pods: readonly RoomPod[];
}

/** Pods that move, by what they need. Thousands of pods are some dozens of groups. */
export function groupPods(view: CapacityView, pods: readonly RoomPod[]): readonly PodGroup[] {
  const groups = new Map<string, { sample: RoomPod; bound: readonly Placement[]; pods: RoomPod[] }>();
  for (const pod of pods) {
    const bound = pod.claims.flatMap((claim) => view.volumes?.get(`${pod.namespace}/${claim}`) ?? []);
    const key = JSON.stringify([
      pod.namespace,
      pod.owner,
      pod.requests,
      pod.hostPorts,
      pod.apart,
      pod.placement,
      bound,
    ]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { sample: pod, bound, pods: [pod] });
    else known.pods.push(pod);
  }
  return [...groups.values()];
}

/** Why a node does not take a pod of a group, whatever room it has; `null`: nothing keeps it away. */
export type Barrier = 'affinity' | 'taint' | 'volume';

/** What keeps a pod of this group from a node for good. */
export function barrierOf({ sample, bound }: PodGroup, place: Place): Barrier | null {
  const bare = { ...place, taints: [] };
  if (!mayRunOn(sample.placement, bare)) return 'affinity';
  if (!bound.every((placement) => mayRunOn(placement, bare))) return 'volume';
  return mayRunOn(sample.placement, place) ? null : 'taint';
}

/** What is on a node, or would be. */
export interface Occupied {
  readonly free: Resources;
  readonly hostPorts: ReadonlySet<string>;
}

/** A node with what is free on it once some pods are gone. */
export interface RoomyNode extends Occupied {
  readonly node: RoomNode;
}

/** What stays free on a node that carries these pods. */
export function roomOn(node: RoomNode, pods: readonly RoomPod[]): RoomyNode {
  const there = pods.filter(({ finished }) => !finished);
  const used = there.reduce<Resources>((sum, { requests }) => addResources(sum, requests), {});
  const free = Object.entries(node.allocatable).map(([name, amount]) => [name, amount - (used[name] ?? 0)] as const);
  return { node, free: Object.fromEntries(free), hostPorts: new Set(there.flatMap(({ hostPorts }) => hostPorts)) };
}

const HOSTNAME = 'kubernetes.io/hostname';

/** The place of a node by a label of nodes; `null`: it has none, and nothing is kept apart there. */
export function topologyOf({ labels, name }: Place, key: string): string | null {
  return labels[key] ?? (key === HOSTNAME ? name : null);
}

/** A node as another one of its group will be: the same labels, taints and size, and nothing on it but what belongs to every node of it. */
export function freshNode(model: RoomNode, pods: readonly RoomPod[], nth: number): RoomyNode {
  const { [HOSTNAME]: _, ...labels } = model.labels;
  const node: RoomNode = { ...model, labels, name: `new node ${nth}`, open: true };
  const belonging = pods.filter(({ moves, owner }) => !moves && owner !== null);
  return roomOn(node, belonging);
}

/** Places, by label of nodes, where pods of this group's kind are already, among pods that stay. */
export function takenPlaces(
  { sample }: PodGroup,
  staying: readonly { readonly node: RoomNode; readonly pods: readonly RoomPod[] }[],
): Map<string, Set<string>> {
  return new Map(
    sample.apart.map(({ topologyKey, selector }) => {
      const taken = staying.flatMap(({ node, pods }) => {
        const isThere = pods.some(
          ({ namespace, labels, finished }) => !finished && namespace === sample.namespace && selects(selector, labels),
        );
        return isThere ? (topologyOf(node, topologyKey) ?? []) : [];
      });
      return [topologyKey, new Set(taken)] as const;
    }),
  );
}
