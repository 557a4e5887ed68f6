import { at, numberAt, sameJson, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { boundsOf, newReplicas, rollingStep, type SetSize } from '../kubernetes/controllers/rolling-update.ts';
import { PAUSED, REVISION } from './annotations.ts';
import { type CapiScene, change, keepReconciling, make, remove, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { countersOf, joined } from './counters.ts';
import { keepSetTimeouts } from './in-place.ts';
import { machineSetObject, rollingParts } from './machine-templates.ts';
import { machinesReady, rollingConditions, scaling, yesNo } from './plane-conditions.ts';
import { annotationOf, clusterOf, machinesOf } from './plane-now.ts';
import { conditionOf, type Said, withConditions } from './shape.ts';

/** The controller of MachineDeployment: a MachineSet for each template, the newest one grows while the others shrink. */
export function keepMachineDeployments(scene: CapiScene): void {
  const { machineDeployments, machineSets, machines, clusters } = scene;
  keepReconciling(scene, [machineDeployments, machineSets, machines, clusters], async () => {
    if (scene.knobs.asleep) return;
    for (const each of machineDeployments.all()) if (!isGoing(each)) await reconcile(scene, each);
  });
}

async function reconcile(scene: CapiScene, deployment: ApiObject): Promise<void> {
  const halted = at(clusterOf(scene), 'spec', 'paused') === true || annotationOf(deployment, PAUSED) !== undefined;
  const paused = at(deployment, 'spec', 'paused') === true;
  if (!halted && !paused) await roll(scene, deployment);
  await tell(scene, scene.machineDeployments.get(identity(deployment).uid) ?? deployment, halted || paused);
}

/** Those of a deployment, the oldest first. */
function setsOf({ machineSets }: CapiScene, deployment: ApiObject): readonly ApiObject[] {
  const { uid } = identity(deployment);
  return machineSets
    .all()
    .filter((each) => !isGoing(each) && ownersOf(each).includes(uid))
    .toSorted((a, b) => revisionOf(a) - revisionOf(b));
}

function ownersOf(set: ApiObject): readonly string[] {
  const owners = set.metadata['ownerReferences'];
  return Array.isArray(owners) ? owners.map((each) => textAt(each, 'uid')) : [];
}

function revisionOf(set: ApiObject): number {
  return Number(annotationOf(set, REVISION) ?? 0);
}

async function roll(scene: CapiScene, deployment: ApiObject): Promise<void> {
  const sets = setsOf(scene, deployment);
  const fresh = sets.find((each) => sameJson(rollingParts(each), rollingParts(deployment)));
  const old = sets.filter((each) => each !== fresh);
  const bounds = boundsFor(deployment);
  for (const each of sets) await keepSetTimeouts(scene, each, deployment);
  if (fresh === undefined) {
    const replicas = isOnDelete(deployment) ? 0 : newReplicas(bounds, { replicas: 0 }, old.map(withGoing));
    const revision = Math.max(0, ...sets.map(revisionOf)) + 1;
    const object = machineSetObject(scene.shape, deployment, { replicas, revision });
    await make(scene, scene.machineSets, scene.shape.machineSets, object);
    return;
  }
  const grown = newReplicas(bounds, sizeOf(fresh), old.map(withGoing));
  if (old.length === 0 && numberAt(fresh, 'spec', 'replicas') !== bounds.wanted)
    await resize(scene, fresh, bounds.wanted);
  else if (grown > sizeOf(fresh).replicas && !isOnDelete(deployment)) await resize(scene, fresh, grown);
  else if (!isOnDelete(deployment)) await shrink(scene, bounds, fresh, old);
  for (const each of old)
    if (sizeOf(each).replicas === 0 && machinesOf(scene, each).length === 0)
      await remove(scene, scene.machineSets, scene.shape.machineSets, each);
}

async function shrink(
  scene: CapiScene,
  bounds: ReturnType<typeof boundsOf>,
  fresh: ApiObject,
  old: readonly ApiObject[],
): Promise<void> {
  for (const { uid, replicas } of rollingStep(bounds, sizeOf(fresh), old.map(sizeOf))) {
    const set = old.find((each) => identity(each).uid === uid);
    if (set !== undefined) await resize(scene, set, replicas);
  }
}

async function resize(scene: CapiScene, set: ApiObject, replicas: number): Promise<void> {
  const { shape, machineSets } = scene;
  await change(scene, machineSets, { collection: shape.machineSets, object: set, patch: { spec: { replicas } } });
}

function sizeOf(set: ApiObject): SetSize {
  return {
    uid: identity(set).uid,
    replicas: numberAt(set, 'spec', 'replicas') ?? 0,
    available:
      numberAt(set, 'status', 'availableReplicas') ?? numberAt(set, 'status', 'v1beta2', 'availableReplicas') ?? 0,
  };
}

/** Machines that are still going count: there are never more than wanted and the surge. */
function withGoing(set: ApiObject): SetSize {
  const size = sizeOf(set);
  return { ...size, replicas: Math.max(size.replicas, numberAt(set, 'status', 'replicas') ?? 0) };
}

function strategyOf(deployment: ApiObject): unknown {
  return at(deployment, 'spec', 'rollout', 'strategy') ?? at(deployment, 'spec', 'strategy');
}

/** 1 more and none less, where nobody says. */
function boundsFor(deployment: ApiObject): ReturnType<typeof boundsOf> {
  const rules = at(strategyOf(deployment), 'rollingUpdate');
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  return boundsOf(wanted, at(rules, 'maxSurge') ?? 1, at(rules, 'maxUnavailable') ?? 0);
}

/** Then people delete machines, and the new set grows as the others shrink: that is not played, nothing rolls. */
function isOnDelete(deployment: ApiObject): boolean {
  return textAt(strategyOf(deployment), 'type') === 'OnDelete';
}

async function tell(scene: CapiScene, deployment: ApiObject, paused: boolean): Promise<void> {
  const { shape } = scene;
  const machines = setsOf(scene, deployment).flatMap((each) => machinesOf(scene, each));
  const { wanted, maxUnavailable } = boundsFor(deployment);
  const said = conditionsNow(scene, machines, { wanted, least: wanted - maxUnavailable, paused });
  const status: Fields = joined(
    {
      phase: phaseOf(machines.length, wanted),
      observedGeneration: numberAt(deployment, 'metadata', 'generation') ?? 1,
    },
    joined(countersOf(shape, machines), withConditions(shape, deployment, said)),
  );
  if (isIn(deployment, status)) return;
  await writeStatus(scene, scene.machineDeployments, {
    collection: shape.machineDeployments,
    object: deployment,
    status,
  });
}

function phaseOf(has: number, wanted: number): string {
  if (has < wanted) return 'ScalingUp';
  return has > wanted ? 'ScalingDown' : 'Running';
}

function conditionsNow(
  { shape }: CapiScene,
  machines: readonly ApiObject[],
  { wanted, least, paused }: { readonly wanted: number; readonly least: number; readonly paused: boolean },
): readonly Said[] {
  const notReady = machines.filter((each) => conditionOf(shape, each, 'Ready')['status'] !== 'True');
  const available = machines.filter((each) => conditionOf(shape, each, 'Available')['status'] === 'True').length;
  const enough = available >= least;
  return [
    yesNo('Available', enough, ['Available', 'NotAvailable'], {
      message: enough ? '' : `${available} available replicas, at least ${least} required (spec.replicas is ${wanted})`,
      old: { reason: 'WaitingForAvailableMachines', severity: 'Warning' },
    }),
    machinesReady(shape, machines, notReady),
    ...rollingConditions(shape, machines),
    ...scaling(machines.length, wanted, []),
    yesNo('Remediating', false, ['Remediating', 'NotRemediating']),
    yesNo('Deleting', false, ['Deleting', 'NotDeleting']),
    yesNo('Paused', paused, ['Paused', 'NotPaused']),
  ];
}
