import { fieldsOf, listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CONTROL_PLANE, MACHINE_FINALIZER, NO_DRAIN, PRE_DRAIN, PRE_TERMINATE } from './annotations.ts';
import { type CapiScene, change, devMachineOf, remove, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { drainMessage } from './draining.ts';
import { secondsOf } from './seconds.ts';
import { withConditions } from './shape.ts';
import type { WorkloadNode } from './workload.ts';

/** Where the end of a machine is; the reasons of its condition `Deleting`. */
interface Stage {
  readonly reason: string;
  readonly message: string;
}

/** Takes a machine that is deleted a stage further: hooks, drain, volumes, hooks, infrastructure, node. `nodes` null: nobody sees them. */
export async function endMachine(
  scene: CapiScene,
  machine: ApiObject,
  nodes: readonly WorkloadNode[] | null,
): Promise<void> {
  const held =
    hooksOf(machine, PRE_DRAIN, 'WaitingForPreDrainHook', 'pre-drain') ??
    (await drained(scene, machine, nodes)) ??
    hooksOf(machine, PRE_TERMINATE, 'WaitingForPreTerminateHook', 'pre-terminate') ??
    (await withoutInfrastructure(scene, machine)) ??
    (await withoutNode(scene, machine, nodes));
  if (held !== null) return await says(scene, machine, held);
  const finalizers = listAt(machine, 'metadata', 'finalizers').filter((each) => each !== MACHINE_FINALIZER);
  const patch = { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } };
  await change(scene, scene.machines, { collection: scene.shape.machines, object: machine, patch });
}

function hooksOf(machine: ApiObject, prefix: string, reason: string, word: string): Stage | null {
  const hooks = Object.keys(fieldsOf(machine.metadata['annotations'])).filter((name) => name.startsWith(`${prefix}/`));
  if (hooks.length === 0) return null;
  return { reason, message: `Waiting for ${word} hooks to succeed (hooks: ${hooks.toSorted().join(',')})` };
}

/** Drains as often as asked, until nothing is left or the time is over; then waits for volumes. */
async function drained(
  scene: CapiScene,
  machine: ApiObject,
  nodes: readonly WorkloadNode[] | null,
): Promise<Stage | null> {
  const name = textAt(machine, 'status', 'nodeRef', 'name');
  if (name === '' || isLastOfPlane(scene, machine) || fieldsOf(machine.metadata['annotations'])[NO_DRAIN] !== undefined)
    return null;
  const node = nodes?.find((each) => each.name === name);
  // One that is gone has nothing to drain.
  if (nodes !== null && node === undefined) return null;
  const startedMs = await started(scene, machine);
  const limit = drainSeconds(machine);
  if (limit > 0 && Date.now() - startedMs > limit * 1_000) return null;
  const left = node === undefined ? null : await scene.workload.drain(node).catch(() => null);
  if (left === null)
    return {
      reason: 'DrainingNode',
      message: 'Error draining Node, the API server of the workload cluster does not answer',
    };
  if (left.length > 0) return { reason: 'DrainingNode', message: drainMessage(startedMs, left) };
  return (node?.volumes ?? 0) === 0
    ? null
    : { reason: 'WaitingForVolumeDetach', message: `Waiting for Node volumes to be detached (node: ${name})` };
}

/** When the drain began, ms since the epoch: kept in the status. */
async function started(scene: CapiScene, machine: ApiObject): Promise<number> {
  const before = Date.parse(textAt(machine, 'status', 'deletion', 'nodeDrainStartTime'));
  if (!Number.isNaN(before)) return before;
  const now = new Date();
  const status = { deletion: { nodeDrainStartTime: now.toISOString() } };
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: machine, status });
  return now.getTime();
}

/** 0: for ever. Both versions' fields. */
function drainSeconds(machine: ApiObject): number {
  const text = textAt(machine, 'spec', 'nodeDrainTimeout');
  return numberAt(machine, 'spec', 'deletion', 'nodeDrainTimeoutSeconds') ?? (text === '' ? 0 : (secondsOf(text) ?? 0));
}

function isOfPlane(machine: ApiObject): boolean {
  return fieldsOf(machine.metadata['labels'])[CONTROL_PLANE] !== undefined;
}

/** The last machine of a control plane is not drained: nobody could take its pods. */
function isLastOfPlane({ machines }: CapiScene, machine: ApiObject): boolean {
  return isOfPlane(machine) && machines.all().filter(isOfPlane).length === 1;
}

async function withoutInfrastructure(scene: CapiScene, machine: ApiObject): Promise<Stage | null> {
  const dev = devMachineOf(scene, machine);
  if (dev === undefined) return null;
  if (!isGoing(dev)) await remove(scene, scene.devMachines, scene.shape.devMachines, dev);
  return { reason: 'WaitingForInfrastructureDeletion', message: `Waiting for DevMachine ${identity(dev).name}` };
}

async function withoutNode(
  scene: CapiScene,
  machine: ApiObject,
  nodes: readonly WorkloadNode[] | null,
): Promise<Stage | null> {
  const node = textAt(machine, 'status', 'nodeRef', 'name');
  if (node === '') return null;
  if (nodes === null) return { reason: 'DeletingNode', message: `Node ${node} cannot be seen` };
  await scene.workload.deleteNode(node);
  return null;
}

async function says(scene: CapiScene, machine: ApiObject, { reason, message }: Stage): Promise<void> {
  const present = scene.machines.get(identity(machine).uid);
  if (present === undefined) return;
  const short = `* Deleting: Machine deletion in progress, stage: ${reason}`;
  const notReady = { status: 'False', message: short, old: { reason: 'Deleting' } } as const;
  const status: Fields = {
    phase: 'Deleting',
    ...withConditions(scene.shape, present, [
      { type: 'Deleting', status: 'True', reason, message },
      { type: 'Ready', reason: 'NotReady', ...notReady },
      { type: 'Available', reason: 'NotAvailable', ...notReady },
    ]),
  };
  if (isIn(present, status)) return;
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: present, status });
}
