import { at, fieldsOf, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { controllerUid, identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CLONED_FROM, noteIn, REMEDIATION_FOR } from './annotations.ts';
import { type CapiScene, devMachineOf } from './capi-scene.ts';
import { templateOfPlane } from './new-machine.ts';
import type { JudgedMachine } from './remediation.ts';
import type { RollingMachine } from './rollout.ts';
import { conditionOf, type Shape } from './shape.ts';
import type { WorkloadMember } from './workload.ts';

/** One control plane as it is now. */
export interface PlaneNow {
  readonly plane: ApiObject;
  readonly machines: readonly ApiObject[];
  readonly judged: readonly (JudgedMachine & RollingMachine)[];
  /** `null`: no member answers. */
  readonly members: readonly WorkloadMember[] | null;
}

/** Looks at it. */
export function planeNow(scene: CapiScene, plane: ApiObject, members: readonly WorkloadMember[] | null): PlaneNow {
  const machines = machinesOf(scene, plane);
  const present = currentPlane(scene, plane);
  return { plane: present, machines, judged: machines.map((each) => judged(scene, present, each)), members };
}

/** The plane as the mirror has it. */
export function currentPlane({ controlPlanes }: CapiScene, plane: ApiObject): ApiObject {
  return controlPlanes.get(identity(plane).uid) ?? plane;
}

/** Machines that somebody controls: a control plane, or a MachineSet. */
export function machinesOf({ machines }: CapiScene, owner: ApiObject): readonly ApiObject[] {
  const { uid } = identity(owner);
  return machines.all().filter((each) => controllerUid(each) === uid);
}

/** The Cluster that an object belongs to; there is one. */
export function clusterOf({ clusters }: CapiScene): ApiObject | undefined {
  return clusters.all()[0];
}

/** Value of an annotation. */
export function annotationOf(object: ApiObject, name: string): string | undefined {
  const value = fieldsOf(object.metadata['annotations'])[name];
  return typeof value === 'string' ? value : undefined;
}

/** When it was created, ms since the epoch. */
export function createdMs(object: ApiObject): number {
  return Date.parse(textAt(object, 'metadata', 'creationTimestamp'));
}

function judged(scene: CapiScene, plane: ApiObject, machine: ApiObject): JudgedMachine & RollingMachine {
  const { shape } = scene;
  const isFalse = (type: string): boolean => conditionOf(shape, machine, type)['status'] === 'False';
  const node = textAt(machine, 'status', 'nodeRef', 'name');
  return {
    name: identity(machine).name,
    createdMs: createdMs(machine),
    deleting: isGoing(machine),
    node: node === '' ? null : node,
    hasNode: node !== '',
    handedOver: isFalse('HealthCheckSucceeded') && isFalse('OwnerRemediated'),
    memberHealthy: conditionOf(shape, machine, 'EtcdMemberHealthy')['status'] === 'True',
    upToDate: outdatedBy(scene, plane, machine).length === 0,
    replaced: noteIn(annotationOf(machine, REMEDIATION_FOR)),
  };
}

/** Why a machine of a control plane is to be replaced, one line each as its condition says it; empty: it is up to date. */
export function outdatedBy(
  scene: Pick<CapiScene, 'shape' | 'devMachines'>,
  plane: ApiObject,
  machine: ApiObject,
): readonly string[] {
  const [has, wants] = [textAt(machine, 'spec', 'version'), textAt(plane, 'spec', 'version')];
  const dev = devMachineOf(scene, machine);
  const from = dev === undefined ? undefined : annotationOf(dev, `${CLONED_FROM}-name`);
  const after = rolloutAfter(scene.shape, plane);
  return [
    ...(has === wants ? [] : [`* Version ${has}, ${wants} required`]),
    ...(from === undefined || from === templateOfPlane(scene.shape, plane) ? [] : ['* DevMachine is not up-to-date']),
    ...(after !== null && after <= Date.now() && createdMs(machine) < after
      ? ['* KubeadmControlPlane spec.rolloutAfter expired']
      : []),
  ];
}

/** ms since the epoch; `null`: nobody asked for new machines. */
function rolloutAfter({ version }: Shape, plane: ApiObject): number | null {
  const text = version === 'v1beta2' ? at(plane, 'spec', 'rollout', 'after') : at(plane, 'spec', 'rolloutAfter');
  return typeof text === 'string' ? Date.parse(text) : null;
}

/** Hands leadership of etcd to a healthy member whose machine stays, the newest one. */
export async function lead(
  { workload }: CapiScene,
  { members, judged: machines }: PlaneNow,
  not: string,
): Promise<void> {
  const staying = machines
    .filter((each) => each.node !== not && !each.deleting)
    .toSorted((a, b) => b.createdMs - a.createdMs);
  const next = staying.flatMap(({ node }) => members?.filter(({ name, answers }) => answers && name === node) ?? [])[0];
  if (next === undefined) throw new Error('no other member could lead etcd');
  await workload.moveLeader(next.id);
}
