import { z } from 'zod';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { PAUSED } from '../names.ts';
import { POOL_NAME } from './topology-names.ts';

/** What Drydock reads of a MachinePool. It upgrades none, and has to know whether one is behind. */
export interface CapiPool {
  readonly name: string;
  /** Name in the topology; `null`: it has none. */
  readonly topologyName: string | null;
  /** As its machines are to have; empty: not told. */
  readonly version: string;
  readonly replicas: number;
  readonly deleting: boolean;
  readonly paused: boolean;
  /** Whether its controller has seen the newest spec. */
  readonly observed: boolean;
  /** Machines that its status counts; `null`: not told. */
  readonly counted: number | null;
  /** Names of its nodes. */
  readonly nodes: readonly string[];
}

const Pool = z.object({
  spec: z.object({
    replicas: z.number().nullish(),
    template: z.object({ spec: z.object({ version: z.string().nullish() }).prefault({}) }).prefault({}),
  }),
  status: z
    .object({
      replicas: z.number().nullish(),
      observedGeneration: z.number().nullish(),
      nodeRefs: z.array(z.object({ name: z.string() })).nullish(),
    })
    .prefault({}),
});

/** Reads a MachinePool of either version. @throws ZodError when the object has not the shape of one. */
export function readPool(object: KubernetesObject): CapiPool {
  const { spec, status } = Pool.parse(object);
  const { name, generation, deletionTimestamp, labels = {}, annotations = {} } = object.metadata;
  return {
    name,
    topologyName: labels[POOL_NAME] ?? null,
    version: spec.template.spec.version ?? '',
    replicas: spec.replicas ?? 1,
    deleting: deletionTimestamp !== undefined,
    paused: Object.hasOwn(annotations, PAUSED),
    observed: generation === undefined || (status.observedGeneration ?? generation) >= generation,
    counted: status.replicas ?? null,
    nodes: (status.nodeRefs ?? []).map((each) => each.name),
  };
}
