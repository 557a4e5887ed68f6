import { addResources, type Resources } from '../kubernetes/quantity.ts';
import type { CapacityView, RoomNode, RoomPod } from './capacity-view.ts';
import { emptyFloor, place, roomFor, timesIn } from './placing.ts';
import { barrierOf, freshNode, groupPods, type PodGroup, type RoomyNode, roomOn, takenPlaces } from './pod-groups.ts';
import { whyNot } from './why-not.ts';

/** What the nodes go through. */
export interface CapacityOrder {
  readonly leaving: readonly string[];
  /** How many of them are empty at once. */
  readonly atOnce: number;
  /** How many new nodes stand beside the others meanwhile. */
  readonly surge: number;
  /** New nodes come in place of those that left. `false`: they only leave. */
  readonly returns: boolean;
  /** Pods have to be elsewhere before that, so that none can wait for it. Absent: they may wait. */
  readonly waits?: false;
}

/** How bad it is: `waits`: until the new node is there. `tight`: each has a place, and together they were not seen to fit. `nowhere`: it cannot fit. */
export type CapacityVerdict = 'fits' | 'tight' | 'waits' | 'nowhere';

/** Pods of one kind that found no place. */
export interface Unplaced {
  /** `ReplicaSet web/nginx-7d4`. */
  readonly what: string;
  readonly pods: number;
  readonly of: number;
  /** In words, without a period. */
  readonly why: string;
  readonly verdict: Exclude<CapacityVerdict, 'fits'>;
}

/** What was found for the nodes that are hardest to empty. */
export interface CapacityFinding {
  readonly verdict: CapacityVerdict;
  /** Those nodes. */
  readonly nodes: readonly string[];
  readonly pods: number;
  readonly asked: Resources;
  readonly free: Resources;
  /** How many nodes may take any of them meanwhile, new ones included, and how many of them are new. */
  readonly takers: number;
  readonly fresh: number;
  readonly unplaced: readonly Unplaced[];
  /** Nodes that do not say what they offer; nothing is placed on them. */
  readonly silent: readonly string[];
}

const RANK: Readonly<Record<CapacityVerdict, number>> = { fits: 0, tight: 1, waits: 2, nowhere: 3 };

/**
 * Whether the pods of nodes that leave have room elsewhere: requests, node selectors and required affinity, taints, volumes that are bound to a place,
 * host ports, and pods of one kind that keep apart. Not judged: affinity to other pods, spread over topologies, priorities, quotas.
 */
export function capacityOf(view: CapacityView, order: CapacityOrder): CapacityFinding {
  const scene = sceneOf(view, order);
  const turns = order.returns ? chunks(scene.leaving, Math.max(1, order.atOnce)) : [scene.leaving];
  return turns
    .map((turn) => judgeTurn(scene, order, turn))
    .reduce((worst, next) => (RANK[next.verdict] > RANK[worst.verdict] ? next : worst));
}

interface Scene {
  readonly view: CapacityView;
  /** Nodes that leave, the fullest first. */
  readonly leaving: readonly RoomNode[];
  readonly podsOn: ReadonlyMap<string, readonly RoomPod[]>;
  readonly rooms: readonly RoomyNode[];
}

function sceneOf(view: CapacityView, { leaving }: CapacityOrder): Scene {
  const podsOn = Map.groupBy(view.pods, ({ node }) => node);
  const names = new Set(leaving);
  const moving = ({ name }: RoomNode): number => (podsOn.get(name) ?? []).filter(({ moves }) => moves).length;
  return {
    view,
    podsOn,
    leaving: view.nodes.filter(({ name }) => names.has(name)).toSorted((a, b) => moving(b) - moving(a)),
    rooms: view.nodes.map((node) => roomOn(node, podsOn.get(node.name) ?? [])),
  };
}

/** Always at least one, which may be empty. */
function chunks(nodes: readonly RoomNode[], size: number): readonly (readonly RoomNode[])[] {
  const count = Math.max(1, Math.ceil(nodes.length / size));
  return Array.from({ length: count }, (_, index) => nodes.slice(index * size, (index + 1) * size));
}

function judgeTurn(scene: Scene, order: CapacityOrder, turn: readonly RoomNode[]): CapacityFinding {
  const away = new Set(turn.map(({ name }) => name));
  const pods = turn.flatMap(({ name }) => scene.podsOn.get(name) ?? []).filter(({ moves }) => moves);
  const staying = scene.rooms.filter(({ node }) => node.open && !away.has(node.name));
  const fresh = turn.length === 0 ? [] : freshNodes(scene, turn, order.surge);
  const all = [...staying, ...fresh];
  const kinds = groupPods(scene.view, pods);
  const takers = all.filter(({ node }) => kinds.some((group) => barrierOf(group, node) === null));
  const free = total(takers.map((each) => aboveZero(each.free)));
  const asked = total(pods.map(({ requests }) => requests));
  const groups = kinds.toSorted((a, b) => share(b, free) - share(a, free));
  const unplaced = placeAll(scene, { order, turn, takers: all, away, isOver: timesIn(asked, free) === 0 }, groups);
  return {
    verdict: unplaced.reduce<CapacityVerdict>(
      (worst, { verdict }) => (RANK[verdict] > RANK[worst] ? verdict : worst),
      'fits',
    ),
    nodes: turn.map(({ name }) => name),
    pods: pods.length,
    asked,
    free,
    takers: takers.length,
    fresh: fresh.filter((each) => takers.includes(each)).length,
    unplaced,
    silent: takers.flatMap(({ node }) => (Object.keys(node.allocatable).length === 0 ? [node.name] : [])),
  };
}

function freshNodes({ podsOn }: Scene, turn: readonly RoomNode[], surge: number): readonly RoomyNode[] {
  return Array.from({ length: surge }).flatMap((_, index) => {
    const model = turn[index % turn.length];
    return model === undefined ? [] : [freshNode(model, podsOn.get(model.name) ?? [], index + 1)];
  });
}

interface Turn {
  readonly order: CapacityOrder;
  readonly turn: readonly RoomNode[];
  readonly takers: readonly RoomyNode[];
  readonly away: ReadonlySet<string>;
  /** All of them together ask for more than all nodes have. */
  readonly isOver: boolean;
}

function placeAll(scene: Scene, turn: Turn, groups: readonly PodGroup[]): readonly Unplaced[] {
  const floor = emptyFloor(turn.takers);
  const staying = scene.view.nodes
    .filter(({ name }) => !turn.away.has(name))
    .map((node) => ({ node, pods: scene.podsOn.get(node.name) ?? [] }));
  return groups.flatMap((group) => {
    const taken = takenPlaces(group, staying);
    const before = new Map([...taken].map(([key, places]) => [key, new Set(places)] as const));
    const rest = place(floor, group, taken);
    if (rest === 0) return [];
    const { namespace, name, owner } = group.sample;
    const [kind = 'Pod', ownerName = name] = owner?.split(' ') ?? [];
    return [
      {
        what: `${kind} ${namespace}/${ownerName}`,
        pods: rest,
        of: group.pods.length,
        why: whyNot(turn.takers, group, before),
        verdict: verdictOf(scene, turn, group, before),
      },
    ];
  });
}

function verdictOf(
  scene: Scene,
  { order, turn, takers, isOver }: Turn,
  group: PodGroup,
  taken: ReadonlyMap<string, ReadonlySet<string>>,
): Unplaced['verdict'] {
  const fits = (nodes: readonly RoomyNode[]): boolean =>
    nodes.some((node) => roomFor(emptyFloor(nodes), group, node, taken) > 0);
  const comesBack = order.returns && order.waits !== false && fits(freshNodes(scene, turn, turn.length));
  if (!fits(takers)) return comesBack ? 'waits' : 'nowhere';
  if (comesBack) return 'waits';
  return isOver ? 'nowhere' : 'tight';
}

/** A node that carries more than it offers takes nothing of what others have. */
function aboveZero(free: Resources): Resources {
  return Object.fromEntries(Object.entries(free).map(([name, amount]) => [name, Math.max(0, amount)]));
}

function total(all: readonly Resources[]): Resources {
  return all.reduce<Resources>((sum, each) => addResources(sum, each), {});
}

/** Its largest part of what is free, for the order in which groups are placed: the bulky ones first. */
function share({ sample }: PodGroup, free: Resources): number {
  return Math.max(...Object.entries(sample.requests).map(([name, asked]) => asked / Math.max(1, free[name] ?? 0)));
}
