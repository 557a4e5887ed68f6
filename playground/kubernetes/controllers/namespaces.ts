import { fieldsOf, listAt, sameJson, textAt, textsAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { accepted, acceptedOrGone } from './client.ts';
import type { FoundKind } from './discovered-kinds.ts';
import { namespaceConditions } from './namespace-conditions.ts';
import { identity, isGoing } from './objects.ts';
import type { Scene } from './scene.ts';
import { createWorkQueue } from './work-queue.ts';
import type { World } from './world.ts';

const ROOT = '/api/v1/namespaces';
const FINALIZER = 'kubernetes';
const LOOK_AGAIN_MS = 5_000;
/** The real controller leaves writers so long to notice. */
const BEFORE_MS = 5_000;

/** Empties namespaces that are to go, and lets them go. */
export function endNamespaces(scene: Scene, world: World): void {
  const namespaces = scene.mirrors.of(ROOT);
  /** When a namespace was first seen to go, by its uid. */
  const since = new Map<string, number>();
  const queue = createWorkQueue({
    signal: scene.signal,
    ready: () => namespaces.filled() && world.ready(),
    async run(uid) {
      const namespace = namespaces.get(uid);
      if (namespace === undefined || !ends(namespace)) {
        since.delete(uid);
        return;
      }
      const begun = since.get(uid) ?? performance.now();
      since.set(uid, begun);
      const left = begun + BEFORE_MS * scene.pace - performance.now();
      if (left > 0) queue.askIn(uid, left);
      else if (!(await end(scene, world, namespace))) queue.askIn(uid, LOOK_AGAIN_MS);
    },
  });
  namespaces.onChange(({ before, after }) => {
    if (after !== null && ends(after) && (before === null || !isGoing(before))) queue.ask(identity(after).uid);
  });
  world.onChange((_kind, { before, after }) => {
    if (before === null) return;
    const namespace = namespaces.named('', identity(before).namespace);
    if (namespace === undefined || !ends(namespace)) return;
    const fewer = !sameJson(before.metadata['finalizers'], after?.metadata['finalizers']);
    if (after === null || fewer) queue.ask(identity(namespace).uid);
  });
  world.onFilled(() => {
    for (const namespace of namespaces.all()) if (ends(namespace)) queue.ask(identity(namespace).uid);
    queue.wake();
  });
}

function ends(namespace: ApiObject): boolean {
  return isGoing(namespace) && textsAt(namespace, 'spec', 'finalizers').includes(FINALIZER);
}

/** One round. Answers whether nothing is left. */
async function end({ client }: Scene, world: World, namespace: ApiObject): Promise<boolean> {
  const { name } = identity(namespace);
  const remaining = new Map<string, readonly unknown[]>();
  let failure = '';
  for (const kind of world.kinds().filter(({ namespaced }) => namespaced)) {
    const path = `${kind.root}/namespaces/${name}/${kind.plural}`;
    if ((await contentAt({ client }, path)).length === 0) continue;
    const removed = await client.remove(path, { propagationPolicy: 'Background' });
    if (removed.status >= 300 && removed.status !== 404) failure ||= textAt(removed.body, 'message');
    const still = await contentAt({ client }, path);
    if (still.length > 0) remaining.set(nameOf(kind), still);
  }
  await writeConditions({ client }, name, remaining, failure);
  if (remaining.size > 0 || failure !== '') return false;
  const live = acceptedOrGone(await client.get(`${ROOT}/${name}`));
  if (live === null) return true;
  const finalizers = textsAt(live, 'spec', 'finalizers').filter((each) => each !== FINALIZER);
  const body = { ...fieldsOf(live), spec: { ...fieldsOf(fieldsOf(live)['spec']), finalizers } };
  acceptedOrGone(await client.replace(`${ROOT}/${name}/finalize`, body));
  return true;
}

/** `deployments.apps`, and `configmaps.` of the core group. */
function nameOf({ plural, group }: FoundKind): string {
  return `${plural}.${group}`;
}

async function contentAt({ client }: Pick<Scene, 'client'>, path: string): Promise<readonly unknown[]> {
  return listAt(acceptedOrGone(await client.get(path)), 'items');
}

async function writeConditions(
  { client }: Pick<Scene, 'client'>,
  name: string,
  remaining: ReadonlyMap<string, readonly unknown[]>,
  failure: string,
): Promise<void> {
  const live = acceptedOrGone(await client.get(`${ROOT}/${name}`));
  if (live === null) return;
  const { metadata, status } = fieldsOf(live);
  const object = { apiVersion: 'v1', kind: 'Namespace', ...fieldsOf(live), metadata: fieldsOf(metadata) };
  const conditions = namespaceConditions(object, remaining, failure, Date.now());
  if (sameJson(fieldsOf(status)['conditions'], conditions)) return;
  const next = { ...object, status: { ...fieldsOf(status), conditions } };
  accepted(await client.replace(`${ROOT}/${name}/status`, next));
}
