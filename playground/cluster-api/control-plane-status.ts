import { numberAt, sameJson, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { byVersion } from '../kubernetes/versions.ts';
import { type CapiScene, writeStatus } from './capi-scene.ts';
import { countersOf, joined } from './counters.ts';
import { planeConditions } from './plane-conditions.ts';
import { outdatedBy } from './plane-now.ts';
import { type Said, withConditions } from './shape.ts';
import type { WorkloadMember } from './workload.ts';

/** Says on each machine whether its member is healthy and whether it is up to date, as the control plane sees it. */
export async function healthOfMachines(
  scene: CapiScene,
  plane: ApiObject,
  machines: readonly ApiObject[],
  members: readonly WorkloadMember[] | null,
): Promise<void> {
  for (const machine of machines) {
    const said = [memberSaid(machine, members), upToDateSaid(outdatedBy(scene, plane, machine))];
    const fragment = withConditions(scene.shape, machine, said);
    if (isIn(machine, fragment)) continue;
    await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: machine, status: fragment });
  }
}

/** `UpToDate`; `why`: lines of what is not. */
export function upToDateSaid(why: readonly string[]): Said {
  return why.length === 0
    ? { type: 'UpToDate', status: 'True', reason: 'UpToDate' }
    : { type: 'UpToDate', status: 'False', reason: 'NotUpToDate', message: why.join('\n') };
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
    blocked,
  }: {
    readonly plane: ApiObject;
    readonly machines: readonly ApiObject[];
    readonly paused: boolean;
    readonly blocked: readonly string[];
  },
): Promise<void> {
  const { shape } = scene;
  const wanted = numberAt(plane, 'spec', 'replicas') ?? 1;
  const versions = versionsOf(machines);
  const own: Fields =
    shape.version === 'v1beta2'
      ? { versions, initialization: { controlPlaneInitialized: true } }
      : { initialized: true, ready: true };
  const status = joined(
    {
      version: textAt(versions[0], 'version') || textAt(plane, 'spec', 'version'),
      observedGeneration: numberAt(plane, 'metadata', 'generation') ?? 1,
      ...own,
    },
    joined(
      countersOf(shape, machines),
      withConditions(shape, plane, planeConditions(shape, machines, { wanted, paused, blocked })),
    ),
  );
  if (isIn(plane, status)) return;
  await writeStatus(scene, scene.controlPlanes, { collection: shape.controlPlanes, object: plane, status });
}

/** How many machines have which version, the oldest first. */
function versionsOf(machines: readonly ApiObject[]): readonly Fields[] {
  const all = machines.map((each) => textAt(each, 'spec', 'version'));
  return [...new Set(all)]
    .toSorted(byVersion)
    .map((version) => ({ version, replicas: all.filter((each) => each === version).length }));
}
