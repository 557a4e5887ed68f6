import { at, fieldsOf, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CLEANUP_HOOK, IN_PROGRESS, PAUSED, PRE_TERMINATE } from './annotations.ts';
import { type CapiScene, change, keepReconciling, remove } from './capi-scene.ts';
import { healthOfMachines, statusOfControlPlane } from './control-plane-status.ts';
import { keepTimeouts } from './in-place.ts';
import { createMachine, recipeOfPlane } from './new-machine.ts';
import { annotationOf, clusterOf, currentPlane, lead, machinesOf, type PlaneNow, planeNow } from './plane-now.ts';
import { noteOnPlane, remediate } from './plane-remediation.ts';
import { keepsQuorum } from './remediation.ts';
import { type RolloutTurn, rolloutTurn } from './rollout.ts';
import { conditionOf } from './shape.ts';

/** The controller of KubeadmControlPlane: keeps as many machines as are wanted, up to date, etcd in step with them, and replaces sick ones. */
export function keepControlPlanes(scene: CapiScene): void {
  const { controlPlanes, machines, clusters, devMachineTemplates } = scene;
  keepReconciling(scene, [controlPlanes, machines, clusters, devMachineTemplates], async () => {
    if (scene.knobs.asleep) return;
    for (const each of controlPlanes.all()) await reconcile(scene, each);
  });
}

/** In the order of the real one; whatever changes something ends the round. */
async function reconcile(scene: CapiScene, plane: ApiObject): Promise<void> {
  const paused =
    at(clusterOf(scene), 'spec', 'paused') === true || annotationOf(plane, PAUSED) !== undefined || isGoing(plane);
  if (paused) return await tell(scene, plane, { paused, blocked: [] });
  const members = await scene.workload.members().catch(() => null);
  await healthOfMachines(scene, plane, machinesOf(scene, plane), members);
  const { spec } = recipeOfPlane(scene.shape, plane, null);
  for (const machine of machinesOf(scene, plane)) await keepTimeouts(scene, machine, spec);
  const now = planeNow(scene, plane, members);
  const acted =
    (await removeStrayMember(scene, now)) || (await finishHooks(scene, now)) || (await remediate(scene, now));
  if (!acted) await roll(scene, now);
  await tell(scene, plane, { paused, blocked: waitsFor(scene, planeNow(scene, plane, members)) });
}

async function tell(
  scene: CapiScene,
  plane: ApiObject,
  facts: { readonly paused: boolean; readonly blocked: readonly string[] },
): Promise<void> {
  await statusOfControlPlane(scene, {
    ...facts,
    plane: currentPlane(scene, plane),
    machines: machinesOf(scene, plane),
  });
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
      annotationOf(each, CLEANUP_HOOK) !== undefined &&
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

function turnOf(scene: CapiScene, { plane, judged, members }: PlaneNow): RolloutTurn {
  if (members === null) return { kind: 'blocked', why: ['* waiting for etcd cluster to become healthy'] };
  return rolloutTurn({
    machines: judged,
    wanted: numberAt(plane, 'spec', 'replicas') ?? 1,
    maxSurge: surgeOf(plane),
    awaited: awaitedVersion(scene, plane),
  });
}

function waitsFor(scene: CapiScene, now: PlaneNow): readonly string[] {
  const turn = turnOf(scene, now);
  return turn.kind === 'blocked' ? turn.why : [];
}

/** The next machine more, or less. */
async function roll(scene: CapiScene, now: PlaneNow): Promise<void> {
  const { plane, machines, members } = now;
  const turn = turnOf(scene, now);
  if (turn.kind === 'grow') {
    const note = annotationOf(plane, IN_PROGRESS);
    await createMachine(scene, recipeOfPlane(scene.shape, plane, note ?? null));
    if (note !== undefined) await noteOnPlane(scene, plane, null);
  }
  const machine = turn.kind === 'shrink' ? machines.find((each) => identity(each).name === turn.machine) : undefined;
  if (machine === undefined) return;
  const node = textAt(machine, 'status', 'nodeRef', 'name');
  if (members?.some(({ name, leads }) => leads && name === node)) await lead(scene, now, node);
  await remove(scene, scene.machines, scene.shape.machines, machine);
}

/** Both versions' fields; 1 where nobody says. */
function surgeOf(plane: ApiObject): number {
  const strategy = at(plane, 'spec', 'rollout', 'strategy') ?? at(plane, 'spec', 'rolloutStrategy');
  return Number(at(strategy, 'rollingUpdate', 'maxSurge') ?? 1);
}

/** A version that the topology of the cluster has and the control plane has not yet. */
function awaitedVersion(scene: CapiScene, plane: ApiObject): string | null {
  const version = textAt(clusterOf(scene), 'spec', 'topology', 'version');
  return version === '' || version === textAt(plane, 'spec', 'version') ? null : version;
}
