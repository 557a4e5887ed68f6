import { z } from 'zod';
import type { KubernetesObject, ObjectRef } from '../ports/kubernetes.ts';
import { MACHINE_NAMESPACE } from './machine.ts';

/** The one ControlPlaneMachineSet that a cluster can have. */
export const MACHINE_SET: ObjectRef = {
  apiVersion: 'machine.openshift.io/v1',
  kind: 'ControlPlaneMachineSet',
  namespace: MACHINE_NAMESPACE,
  name: 'cluster',
};

/** What makes the Machine that replaces a deleted one. */
export interface MachineSetReading {
  /** Only an active one acts. */
  readonly active: boolean;
  readonly replicas: number;
  /** It is in the middle of replacing machines of its own accord, in words without a period; `null`: it is not. */
  readonly busy: string | null;
}

const Shape = z.object({
  spec: z.object({ state: z.string().nullish(), replicas: z.number().nullish() }).prefault({}),
  status: z
    .object({
      replicas: z.number().nullish(),
      updatedReplicas: z.number().nullish(),
    })
    .nullish(),
});

/** Reads a ControlPlaneMachineSet. @throws ZodError when the object has not the shape of one. */
export function readMachineSet(object: KubernetesObject): MachineSetReading {
  const { spec, status } = Shape.parse(object);
  const replicas = spec.replicas ?? 3;
  const updated = status?.updatedReplicas ?? null;
  const active = spec.state === 'Active';
  const there = status?.replicas ?? null;
  const surplus = there !== null && there > replicas ? `it has ${there} machines instead of ${replicas}` : null;
  // Old machines are replaced by new ones of its own accord: a second replacement would run beside ours.
  const outdated =
    updated !== null && there !== null && updated < there
      ? `${there - updated} of ${there} machines are of an older specification`
      : null;
  return { active, replicas, busy: active ? (surplus ?? outdated) : null };
}
