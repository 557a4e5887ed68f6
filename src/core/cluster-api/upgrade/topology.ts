import { z } from 'zod';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { Deletion, drainTimeout } from './drain-timeout.ts';
import { BEFORE_UPGRADE_HOOK, DEFER_UPGRADE, HOLD_UPGRADES } from './topology-names.ts';

/** One MachineDeployment as the topology of a Cluster has it. */
export interface TopologyDeployment {
  readonly name: string;
  /** Where it stands in the list. */
  readonly index: number;
  /** It has metadata, and annotations in it: a patch has to make what is absent. */
  readonly has: 'annotations' | 'metadata' | 'neither';
  /** Value of the annotation that defers its upgrade; `null`: it has none. */
  readonly deferred: string | null;
  /** Value of the annotation that holds it and those behind it; `null`: it has none. */
  readonly held: string | null;
  /** After this its machines go although pods are left on them, ms; `null`: the topology does not say. */
  readonly drainMs: number | null;
}

/** What a MachineDeployment and a MachinePool have in common there. */
export type TopologyPart = Pick<TopologyDeployment, 'name' | 'index' | 'has' | 'deferred' | 'held'>;

/** What Drydock reads of the topology of a Cluster that a ClusterClass builds. */
export interface CapiTopology {
  readonly className: string;
  readonly version: string;
  /** The same of its control plane, ms. */
  readonly drainMs: number | null;
  readonly deployments: readonly TopologyDeployment[];
  /** Pools of machines: Drydock holds them back and upgrades none of them. */
  readonly pools: readonly TopologyPart[];
  /** Names of the hooks that hold an upgrade before it begins. */
  readonly hooks: readonly string[];
}

const Annotated = z.object({ annotations: z.record(z.string(), z.string()).nullish() }).nullish();
const Part = Deletion.extend({ name: z.string(), metadata: Annotated });
const Cluster = z.object({
  spec: z.object({
    topology: z
      .object({
        class: z.string().nullish(),
        classRef: z.object({ name: z.string() }).nullish(),
        version: z.string(),
        controlPlane: Deletion.nullish(),
        workers: z
          .object({ machineDeployments: z.array(Part).nullish(), machinePools: z.array(Part).nullish() })
          .nullish(),
      })
      .nullish(),
  }),
});

/** Reads the topology of a Cluster of either version; `null`: no ClusterClass builds it, or it is in no shape that is known. */
export function readTopology(cluster: KubernetesObject): CapiTopology | null {
  const read = Cluster.safeParse(cluster);
  const topology = read.success ? (read.data.spec.topology ?? null) : null;
  if (topology === null) return null;
  const { annotations = {} } = cluster.metadata;
  return {
    className: topology.classRef?.name ?? topology.class ?? '',
    version: topology.version,
    drainMs: drainTimeout(topology.controlPlane),
    deployments: (topology.workers?.machineDeployments ?? []).map((each, index) =>
      Object.assign(partOf(each, index), { drainMs: drainTimeout(each) }),
    ),
    pools: (topology.workers?.machinePools ?? []).map(partOf),
    hooks: Object.keys(annotations).flatMap((name) =>
      name === BEFORE_UPGRADE_HOOK || name.startsWith(`${BEFORE_UPGRADE_HOOK}/`)
        ? [name.slice(BEFORE_UPGRADE_HOOK.length + 1) || name]
        : [],
    ),
  };
}

function partOf({ name, metadata }: z.infer<typeof Part>, index: number): TopologyPart {
  const annotations = metadata?.annotations ?? null;
  return {
    name,
    index,
    has: annotations !== null ? 'annotations' : metadata ? 'metadata' : 'neither',
    deferred: annotations?.[DEFER_UPGRADE] ?? null,
    held: annotations?.[HOLD_UPGRADES] ?? null,
  };
}
