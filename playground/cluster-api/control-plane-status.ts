import { numberAt, sameJson, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { type CapiScene, writeStatus } from './capi-scene.ts';
import { conditionOf, type Said, withConditions } from './shape.ts';
import type { WorkloadMember } from './workload.ts';

/** Says on each machine whether its member is healthy, as the control plane sees it. */
export async function healthOfMachines(
  scene: CapiScene,
  machines: readonly ApiObject[],
  members: readonly WorkloadMember[] | null,
): Promise<void> {
  for (const machine of machines) {
    const said = [memberSaid(machine, members)];
    const fragment = withConditions(scene.shape, machine, said);
    if (isIn(machine, fragment)) continue;
    await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: machine, status: fragment });
  }
}

function memberSaid(machine: ApiObject, members: readonly WorkloadMember[] | null): Said {
  const node = textAt(machine, 'status', 'nodeRef', 'name');
  const type = 'EtcdMemberHealthy';
  if (members === null)
    return { type, status: 'Unknown', reason: 'InspectionFailed', message: 'No etcd member answers', old: {} };
  if (node === '')
    return { type, status: 'Unknown', reason: 'InspectionFailed', message: 'The Machine has no Node yet', old: {} };
  const member = members.find(({ name }) => name === node);
  if (member === undefined)
    return {
      type,
      status: 'False',
      reason: 'NotHealthy',
      message: 'The Machine has no etcd member',
      old: { reason: 'EtcdMemberUnhealthy', severity: 'Error' },
    };
  if (member.isLearner)
    return {
      type,
      status: 'False',
      reason: 'NotHealthy',
      message: 'The etcd member is a learner',
      old: { reason: 'EtcdMemberUnhealthy', severity: 'Error' },
    };
  return member.answers
    ? { type, status: 'True', reason: 'Healthy', old: {} }
    : { type, status: 'Unknown', reason: 'InspectionFailed', message: 'The etcd member does not answer', old: {} };
}

/** Whether a status fragment is in the object already. */
export function isIn(object: ApiObject, fragment: Fields): boolean {
  return Object.entries(fragment).every(([name, value]) => includes(fieldOf(object['status'], name), value));
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Objects by what the fragment names, everything else whole. */
function includes(present: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return sameJson(present, wanted);
  return Object.entries(wanted).every(([name, value]) => includes(fieldOf(present, name), value));
}

/** What a control plane says of itself. */
export async function statusOfControlPlane(
  scene: CapiScene,
  {
    plane,
    machines,
    paused,
  }: { readonly plane: ApiObject; readonly machines: readonly ApiObject[]; readonly paused: boolean },
): Promise<void> {
  const { shape } = scene;
  const wanted = numberAt(plane, 'spec', 'replicas') ?? 1;
  const ready = machines.filter((each) => conditionOf(shape, each, 'Ready')['status'] === 'True').length;
  const counts: Fields =
    shape.version === 'v1beta2'
      ? {
          availableReplicas: ready,
          upToDateReplicas: machines.length,
          initialization: { controlPlaneInitialized: true },
        }
      : {
          updatedReplicas: machines.length,
          unavailableReplicas: machines.length - ready,
          initialized: true,
          ready: true,
        };
  const status: Fields = {
    replicas: machines.length,
    readyReplicas: ready,
    version: textAt(plane, 'spec', 'version'),
    observedGeneration: numberAt(plane, 'metadata', 'generation') ?? 1,
    ...counts,
    ...withConditions(shape, plane, conditionsNow(scene, machines, { wanted, paused })),
  };
  if (isIn(plane, status)) return;
  await writeStatus(scene, scene.controlPlanes, { collection: shape.controlPlanes, object: plane, status });
}

function names(machines: readonly ApiObject[]): string {
  return machines.map((each) => identity(each).name).join(', ');
}

function conditionsNow(
  { shape }: CapiScene,
  machines: readonly ApiObject[],
  { wanted, paused }: { readonly wanted: number; readonly paused: boolean },
): readonly Said[] {
  const is = (machine: ApiObject, type: string, status: string): boolean =>
    conditionOf(shape, machine, type)['status'] === status;
  const sick = machines.filter((each) => !is(each, 'EtcdMemberHealthy', 'True'));
  const handed = machines.filter(
    (each) => is(each, 'HealthCheckSucceeded', 'False') && is(each, 'OwnerRemediated', 'False'),
  );
  const going = machines.filter(isGoing);
  const up = machines.length < wanted;
  const down = machines.length > wanted;
  const blocked = going.length > 0 ? ` is blocked because: * Machine ${names(going)} is still ending` : '';
  return [
    yesNo(
      'EtcdClusterHealthy',
      sick.length === 0,
      ['Healthy', 'NotHealthy'],
      sick.length === 0 ? '' : `* Machine ${names(sick)}: etcd member is not healthy`,
      {
        reason: 'EtcdClusterUnhealthy',
        severity: 'Error',
      },
    ),
    yesNo('Available', machines.length - sick.length > machines.length / 2, ['Available', 'NotAvailable'], '', {}),
    yesNo(
      'ScalingUp',
      up,
      ['ScalingUp', 'NotScalingUp'],
      up ? `Scaling up from ${machines.length} to ${wanted} replicas${blocked}` : '',
    ),
    yesNo(
      'ScalingDown',
      down,
      ['ScalingDown', 'NotScalingDown'],
      down ? `Scaling down from ${machines.length} to ${wanted} replicas` : '',
    ),
    yesNo('RollingOut', false, ['RollingOut', 'NotRollingOut'], ''),
    yesNo(
      'Remediating',
      handed.length > 0,
      ['Remediating', 'NotRemediating'],
      handed.length > 0 ? `* Machine ${names(handed)} is to be remediated` : '',
    ),
    yesNo('Paused', paused, ['Paused', 'NotPaused'], ''),
  ];
}

function yesNo(
  type: string,
  holds: boolean,
  [yes, no]: readonly [string, string],
  message: string,
  old?: Said['old'],
): Said {
  return {
    type,
    status: holds ? 'True' : 'False',
    reason: holds ? yes : no,
    message,
    ...(old === undefined ? {} : { old }),
  };
}
