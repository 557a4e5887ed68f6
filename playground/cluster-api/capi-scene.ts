import { textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { accepted, acceptedOrGone, type Client, createClient } from '../kubernetes/controllers/client.ts';
import type { Mirror } from '../kubernetes/controllers/mirror.ts';
import { identity } from '../kubernetes/controllers/objects.ts';
import { createScene, queueOver, type Scene } from '../kubernetes/controllers/scene.ts';
import { NAMESPACE, type Shape } from './shape.ts';
import type { Workload } from './workload.ts';

/** What goes wrong when it is switched on. */
export interface CapiKnobs {
  /** New machines, of the control plane and workers, are made and never boot. */
  neverBoots: boolean;
  /** New machines boot, and their node never joins. */
  neverJoins: boolean;
  /** The next machine whose node has joined goes, with its node, as when somebody deletes it at the provider. Then it is off again. */
  vanishes: boolean;
  /** The controllers of control planes, deployments, topologies and health checks do nothing, as if they did not run. */
  asleep: boolean;
  /** How long a new machine boots, ms of a real provider; scaled by the pace. */
  bootMs: number;
  /** How long the API server is away when an outdated machine of the control plane ends, ms. */
  blinkMs: number;
}

/** What every controller of the management cluster works with. */
export interface CapiScene {
  readonly scene: Scene;
  readonly shape: Shape;
  readonly workload: Workload;
  readonly client: Client;
  readonly knobs: CapiKnobs;
  /** When the controllers began, ms since the epoch: what is older was there before. */
  readonly beganMs: number;
  readonly clusters: Mirror;
  readonly machines: Mirror;
  readonly healthChecks: Mirror;
  readonly controlPlanes: Mirror;
  readonly devMachines: Mirror;
  readonly machineSets: Mirror;
  readonly machineDeployments: Mirror;
  readonly devMachineTemplates: Mirror;
}

/** Makes it; everything ends with the signal. */
export function createCapiScene(
  api: LocalApi,
  shape: Shape,
  workload: Workload,
  { signal, pace, knobs }: { readonly signal: AbortSignal; readonly pace: number; readonly knobs: CapiKnobs },
): CapiScene {
  const scene = createScene(api, signal, pace);
  const everywhere = (path: string): Mirror => scene.mirrors.of(path.replace(`/namespaces/${NAMESPACE}`, ''));
  return {
    scene,
    shape,
    workload,
    client: createClient(api, 'manager'),
    knobs,
    beganMs: Date.now(),
    clusters: everywhere(shape.clusters),
    machines: everywhere(shape.machines),
    healthChecks: everywhere(shape.healthChecks),
    controlPlanes: everywhere(shape.controlPlanes),
    devMachines: everywhere(shape.devMachines),
    machineSets: everywhere(shape.machineSets),
    machineDeployments: everywhere(shape.machineDeployments),
    devMachineTemplates: everywhere(shape.devMachineTemplates),
  };
}

/** The infrastructure of a machine; undefined: it is gone, or not there yet. */
export function devMachineOf(
  { devMachines }: Pick<CapiScene, 'devMachines'>,
  machine: ApiObject,
): ApiObject | undefined {
  return devMachines.named(NAMESPACE, textAt(machine, 'spec', 'infrastructureRef', 'name'));
}

/** How often a controller looks without being told of a change, ms; scaled. */
const LOOK_MS = 2_000;

/** Runs a controller over everything whenever something changed, and every 2 s. What throws is tried again. */
export function keepReconciling(
  { scene }: CapiScene,
  mirrors: readonly Mirror[],
  reconcile: () => Promise<void>,
): void {
  const queue = queueOver(
    scene,
    mirrors,
    () => ['all'],
    async () => {
      try {
        await reconcile();
      } finally {
        queue.askIn('all', Math.max(200, LOOK_MS * scene.pace));
      }
    },
  );
  for (const mirror of mirrors) mirror.onChange(() => queue.ask('all'));
}

/** Where an object of a collection is. */
export function pathIn(collection: string, object: unknown): string {
  return `${collection}/${identity(object).name}`;
}

/** Writes a status and waits until the mirror has it. Nothing is written when nothing differs; one that is gone is fine. */
export async function writeStatus(
  { client }: CapiScene,
  mirror: Mirror,
  { collection, object, status }: { readonly collection: string; readonly object: ApiObject; readonly status: Fields },
): Promise<void> {
  const answer = await client.merge(`${pathIn(collection, object)}/status`, {
    metadata: { uid: identity(object).uid },
    status,
  });
  const written = acceptedOrGone(answer);
  if (written !== null) await mirror.sees(written);
}

/** Changes an object by a merge patch and waits until the mirror has it; one that is gone is fine. */
export async function change(
  { client }: CapiScene,
  mirror: Mirror,
  { collection, object, patch }: { readonly collection: string; readonly object: ApiObject; readonly patch: Fields },
): Promise<void> {
  const written = acceptedOrGone(await client.merge(pathIn(collection, object), patch));
  if (written !== null) await mirror.sees(written);
}

/** Creates an object and waits until the mirror has it. @throws Error when it is refused. */
export async function make({ client }: CapiScene, mirror: Mirror, collection: string, object: Fields): Promise<void> {
  await mirror.sees(accepted(await client.create(collection, object)));
}

/** Deletes the very object; one that is gone or going is fine. */
export async function remove(
  { client }: CapiScene,
  mirror: Mirror,
  collection: string,
  object: ApiObject,
): Promise<void> {
  const { uid } = identity(object);
  acceptedOrGone(
    await client.remove(pathIn(collection, object), { preconditions: { uid }, propagationPolicy: 'Background' }),
  );
  await mirror.seesEnd(uid);
}
