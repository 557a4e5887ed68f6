import { z } from 'zod';
import { type Place, Placement } from '../drain/placement.ts';
import { isFinishedPhase, readDrainNode, readDrainPod } from '../drain/read-objects.ts';
import type { DrainNode, DrainPod } from '../drain/view.ts';
import { type PodNeeds, readPodNeeds } from '../kubernetes/pod-needs.ts';
import { type Resources, readResources } from '../kubernetes/quantity.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** A node with what it offers to pods. */
export interface RoomNode extends Place {
  /** Ready and not cordoned: pods may come. */
  readonly open: boolean;
  readonly allocatable: Resources;
}

/** A pod with what it needs. */
export interface RoomPod extends PodNeeds {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Who controls it, for people: `ReplicaSet nginx-7d4`; `null`: nobody, it does not come again. */
  readonly owner: string | null;
  /** `false`: it belongs to its node (a static pod, of a DaemonSet), ends by itself, or nobody makes it anew. */
  readonly moves: boolean;
  /** It has ended: it takes nothing. */
  readonly finished: boolean;
  readonly placement: Placement;
  readonly claims: readonly string[];
}

/** One look at what a cluster has room for. */
export interface CapacityView {
  readonly nodes: readonly RoomNode[];
  readonly pods: readonly RoomPod[];
  /** Where the volume of a claim (`namespace/name`) can be used; a claim that is not there is bound to no place. `null`: not looked at. */
  readonly volumes: ReadonlyMap<string, Placement> | null;
}

const Status = z
  .object({ allocatable: z.record(z.string(), z.union([z.string(), z.number()])).nullish() })
  .prefault({});

/** Reads a node. @throws ZodError when the object has not the shape of one. */
export function readRoomNode(object: KubernetesObject, node: DrainNode = readDrainNode(object)): RoomNode {
  const { allocatable } = Status.parse(object['status'] ?? {});
  const { name, labels, taints, ready, cordoned, deletedAt } = node;
  return {
    name,
    labels,
    taints,
    open: ready === 'yes' && !cordoned && deletedAt === null,
    allocatable: readResources(allocatable),
  };
}

/** Reads a pod. @throws ZodError when the object has not the shape of one. */
export function readRoomPod(object: KubernetesObject, pod: DrainPod = readDrainPod(object)): RoomPod {
  const { namespace, name, node, labels, owner, mirror, placement, claims } = pod;
  const finished = isFinishedPhase(pod.phase);
  const belongs = mirror || owner === null || owner.kind === 'DaemonSet' || owner.kind === 'Node';
  return {
    ...readPodNeeds(object),
    namespace,
    name,
    node,
    labels,
    owner: owner === null ? null : `${owner.kind} ${owner.name}`,
    moves: !belongs && !finished,
    finished,
    placement,
    claims,
  };
}

const Claim = z.object({ spec: z.object({ volumeName: z.string().nullish() }).prefault({}) });
const Volume = z.object({
  spec: z
    .object({
      nodeAffinity: z.object({ required: z.object({ nodeSelectorTerms: z.array(z.unknown()) }).nullish() }).nullish(),
    })
    .prefault({}),
});

/** Where the volumes of claims can be used, from all claims and all volumes. What has not the shape of one is left out. */
export function volumePlaces(
  claims: readonly KubernetesObject[],
  volumes: readonly KubernetesObject[],
): ReadonlyMap<string, Placement> {
  const places = new Map(volumes.flatMap((volume) => placeOf(volume)));
  return new Map(
    claims.flatMap((claim) => {
      const read = Claim.safeParse(claim);
      const place = places.get(read.success ? (read.data.spec.volumeName ?? '') : '');
      return place === undefined ? [] : [[`${claim.metadata.namespace ?? ''}/${claim.metadata.name}`, place] as const];
    }),
  );
}

function placeOf(volume: KubernetesObject): readonly (readonly [string, Placement])[] {
  const read = Volume.safeParse(volume);
  const required = read.success ? read.data.spec.nodeAffinity?.required : null;
  if (required === null || required === undefined) return [];
  const placement = Placement.safeParse({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  });
  return placement.success ? [[volume.metadata.name, placement.data]] : [];
}
