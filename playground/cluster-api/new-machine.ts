import { randomInt } from 'node:crypto';
import { fieldsOf, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, ownedBy } from '../kubernetes/controllers/objects.ts';
import {
  CLEANUP_HOOK,
  CLUSTER_NAME,
  CONTROL_PLANE,
  CONTROL_PLANE_NAME,
  DEV_FINALIZER,
  MACHINE_FINALIZER,
  REMEDIATION_FOR,
} from './annotations.ts';
import { type CapiScene, make } from './capi-scene.ts';
import { NAMESPACE, type Shape } from './shape.ts';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** `capi-control-plane-x7k2p`. */
export function machineName(plane: ApiObject): string {
  const suffix = Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${identity(plane).name}-${suffix}`;
}

/** Machine and infrastructure machine of a control plane, as it clones them from its template. */
export async function createMachine(scene: CapiScene, plane: ApiObject, note: string | null): Promise<void> {
  const name = machineName(plane);
  await make(scene, scene.devMachines, scene.shape.devMachines, devMachineObject(scene.shape, plane, name));
  await make(scene, scene.machines, scene.shape.machines, machineObject(scene.shape, plane, name, note));
}

/** A Machine of a control plane. `note`: of the remediation that it completes. */
export function machineObject(shape: Shape, plane: ApiObject, name: string, note: string | null): Fields {
  const cluster = textAt(plane, 'metadata', 'labels', CLUSTER_NAME);
  return {
    apiVersion: shape.core,
    kind: 'Machine',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: labelsOf(plane, cluster),
      annotations: { [CLEANUP_HOOK]: '', ...(note === null ? {} : { [REMEDIATION_FOR]: note }) },
      finalizers: [MACHINE_FINALIZER],
      ownerReferences: [ownedBy(plane)],
    },
    spec: {
      clusterName: cluster,
      version: textAt(plane, 'spec', 'version'),
      bootstrap: { dataSecretName: name },
      infrastructureRef: shape.reference(shape.infrastructure, 'DevMachine', name),
    },
  };
}

/** The machine at the provider. */
export function devMachineObject(shape: Shape, plane: ApiObject, name: string): Fields {
  const cluster = textAt(plane, 'metadata', 'labels', CLUSTER_NAME);
  return {
    apiVersion: shape.infrastructure,
    kind: 'DevMachine',
    metadata: { name, namespace: NAMESPACE, labels: labelsOf(plane, cluster), finalizers: [DEV_FINALIZER] },
    spec: {},
  };
}

function labelsOf(plane: ApiObject, cluster: string): Fields {
  const own = fieldsOf(fieldsOf(plane.metadata['labels']));
  return { ...own, [CLUSTER_NAME]: cluster, [CONTROL_PLANE]: '', [CONTROL_PLANE_NAME]: identity(plane).name };
}
