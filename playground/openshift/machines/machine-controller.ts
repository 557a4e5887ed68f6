import { setTimeout as delay } from 'node:timers/promises';
import { at, fieldsOf, listAt, sameJson, textAt, textsAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../../kubernetes/contracts.ts';
import { createClient } from '../../kubernetes/controllers/client.ts';
import { identity, isGoing, timeOf } from '../../kubernetes/controllers/objects.ts';
import { MACHINE_SPACE } from '../layout.ts';
import { timed } from '../operator/conditions.ts';
import { allFilled, type OcpScene, type Writer, writerOf } from '../scene.ts';
import type { Instance } from './cloud.ts';

/** Keeps a machine's object until its instance is gone. */
export const MACHINE_FINALIZER = 'machine.machine.openshift.io';

const LOOK_EVERY_MS = 500;
/** From the order to a running instance, and from there to its kubelet; of a cloud, scaled. */
const PENDING_MS = 20_000;
const BOOT_MS = 40_000;
const TERMINATES_MS = 20_000;

/**
 * The machine controllers of the Machine API, small: phases, the provider's state, finalizer, hooks, node references. There is no drain: the playground
 * has no workloads on these nodes.
 */
export async function runMachineApi(scene: OcpScene): Promise<void> {
  const writer = writerOf(createClient(scene.api, 'machine-controller'));
  const machines = scene.mirrors.of('/apis/machine.openshift.io/v1beta1/machines');
  const nodes = scene.mirrors.of('/api/v1/nodes');
  const waits = new Map<string, number>();
  /** Whether something has lasted so long; the first time it is asked for begins it. */
  function lasted(what: string, ms: number): boolean {
    const since = waits.get(what) ?? performance.now();
    waits.set(what, since);
    return performance.now() - since >= ms * scene.pace;
  }
  while (!scene.signal.aborted) {
    if (allFilled([machines, nodes])) {
      for (const machine of machines.all()) {
        const keeper: Keeper = { scene, writer, machine, lasted, node: (name) => nodes.named('', name) };
        // What fails is done in the next round.
        await (isGoing(machine) ? finish(keeper) : keep(keeper)).catch(() => undefined);
      }
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: scene.signal, ref: false }).catch(() => undefined);
  }
}

interface Keeper {
  readonly scene: OcpScene;
  readonly writer: Writer;
  readonly machine: ApiObject;
  readonly lasted: (what: string, ms: number) => boolean;
  readonly node: (name: string) => ApiObject | undefined;
}

async function keep(keeper: Keeper): Promise<void> {
  const { scene, writer, machine } = keeper;
  const { name, uid } = identity(machine);
  if (!textsAt(machine, 'metadata', 'finalizers').includes(MACHINE_FINALIZER)) {
    const finalizers = [...textsAt(machine, 'metadata', 'finalizers'), MACHINE_FINALIZER];
    await writer.merge(pathOf(machine), { metadata: { finalizers } });
  }
  const instance = scene.cloud.of(name) ?? order(keeper);
  if (instance instanceof Error) return tell(keeper, { phase: 'Provisioning', refusal: instance.message });
  if (instance.state === 'pending' && !keeper.lasted(`${uid} pending`, PENDING_MS)) {
    return tell(keeper, { phase: 'Provisioning', instance });
  }
  if (textAt(machine, 'spec', 'providerID') !== instance.providerId) {
    await writer.merge(pathOf(machine), { spec: { providerID: instance.providerId } });
  }
  if (instance.state === 'pending') {
    await tell(keeper, { phase: 'Provisioned', instance });
    if (!keeper.lasted(`${uid} boot`, BOOT_MS)) return;
    await scene.cloud.boot(instance);
  }
  const node = keeper.node(instance.node);
  const was = textAt(machine, 'status', 'phase');
  const phase = node === undefined && was !== 'Running' ? 'Provisioned' : 'Running';
  await tell(keeper, { phase, instance, ...(node === undefined ? {} : { node }) });
}

function order({ scene, machine }: Keeper): Instance | Error {
  // One that had an instance does not get another.
  if (textAt(machine, 'spec', 'providerID') !== '') return new Error('Instance not found on provider');
  try {
    return scene.cloud.create(identity(machine).name);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function finish(keeper: Keeper): Promise<void> {
  const { scene, writer, machine } = keeper;
  const { name, uid } = identity(machine);
  const finalizers = textsAt(machine, 'metadata', 'finalizers');
  if (!finalizers.includes(MACHINE_FINALIZER)) return;
  const instance = scene.cloud.of(name);
  const hooked = ['preDrain', 'preTerminate'].find(
    (hook) => listAt(machine, 'spec', 'lifecycleHooks', hook).length > 0,
  );
  await tell(keeper, { phase: 'Deleting', ...(instance === undefined ? {} : { instance }) });
  if (hooked !== undefined || !keeper.lasted(`${uid} terminates`, TERMINATES_MS)) return;
  if (instance !== undefined) {
    await scene.cloud.terminate(instance);
    await writer.remove(`/api/v1/nodes/${instance.node}`);
  }
  const others = finalizers.filter((each) => each !== MACHINE_FINALIZER);
  await writer.merge(pathOf(machine), { metadata: { finalizers: others.length === 0 ? null : others } });
}

function pathOf(machine: ApiObject): string {
  return `/apis/machine.openshift.io/v1beta1/namespaces/${MACHINE_SPACE}/machines/${identity(machine).name}`;
}

interface MachineState {
  readonly phase: string;
  readonly instance?: Instance;
  readonly node?: ApiObject;
  /** Why the provider gives no instance. */
  readonly refusal?: string;
}

async function tell({ writer, machine }: Keeper, { phase, instance, node, refusal }: MachineState): Promise<void> {
  const now = Date.now();
  const conditions = timed(machine, machineConditions(machine, instance), now);
  const providerStatus = {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'AWSMachineProviderStatus',
    ...(instance === undefined ? {} : { instanceId: instance.id, instanceState: instance.state }),
    conditions: [creation(machine, instance, refusal ?? null, now)],
  };
  const addresses =
    instance === undefined || instance.state === 'pending'
      ? []
      : [
          { type: 'InternalIP', address: instance.address },
          { type: 'InternalDNS', address: instance.node },
          { type: 'Hostname', address: instance.node },
        ];
  const status = {
    phase,
    conditions,
    providerStatus,
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(node === undefined ? {} : { nodeRef: { kind: 'Node', name: identity(node).name, uid: identity(node).uid } }),
  };
  const before = fieldsOf(machine['status']);
  const changed = Object.entries(status).filter(([field, value]) => !sameJson(before[field], value));
  if (changed.length === 0) return;
  const body = { status: { ...Object.fromEntries(changed), lastUpdated: timeOf(now) } };
  await writer.merge(`${pathOf(machine)}/status`, body);
}

function machineConditions(machine: ApiObject, instance: Instance | undefined) {
  const going = isGoing(machine);
  return [
    hookCondition(machine, 'Drainable', 'preDrain', 'Drain'),
    condition('InstanceExists', instance !== undefined && instance.state !== 'pending', 'InstanceNotCreated'),
    hookCondition(machine, 'Terminable', 'preTerminate', 'Terminate'),
    ...(going && listAt(machine, 'spec', 'lifecycleHooks', 'preDrain').length === 0
      ? [condition('Drained', true, '')]
      : []),
  ];
}

function hookCondition(machine: ApiObject, type: string, hook: string, what: string) {
  const hooks = listAt(machine, 'spec', 'lifecycleHooks', hook).map(fieldsOf);
  if (hooks.length === 0) return condition(type, true, '');
  const names = hooks.map((each) => `{Name:${String(each['name'])} Owner:${String(each['owner'])}}`).join(' ');
  const message = `${what} operation currently blocked by: [${names}]`;
  return { type, status: 'False' as const, reason: 'HookPresent', message };
}

function condition(type: string, is: boolean, reason: string) {
  return { type, status: is ? ('True' as const) : ('False' as const), reason: is ? '' : reason, message: '' };
}

function creation(machine: ApiObject, instance: Instance | undefined, refusal: string | null, now: number): Fields {
  const isDone = instance !== undefined;
  const said = isDone
    ? { status: 'True', reason: 'MachineCreationSucceeded', message: 'the instance was created' }
    : { status: 'False', reason: 'MachineCreationFailed', message: refusal ?? '' };
  const before = fieldsOf(listAt(at(machine, 'status', 'providerStatus'), 'conditions')[0]);
  const time = before['status'] === said.status ? textAt(before, 'lastTransitionTime') : timeOf(now);
  return { type: 'MachineCreation', ...said, lastTransitionTime: time };
}
