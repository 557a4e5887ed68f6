import { setTimeout as delay } from 'node:timers/promises';
import { at, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CONTROL_PLANE_NAME, DEV_FINALIZER } from './annotations.ts';
import { type CapiScene, change, keepReconciling, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { withConditions } from './shape.ts';

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
    for (const dev of devMachines.all()) {
      const { uid } = identity(dev);
      if (isGoing(dev)) await takeAway(scene, dev, busy.get(uid));
      else if (textAt(dev, 'spec', 'providerID') === '') await provide(scene, dev, names);
      else await tell(scene, dev);
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

/** `cp-4` after `cp-3`, never one that was there before. */
function createNames({ workload }: CapiScene): () => string {
  let last = Math.max(0, ...workload.machines().map((name) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0)));
  return () => {
    last += 1;
    return `cp-${last}`;
  };
}

/** A name and an id at once; the machine itself comes when it boots. */
async function provide(scene: CapiScene, dev: ApiObject, nextName: () => string): Promise<void> {
  if (scene.knobs.neverBoots) return;
  const node = textAt(dev, 'status', 'node') || nextName();
  await status(scene, dev, { node, ready: false, instanceState: 'pending' });
  const object = scene.devMachines.get(identity(dev).uid) ?? dev;
  const patch = { spec: { providerID: providerIdOf(node) } };
  await change(scene, scene.devMachines, { collection: scene.shape.devMachines, object, patch });
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
    if (signal.aborted || scene.devMachines.get(uid) === undefined) return;
    workload.powerOn(name);
  }
  const dev = scene.devMachines.get(uid);
  if (dev === undefined) return;
  await tell(scene, dev, true);
  if (textAt(dev, 'metadata', 'labels', CONTROL_PLANE_NAME) !== '' && !knobs.neverJoins) await joined(scene, uid, name);
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

/** How the instance is, as a provider sees it from outside. */
async function tell(scene: CapiScene, dev: ApiObject, booted = at(dev, 'status', 'ready') === true): Promise<void> {
  const name = textAt(dev, 'status', 'node');
  const address = scene.workload.addressOf(name);
  if (address === null || !booted) return;
  const joining = !scene.workload.isOn(name) && listAt(dev, 'status', 'addresses').length === 0;
  await status(scene, dev, {
    ready: true,
    initialization: { provisioned: true },
    instanceState: scene.workload.isOn(name) || joining || scene.knobs.neverJoins ? 'running' : 'stopped',
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
  const finalizers = listAt(dev, 'metadata', 'finalizers').filter((each) => each !== DEV_FINALIZER);
  const patch = { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } };
  await change(scene, scene.devMachines, { collection: scene.shape.devMachines, object: dev, patch });
}

async function status(scene: CapiScene, dev: ApiObject, next: Fields): Promise<void> {
  const present = scene.devMachines.get(identity(dev).uid) ?? dev;
  if (isIn(present, next)) return;
  await writeStatus(scene, scene.devMachines, { collection: scene.shape.devMachines, object: present, status: next });
}
