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
  /** It replaces outdated machines of its own accord; else somebody deletes them. */
  readonly rolling: boolean;
  /** Machines that there are; `null`: not told. */
  readonly there: number | null;
  /** Those of the newest specification that are ready as well; a status without it means none. */
  readonly updatedAndReady: number;
}

const Shape = z.object({
  spec: z
    .object({
      state: z.string().nullish(),
      replicas: z.number().nullish(),
      strategy: z.object({ type: z.string().nullish() }).nullish(),
    })
    .prefault({}),
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
  return {
    active: spec.state === 'Active',
    replicas: spec.replicas ?? 3,
    rolling: spec.strategy?.type !== 'OnDelete',
    there: status?.replicas ?? null,
    updatedAndReady: status?.updatedReplicas ?? 0,
  };
}

/**
 * That it is in the middle of replacing machines of its own accord, so that a second replacement would run beside ours; in words without a period.
 * `null`: it is not. A machine that is not ready is never counted as updated, whatever its specification: how many are not has to be told.
 *
 * Source: `ControlPlaneMachineSetStatus` of openshift/api, machine/v1.
 */
export function machineSetBusy(set: MachineSetReading, notReady: number): string | null {
  const { active, replicas, rolling, there, updatedAndReady } = set;
  if (!active || there === null) return null;
  if (there > replicas) return `it has ${there} machines instead of ${replicas}`;
  if (!rolling) return null;
  const outdated = there - updatedAndReady - notReady;
  return outdated > 0 ? `${outdated} of ${there} machines are of an older specification` : null;
}
