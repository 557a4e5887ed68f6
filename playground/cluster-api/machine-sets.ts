import { at, fieldsOf, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { controllerUid, identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { DELETE_MACHINE, PAUSED, SKIP_PREFLIGHT } from './annotations.ts';
import { type CapiScene, keepReconciling, remove, writeStatus } from './capi-scene.ts';
import { isIn, upToDateSaid } from './control-plane-status.ts';
import { countersOf, joined } from './counters.ts';
import { keepTimeouts } from './in-place.ts';
import { differences } from './machine-templates.ts';
import { createMachine, recipeOfSet } from './new-machine.ts';
import { machinesReady, rollingConditions, scaling, yesNo } from './plane-conditions.ts';
import { annotationOf, clusterOf, createdMs, machinesOf } from './plane-now.ts';
import { failedPreflights } from './preflight.ts';
import { conditionOf, NAMESPACE, type Shape, withConditions } from './shape.ts';

/** The controller of MachineSet: as many machines as its set wants, made only while the control plane lets new ones join. */
export function keepMachineSets(scene: CapiScene): void {
  const { machineSets, machineDeployments, machines, clusters, controlPlanes, devMachineTemplates } = scene;
  const all = [machineSets, machineDeployments, machines, clusters, controlPlanes, devMachineTemplates];
  keepReconciling(scene, all, async () => {
    if (scene.knobs.asleep) return;
    for (const each of machineSets.all()) if (!isGoing(each)) await reconcile(scene, each);
  });
}

async function reconcile(scene: CapiScene, set: ApiObject): Promise<void> {
  const paused = at(clusterOf(scene), 'spec', 'paused') === true || annotationOf(set, PAUSED) !== undefined;
  await tellUpToDate(scene, set);
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1;
  const blocked = paused ? [] : await resize(scene, set, wanted);
  await tell(scene, set, wanted, blocked);
}

/** New machines say nothing for a while, as those of the real controller. */
const SILENT_MS = 10_000;

async function tellUpToDate(scene: CapiScene, set: ApiObject): Promise<void> {
  const deployment = scene.machineDeployments.get(controllerUid(set));
  const why = deployment === undefined ? [] : differences(set, deployment);
  for (const machine of machinesOf(scene, set)) {
    await keepTimeouts(scene, machine, at(set, 'spec', 'template', 'spec'));
    const silent = Date.now() - createdMs(machine) < SILENT_MS * scene.scene.pace;
    const fragment = withConditions(scene.shape, machine, [upToDateSaid(why)]);
    if ((silent && why.length === 0) || isIn(machine, fragment)) continue;
    await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: machine, status: fragment });
  }
}

/** Makes machines or deletes some. Answers why it waits. */
async function resize(scene: CapiScene, set: ApiObject, wanted: number): Promise<readonly string[]> {
  const machines = machinesOf(scene, set);
  const { shape } = scene;
  const sick = machines.filter((each) => !isGoing(each) && isHandedOver(shape, each));
  if (machines.length < wanted || sick.length > 0) {
    const failed = preflights(scene, set);
    if (failed.length > 0) return failed.map((each) => `* ${each}`);
  }
  for (const machine of sick) await remove(scene, scene.machines, shape.machines, machine);
  for (let missing = wanted - machines.length; missing > 0; missing -= 1) await createMachine(scene, recipeOfSet(set));
  const surplus = machines.toSorted((a, b) => byUse(shape, a, b)).slice(0, Math.max(0, machines.length - wanted));
  for (const machine of surplus) if (!isGoing(machine)) await remove(scene, scene.machines, shape.machines, machine);
  return [];
}

function isHandedOver(shape: Shape, machine: ApiObject): boolean {
  return ['HealthCheckSucceeded', 'OwnerRemediated'].every(
    (type) => conditionOf(shape, machine, type)['status'] === 'False',
  );
}

/** Those that go first come first: what is going, what was asked for, what is not ready, the oldest. */
function byUse(shape: Shape, a: ApiObject, b: ApiObject): number {
  const rank = (machine: ApiObject): number => {
    if (isGoing(machine)) return 0;
    if (annotationOf(machine, DELETE_MACHINE) !== undefined) return 1;
    return conditionOf(shape, machine, 'Ready')['status'] === 'True' ? 3 : 2;
  };
  return rank(a) - rank(b) || createdMs(a) - createdMs(b) || (identity(a).name < identity(b).name ? -1 : 1);
}

function preflights(scene: CapiScene, set: ApiObject): readonly string[] {
  const [plane] = scene.controlPlanes.all();
  if (plane === undefined) return [];
  return failedPreflights({
    version: textAt(set, 'spec', 'template', 'spec', 'version'),
    kubeadm: textAt(set, 'spec', 'template', 'spec', 'bootstrap', 'configRef', 'kind') === 'KubeadmConfigTemplate',
    plane: {
      name: `${NAMESPACE}/${identity(plane).name}`,
      version: textAt(plane, 'spec', 'version'),
      actual: textAt(plane, 'status', 'version'),
    },
    topology: textAt(clusterOf(scene), 'spec', 'topology', 'version') || null,
    skip: annotationOf(set, SKIP_PREFLIGHT) ?? '',
  });
}

async function tell(scene: CapiScene, set: ApiObject, wanted: number, blocked: readonly string[]): Promise<void> {
  const { shape } = scene;
  const machines = machinesOf(scene, set);
  const notReady = machines.filter((each) => conditionOf(shape, each, 'Ready')['status'] !== 'True');
  const old = shape.version === 'v1beta1' ? { fullyLabeledReplicas: machines.length } : {};
  const present = scene.machineSets.get(identity(set).uid) ?? set;
  const { unavailableReplicas: _, updatedReplicas: __, ...counters } = fieldsOf(countersOf(shape, machines));
  const status = joined(
    { ...counters, ...old, observedGeneration: numberAt(present, 'metadata', 'generation') ?? 1 },
    withConditions(shape, present, [
      machinesReady(shape, machines, notReady),
      ...rollingConditions(shape, machines).filter(({ type }) => type === 'MachinesUpToDate'),
      ...scaling(machines.length, wanted, blocked),
      yesNo('MachinesCreated', blocked.length === 0, ['Created', 'PreflightCheckFailed'], {
        message: blocked.map((each) => each.slice(2)).join('; '),
        old: { severity: 'Error' },
      }),
    ]),
  );
  if (isIn(present, status)) return;
  await writeStatus(scene, scene.machineSets, { collection: shape.machineSets, object: present, status });
}
