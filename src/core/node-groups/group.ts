import { z } from 'zod';
import { NodeMark } from './node-mark.ts';

/** A node as a group has it. Identities and versions only. */
export const GroupNode = z.object({
  name: z.string().min(1),
  uid: z.string().min(1),
  /** Of its kubelet, `v1.30.6`. */
  version: z.string(),
  ready: z.boolean(),
  /** Name of the machine behind it; `null`: nobody tells. */
  machine: z.string().nullable(),
});
export type GroupNode = z.infer<typeof GroupNode>;

/** How many more, or fewer, nodes than wanted a roll-out of the group may have at once. */
export const GroupStrategy = z.object({ maxSurge: z.number().int(), maxUnavailable: z.number().int() });
export type GroupStrategy = z.infer<typeof GroupStrategy>;

/** Nodes that are made and replaced together: a control plane, or a node group. */
export const NodeGroup = z.object({
  /** Who knows it: id of a provider. */
  provider: z.string().min(1),
  kind: z.enum(['control-plane', 'node-group']),
  /** As people type it after `nodegroup/`: `md-0`. Of a control plane `controlplane`. */
  name: z.string().min(1),
  /** Objects that are called the same and that Drydock does not handle, as `object` has them: its name alone does not tell which is meant. Absent: none. */
  alike: z.array(z.string()).optional(),
  /** What it is there, for people: `MachineDeployment capi/capi-md-0`. */
  object: z.string(),
  /** uid of that object; where there is none, a name that tells the group from all others. */
  uid: z.string().min(1),
  /** Version that its owner wants; `null`: nobody tells. */
  version: z.string().nullable(),
  /** Nodes that its owner wants; `null`: nobody tells. */
  replicas: z.number().int().nullable(),
  nodes: z.array(GroupNode),
  strategy: GroupStrategy.nullable(),
  /** What on a node tells that it is of the group; `null` or absent: only its owner knows, and nodes that join later cannot be told. */
  mark: NodeMark.nullish(),
  /** `steady`: nothing is under way. Everything else refuses an upgrade. */
  state: z.enum(['steady', 'changing', 'paused', 'sick', 'unknown']),
  /** Drydock stopped its roll-out halfway, so that it may go on to a newer version. Absent: it did not. */
  held: z.boolean().optional(),
  /** Why it is not steady, in words; empty: it is. */
  why: z.string(),
});
export type NodeGroup = z.infer<typeof NodeGroup>;
