import { setTimeout as delay } from 'node:timers/promises';
import { at, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CLUSTER_NAME, CONTROL_PLANE_NAME, DEPLOYMENT_NAME, DEV_FINALIZER } from './annotations.ts';
import { type CapiScene, change, keepReconciling, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { NAMESPACE, withConditions } from './shape.ts';
import { ZONES } from './workload.ts';

/** What a provider calls a machine. */
export function providerIdOf(node: string): string {
  return `dev:////${node}`;
}

/** The provider: makes a node of the playground for each DevMachine, joins it, says how it is, and takes it away. */
export function keepDevMachines(scene: CapiScene): void {
  const { devMachines, machines } = scene;
  const names = createNames(scene);
  /** Those that boot and join, by uid. */
  const busy = new Map<string, Promise<void>>();
  keepReconciling(scene, [devMachines, machines], async () => {
    await vanish(scene);
    for (const dev of devMachines.all()) {
      const { uid } = identity(dev);
      if (isGoing(dev)) await takeAway(scene, dev, busy.get(uid));
      else if (textAt(dev, 'spec', 'providerID') === '') await provide(scene, dev, names);
      else await tell(scene, dev, { joins: busy.has(uid) });
      if (
        !isGoing(dev) &&
        at(dev, 'status', 'ready') !== true &&
        textAt(dev, 'status', 'node') !== '' &&
        !busy.has(uid)
      )
        busy.set(
          uid,
          bootAndJoin(scene, uid).finally(() => busy.delete(uid)),
        );
    }
  });
}

/** `cp-4` after `cp-3`, `md-0-4` after `md-0-3`: never one that was there before. */
function createNames({ workload }: CapiScene): (prefix: string) => string {
  const last = new Map<string, number>();
  for (const name of workload.machines()) {
    const [, prefix = '', number = '0'] = /^(.*)-(\d+)$/.exec(name) ?? [];
    last.set(prefix, Math.max(last.get(prefix) ?? 0, Number(number)));
  }
  return (prefix) => {
    const next = (last.get(prefix) ?? 0) + 1;
    last.set(prefix, next);
    return `${prefix}-${next}`;
  };
}

/** `cp`, or the name of the deployment without its cluster's. */
function prefixOf(dev: ApiObject): string {
  const label = (name: string): string => textAt(dev, 'metadata', 'labels', name);
  if (label(CONTROL_PLANE_NAME) !== '') return 'cp';
  const [cluster, deployment] = [label(CLUSTER_NAME), label(DEPLOYMENT_NAME)];
  return deployment.startsWith(`${cluster}-`) ? deployment.slice(cluster.length + 1) : deployment;
}

/** A name and an id as soon as there is a Machine for it; the machine itself comes when it boots. */
async function provide(scene: CapiScene, dev: ApiObject, nextName: (prefix: string) => string): Promise<void> {
  if (scene.knobs.neverBoots || scene.machines.named(NAMESPACE, identity(dev).name) === undefined) return;
  const node = textAt(dev, 'status', 'node') || nextName(prefixOf(dev));
  await status(scene, dev, { node, ready: false, instanceState: 'pending' });
  const object = scene.devMachines.get(identity(dev).uid) ?? dev;
  const patch = { spec: { providerID: providerIdOf(node), failureDomain: zoneFor(scene, dev) } };
  await change(scene, scene.devMachines, { collection: scene.shape.devMachines, object, patch });
}

/** The zone with the fewest machines of the same deployment; those of a control plane have none. */
function zoneFor({ devMachines }: CapiScene, dev: ApiObject): string | null {
  const deployment = textAt(dev, 'metadata', 'labels', DEPLOYMENT_NAME);
  if (deployment === '') return null;
  const others = devMachines.all().filter((each) => !isGoing(each) && each !== dev && prefixOf(each) === prefixOf(dev));
  const count = (zone: string): number =>
    others.filter((each) => textAt(each, 'spec', 'failureDomain') === zone).length;
  return ZONES.toSorted((a, b) => count(a) - count(b))[0] ?? null;
}

/** Somebody deletes a new machine behind everybody's back, when {@link CapiKnobs.vanishes} says so. */
async function vanish(scene: CapiScene): Promise<void> {
  const { knobs, machines, devMachines, workload } = scene;
  if (!knobs.vanishes) return;
  const fresh = machines
    .all()
    .filter((each) => !isGoing(each) && textAt(each, 'status', 'nodeRef', 'name') !== '')
    .toSorted((a, b) => createdMs(b) - createdMs(a))[0];
  const dev = fresh === undefined ? undefined : devMachines.named(NAMESPACE, identity(fresh).name);
  if (fresh === undefined || dev === undefined || createdMs(fresh) < scene.beganMs) return;
  knobs.vanishes = false;
  const name = textAt(dev, 'status', 'node');
  await workload.destroy(name);
  await workload.deleteNode(name);
}

function createdMs(object: ApiObject): number {
  return Date.parse(textAt(object, 'metadata', 'creationTimestamp'));
}

/** What a machine boots: the version of its image, or that of its Machine where the image does not tell. */
function versionOf({ machines }: CapiScene, dev: ApiObject): string {
  const [, tag = ''] = /:(v\d+\.\d+\.\d+)$/.exec(textAt(dev, 'spec', 'image')) ?? [];
  return tag || textAt(machines.named(NAMESPACE, identity(dev).name), 'spec', 'version');
}

async function bootAndJoin(scene: CapiScene, uid: string): Promise<void> {
  const {
    scene: { signal, pace },
    workload,
    knobs,
  } = scene;
  const name = textAt(scene.devMachines.get(uid), 'status', 'node');
  if (workload.addressOf(name) === null) {
    await delay(knobs.bootMs * pace, undefined, { signal, ref: false }).catch(() => undefined);
    const booting = scene.devMachines.get(uid);
    if (signal.aborted || booting === undefined || isGoing(booting)) return;
    workload.powerOn({
      name,
      role: prefixOf(booting) === 'cp' ? 'control-plane' : 'worker',
      version: versionOf(scene, booting),
      zone: textAt(booting, 'spec', 'failureDomain') || null,
    });
  }
  const dev = scene.devMachines.get(uid);
  if (dev === undefined) return;
  await tell(scene, dev, { joins: true, booted: true });
  if (!knobs.neverJoins) await joined(scene, uid, name);
}

const TRIES = 10;
const AGAIN_MS = 5_000;

/** kubeadm gives up when a member does not answer at once; its script is run again a few times. Then somebody has to look. */
async function joined(scene: CapiScene, uid: string, name: string): Promise<void> {
  const { signal, pace } = scene.scene;
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    const dev = scene.devMachines.get(uid);
    if (dev === undefined || isGoing(dev)) return;
    try {
      await scene.workload.join(name);
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const said = { type: 'BootstrapSucceeded', status: 'False', reason: 'KubeadmFailed', message, old: {} } as const;
      await status(scene, dev, withConditions(scene.shape, dev, [said]));
    }
    await delay(AGAIN_MS * pace, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** How the instance is, as a provider sees it from outside: one that joins runs, though its kubelet does not yet. */
async function tell(
  scene: CapiScene,
  dev: ApiObject,
  { joins, booted = at(dev, 'status', 'ready') === true }: { readonly joins: boolean; readonly booted?: boolean },
): Promise<void> {
  const name = textAt(dev, 'status', 'node');
  const address = scene.workload.addressOf(name);
  if (!booted) return;
  if (address === null) return await status(scene, dev, { instanceState: 'terminated' });
  await status(scene, dev, {
    ready: true,
    initialization: { provisioned: true },
    instanceState: scene.workload.isOn(name) || joins || scene.knobs.neverJoins ? 'running' : 'stopped',
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
  });
}

async function takeAway(scene: CapiScene, dev: ApiObject, booting: Promise<void> | undefined): Promise<void> {
  const name = textAt(dev, 'status', 'node');
  if (name !== '') await scene.workload.destroy(name);
  await booting;
  // A Machine deletes the node that it knows. One that registered before that goes here, as clouds delete nodes without an instance.
  if (name !== '') await scene.workload.deleteNode(name);
  const finalizers = listAt(dev, 'metadata', 'finalizers').filter((each) => each !== DEV_FINALIZER);
  const patch = { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } };
  await change(scene, scene.devMachines, { collection: scene.shape.devMachines, object: dev, patch });
}

async function status(scene: CapiScene, dev: ApiObject, next: Fields): Promise<void> {
  const present = scene.devMachines.get(identity(dev).uid) ?? dev;
  if (isIn(present, next)) return;
  await writeStatus(scene, scene.devMachines, { collection: scene.shape.devMachines, object: present, status: next });
}
