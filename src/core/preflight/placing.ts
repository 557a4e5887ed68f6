import type { Resources } from '../kubernetes/quantity.ts';
import { barrierOf, type PodGroup, type RoomyNode, topologyOf } from './pod-groups.ts';

/** Nodes while pods are placed on them. */
export interface Floor {
  readonly nodes: readonly RoomyNode[];
  /** What is left, by name; absent: as the node has it. */
  readonly left: Map<string, { readonly free: Resources; readonly hostPorts: ReadonlySet<string> }>;
}

/** A floor on which nothing was placed yet. */
export function emptyFloor(nodes: readonly RoomyNode[]): Floor {
  return { nodes, left: new Map() };
}

/** How many pods that ask for this fit into what is free; a resource that a node does not have fits none. */
export function timesIn(requests: Resources, free: Resources): number {
  let times = Number.MAX_SAFE_INTEGER;
  for (const name in requests) {
    const asked = requests[name] ?? 0;
    if (asked > 0) times = Math.min(times, Math.floor(Math.max(0, free[name] ?? 0) / asked));
  }
  return times;
}

/**
 * Places as many pods of a group as fit, first fit, and answers how many did not. `taken` is where its kind is already, and grows. A scheduler may do
 * better or worse where pods of several sizes meet; it cannot place what fits nowhere.
 */
export function place(floor: Floor, group: PodGroup, taken: Map<string, Set<string>>): number {
  let rest = group.pods.length;
  for (const node of floor.nodes) {
    if (rest === 0) break;
    const count = Math.min(rest, roomFor(floor, group, node, taken));
    if (count === 0) continue;
    rest -= count;
    put(floor, group, node, count);
    for (const [key, places] of taken) {
      const here = topologyOf(node.node, key);
      if (here !== null) places.add(here);
    }
  }
  return rest;
}

/** How many pods of a group a node takes now. */
export function roomFor(
  floor: Floor,
  group: PodGroup,
  node: RoomyNode,
  taken: ReadonlyMap<string, ReadonlySet<string>>,
): number {
  const { free, hostPorts } = floor.left.get(node.node.name) ?? node;
  const times = timesIn(group.sample.requests, free);
  if (times === 0 || group.sample.hostPorts.some((port) => hostPorts.has(port))) return 0;
  if (isTaken(node, taken) || barrierOf(group, node.node) !== null) return 0;
  const isAlone =
    group.sample.hostPorts.length > 0 || [...taken.keys()].some((key) => topologyOf(node.node, key) !== null);
  return isAlone ? 1 : times;
}

/** Whether its kind is there already where it wants to be the only one. */
export function isTaken({ node }: RoomyNode, taken: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return [...taken].some(([key, places]) => {
    const here = topologyOf(node, key);
    return here !== null && places.has(here);
  });
}

function put(floor: Floor, { sample }: PodGroup, node: RoomyNode, count: number): void {
  const { free, hostPorts } = floor.left.get(node.node.name) ?? node;
  const rest: Record<string, number> = { ...free };
  for (const [name, asked] of Object.entries(sample.requests)) rest[name] = (rest[name] ?? 0) - asked * count;
  floor.left.set(node.node.name, { free: rest, hostPorts: new Set([...hostPorts, ...sample.hostPorts]) });
}
