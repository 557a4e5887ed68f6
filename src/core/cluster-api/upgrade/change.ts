import { z } from 'zod';
import { TemplateRef } from './owner.ts';

/** A new template: a copy of the old one with other images. Its contents are made anew from the old one when it is sent, and compared by its name. */
export const TemplateCopy = z.object({
  /** Full API version of the old one, and so of the new one. */
  apiVersion: z.string().min(1),
  uid: z.string().min(1),
  name: z.string().min(1).max(63),
  images: z.array(z.object({ path: z.array(z.string()).min(1), from: z.string(), to: z.string() })),
});
export type TemplateCopy = z.infer<typeof TemplateCopy>;

/** What the steps of an upgrade of a group of Cluster API are given. Identities and versions only. */
export const CapiChange = z.object({
  cluster: z.object({
    apiVersion: z.string().min(1),
    namespace: z.string().min(1),
    name: z.string().min(1),
    uid: z.string().min(1),
  }),
  /** Whose machines are replaced. */
  owner: z.object({
    apiVersion: z.string().min(1),
    kind: z.enum(['KubeadmControlPlane', 'MachineDeployment']),
    name: z.string().min(1),
    uid: z.string().min(1),
  }),
  /** `controlplane`, `md-0`. */
  group: z.string().min(1),
  /** `direct`: the owner is changed. `topology`: the Cluster is, and its topology controller changes the owner. */
  way: z.enum(['direct', 'topology']),
  /** Name of the group in the topology; `null`: it has none, or it is the control plane. */
  topologyName: z.string().nullable(),
  from: z.string().min(1),
  to: z.string().min(1),
  /** Template before, and after; `copy` null: `toName` is there already (it stays, or it is an earlier one that is returned to). `null`: nothing is told of templates. */
  template: z.object({ ref: TemplateRef, toName: z.string().min(1), copy: TemplateCopy.nullable() }).nullable(),
  /** MachineDeployments of the topology that are kept at their version meanwhile. */
  defer: z.array(z.string()),
  /** MachinePools of the topology that are kept at their version, until people let them go. */
  deferPools: z.array(z.string()),
  /** The control plane is upgraded earlier in the same plan. */
  behindControlPlane: z.boolean(),
  /** After how long the first drain ends by itself, ms: what was approved. `null` and absent: budgets hold it. */
  drainMs: z.number().nullish(),
  /** It takes an earlier upgrade back. */
  isUndo: z.boolean(),
  /** Machines that go. */
  machines: z.array(z.object({ name: z.string(), uid: z.string() })),
});
export type CapiChange = z.infer<typeof CapiChange>;

/** Value of the annotations that Drydock sets on groups of a topology. */
export const DEFERRED_BY = 'drydock';

/** What is replaced, in words: `MachineDeployment capi-md-0`. */
export function ownerWords({ owner }: Pick<CapiChange, 'owner'>): string {
  return `${owner.kind} ${owner.name}`;
}

/** What an undo is given later. Names and versions of before. */
export const CapiUndo = z.object({
  cluster: CapiChange.shape.cluster,
  owner: CapiChange.shape.owner,
  group: z.string().min(1),
  way: z.enum(['direct', 'topology']),
  from: z.string().min(1),
  to: z.string().min(1),
  /** Names of the templates before and after; `null`: nothing was told of templates. */
  template: z.object({ before: z.string(), after: z.string() }).nullable(),
});
export type CapiUndo = z.infer<typeof CapiUndo>;

/** What is kept so that a change can be taken back. */
export function undoOf({ cluster, owner, group, way, from, to, template }: CapiChange): CapiUndo {
  const names = template === null ? null : { before: template.ref.name, after: template.toName };
  return { cluster, owner, group, way, from, to, template: names };
}
