import { at, fieldsOf, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { controllerUid, identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CLEANUP_HOOK, IN_PROGRESS, noteIn, PAUSED, PRE_TERMINATE, REMEDIATION_FOR } from './annotations.ts';
import { type CapiScene, change, keepReconciling, remove, writeStatus } from './capi-scene.ts';
import { healthOfMachines, statusOfControlPlane } from './control-plane-status.ts';
import { createMachine } from './new-machine.ts';
import { type JudgedMachine, keepsQuorum, remediationTurn } from './remediation.ts';
import { conditionOf, withConditions } from './shape.ts';
import type { WorkloadMember } from './workload.ts';

/** The controller of KubeadmControlPlane: keeps as many machines as are wanted, etcd in step with them, and replaces sick ones. */
export function keepControlPlanes(scene: CapiScene): void {
  const { controlPlanes, machines, clusters } = scene;
  keepReconciling(scene, [controlPlanes, machines, clusters], async () => {
    if (scene.knobs.asleep) return;
    for (const each of controlPlanes.all()) await reconcile(scene, each);
  });
}

/** One control plane as it is now. */
export interface PlaneNow {
  readonly plane: ApiObject;
  readonly machines: readonly ApiObject[];
  readonly judged: readonly JudgedMachine[];
  /** `null`: no member answers. */
  readonly members: readonly WorkloadMember[] | null;
}

/** In the order of the real one; whatever changes something ends the round. */
async function reconcile(scene: CapiScene, plane: ApiObject): Promise<void> {
  const cluster = scene.clusters.all()[0];
  const paused = at(cluster, 'spec', 'paused') === true || annotation(plane, PAUSED) !== undefined;
  if (paused || isGoing(plane))
    return await statusOfControlPlane(scene, { plane, machines: machinesOf(scene, plane), paused });
  const members = await scene.workload.members().catch(() => null);
  await healthOfMachines(scene, machinesOf(scene, plane), members);
  const now = stateOf(scene, plane, members);
  const acted =
    (await removeStrayMember(scene, now)) ||
    (await finishHooks(scene, now)) ||
    (await remediate(scene, now)) ||
    (await scaleUp(scene, now));
  await statusOfControlPlane(scene, {
    plane: current(scene, plane),
    machines: machinesOf(scene, plane),
    paused: false,
  });
  if (acted) scene.controlPlanes.all();
}

function stateOf(scene: CapiScene, plane: ApiObject, members: readonly WorkloadMember[] | null): PlaneNow {
  const machines = machinesOf(scene, plane);
  return { plane: current(scene, plane), machines, judged: machines.map((each) => judged(scene, each)), members };
}

function current({ controlPlanes }: CapiScene, plane: ApiObject): ApiObject {
  return controlPlanes.get(identity(plane).uid) ?? plane;
}

/** Machines that a control plane controls. */
export function machinesOf({ machines }: CapiScene, plane: ApiObject): readonly ApiObject[] {
  const { uid } = identity(plane);
  return machines.all().filter((each) => controllerUid(each) === uid);
}

function judged({ shape }: CapiScene, machine: ApiObject): JudgedMachine {
  const isFalse = (type: string): boolean => conditionOf(shape, machine, type)['status'] === 'False';
  const node = textAt(machine, 'status', 'nodeRef', 'name');
  return {
    name: identity(machine).name,
    createdMs: Date.parse(textAt(machine, 'metadata', 'creationTimestamp')),
    deleting: isGoing(machine),
    node: node === '' ? null : node,
    handedOver: isFalse('HealthCheckSucceeded') && isFalse('OwnerRemediated'),
    memberHealthy: conditionOf(shape, machine, 'EtcdMemberHealthy')['status'] === 'True',
    replaced: noteIn(annotation(machine, REMEDIATION_FOR)),
  };
}

function annotation(object: ApiObject, name: string): string | undefined {
  const value = fieldsOf(object.metadata['annotations'])[name];
  return typeof value === 'string' ? value : undefined;
}

/** A member whose machine is gone is removed, one in a round, and only when the others keep quorum. Not while a machine has no node yet. */
async function removeStrayMember({ workload }: CapiScene, { judged: machines, members }: PlaneNow): Promise<boolean> {
  if (members === null || machines.length === 0 || machines.some((each) => each.node === null)) return false;
  const stray = members.find(({ name }) => name !== '' && !machines.some((each) => each.node === name));
  if (stray === undefined || !keepsQuorum(machines, members, stray.name)) return false;
  await workload.removeMember(stray.id);
  return true;
}

/** Removes the member of a machine that is about to end, then lets it end: the last of its hooks. */
async function finishHooks(scene: CapiScene, now: PlaneNow): Promise<boolean> {
  const { machines, members, judged: all } = now;
  const waiting = machines.find(
    (each) =>
      isGoing(each) &&
      annotation(each, CLEANUP_HOOK) !== undefined &&
      conditionOf(scene.shape, each, 'Deleting')['reason'] === 'WaitingForPreTerminateHook',
  );
  if (waiting === undefined) return false;
  const others = Object.keys(fieldsOf(waiting.metadata['annotations'])).filter(
    (name) => name.startsWith(`${PRE_TERMINATE}/`) && name !== CLEANUP_HOOK,
  );
  if (others.length > 0) return false;
  const node = textAt(waiting, 'status', 'nodeRef', 'name');
  if (machines.length > 1) {
    if (members === null) return false;
    const member = members.find(({ name }) => name !== '' && name === node);
    if (member !== undefined) {
      if (!keepsQuorum(all, members, member.name)) return false;
      if (member.leads) await lead(scene, now, node);
      await scene.workload.removeMember(member.id);
    }
  }
  const patch = { metadata: { annotations: { [CLEANUP_HOOK]: null } } };
  await change(scene, scene.machines, { collection: scene.shape.machines, object: waiting, patch });
  return true;
}

/** Hands leadership to a healthy member that is on none of these nodes. */
async function lead({ workload }: CapiScene, { members, judged: machines }: PlaneNow, not: string): Promise<void> {
  const next = members?.find(
    ({ name, answers }) => answers && name !== not && machines.some((each) => each.node === name && !each.deleting),
  );
  if (next === undefined) throw new Error('no other member could lead etcd');
  await workload.moveLeader(next.id);
}

async function remediate(scene: CapiScene, now: PlaneNow): Promise<boolean> {
  const { plane, machines, judged: all, members } = now;
  if (members === null) return false;
  const turn = remediationTurn({
    initialized: true,
    inProgress: noteIn(annotation(plane, IN_PROGRESS)),
    machines: all,
    members,
    rules: rulesOf(plane),
    nowMs: Date.now(),
  });
  if (turn.kind === 'nothing') return false;
  if (turn.kind === 'forget-note') {
    await noteOnPlane(scene, plane, null);
    return true;
  }
  const machine = machines.find((each) => identity(each).name === turn.machine);
  if (machine === undefined) return false;
  if (turn.kind === 'defer') {
    await say(scene, machine, turn.said);
    return false;
  }
  const target = members.find(({ name }) => name === textAt(machine, 'status', 'nodeRef', 'name'));
  if (target?.leads === true) await lead(scene, now, target.name);
  await remove(scene, scene.machines, scene.shape.machines, machine);
  await say(scene, machine, turn.said);
  await noteOnPlane(scene, plane, JSON.stringify(turn.note));
  return true;
}

async function say(
  scene: CapiScene,
  machine: ApiObject,
  said: Parameters<typeof withConditions>[2][number],
): Promise<void> {
  const object = scene.machines.get(identity(machine).uid);
  if (object === undefined) return;
  const status = withConditions(scene.shape, object, [said]);
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object, status });
}

async function noteOnPlane(scene: CapiScene, plane: ApiObject, note: string | null): Promise<void> {
  const patch = { metadata: { annotations: { [IN_PROGRESS]: note } } };
  await change(scene, scene.controlPlanes, { collection: scene.shape.controlPlanes, object: plane, patch });
}

/** Both versions' fields; times in ms. */
function rulesOf(plane: ApiObject): { maxRetry: number | null; retryMs: number; healthyMs: number } {
  const rules = fieldsOf(at(plane, 'spec', 'remediation') ?? at(plane, 'spec', 'remediationStrategy'));
  return {
    maxRetry: numberAt(rules, 'maxRetry') ?? null,
    retryMs: 1_000 * (numberAt(rules, 'retryPeriodSeconds') ?? secondsOf(textAt(rules, 'retryPeriod')) ?? 0),
    healthyMs:
      1_000 * (numberAt(rules, 'minHealthyPeriodSeconds') ?? secondsOf(textAt(rules, 'minHealthyPeriod')) ?? 3_600),
  };
}

function secondsOf(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((each) => Number(each ?? 0));
  return hours * 3_600 + minutes * 60 + seconds;
}

/** A further machine, when some are missing, none is ending, and those that are there are well. */
async function scaleUp(scene: CapiScene, { plane, machines, judged: all, members }: PlaneNow): Promise<boolean> {
  const wanted = numberAt(plane, 'spec', 'replicas') ?? 1;
  if (machines.length >= wanted || members === null) return false;
  if (all.some((each) => each.deleting || each.node === null || !each.memberHealthy)) return false;
  const note = annotation(plane, IN_PROGRESS);
  await createMachine(scene, plane, note ?? null);
  if (note !== undefined) await noteOnPlane(scene, plane, null);
  return true;
}
