import { z } from 'zod';
import { recorded } from '../kubernetes-fixtures.ts';
import type { World } from './replay.ts';

/** Makes a namespace and forgets about it. */
export function makeNamespace(world: World, name: string): Promise<unknown> {
  return world.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** A pod as the recorder made them. */
export function POD(name: string, labels: Readonly<Record<string, string>> = { app: 'demo' }): object {
  const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { terminationGracePeriodSeconds: 2, containers },
  };
}

/** A Deployment as the recorder made them. */
export function DEPLOYMENT(name: string, replicas: number): object {
  const labels = { app: name };
  const spec = { terminationGracePeriodSeconds: 2, containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** A ConfigMap as the recorder made them. */
export function CONFIG_MAP(name: string, metadata: object = {}, data: object = { key: 'one' }): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** Puts a recorded object into etcd, as it was answered: its uid, its managers and its status are those of the recording. */
export async function seed(world: World, key: string, answer: unknown): Promise<void> {
  const { resourceVersion, ...metadata } = Stored.parse(answer).metadata;
  const value = { ...Stored.parse(answer), metadata };
  const revision = await world.scene.put(`/registry/${key}`, Buffer.from(JSON.stringify(value)));
  if (typeof metadata['uid'] === 'string') world.names.known.set(metadata['uid'], metadata['uid']);
  if (typeof resourceVersion === 'string') world.names.known.set(resourceVersion, String(revision));
}

const Stored = z.looseObject({ metadata: z.record(z.string(), z.unknown()) });

/** As {@link seed}, with the key from the object: `pods` → `pods/<namespace>/<name>`. */
export async function seedUnder(world: World, root: string, answer: unknown): Promise<void> {
  const { namespace, name } = Named.parse(Stored.parse(answer).metadata);
  await seed(world, [root, namespace, name].filter((part) => part !== undefined).join('/'), answer);
}

const MARKS = new Set([
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
  'finalizers',
  'generation',
]);

/** A recorded answer to a deletion as it was before: without the marks of its end. */
export function undeleted(answer: unknown): unknown {
  const { metadata, ...rest } = Stored.parse(answer);
  const { deletionTimestamp, generation } = metadata;
  const kept = Object.entries(metadata).filter(([name]) => !MARKS.has(name));
  const before =
    typeof generation === 'number' && deletionTimestamp !== undefined ? { generation: generation - 1 } : {};
  return { ...rest, metadata: { ...Object.fromEntries(kept), ...before } };
}

/** Puts the items of a recorded list into etcd, with the kind that they left out. */
export async function seedItems(world: World, root: string, kind: object, list: unknown): Promise<void> {
  for (const item of List.parse(list).items) {
    await seedUnder(world, root, { ...kind, ...item });
  }
}

const List = z.object({ items: z.array(Stored) });
const Named = z.object({ namespace: z.string().optional(), name: z.string() });

/** The recorded answer of this name. */
export function bodyOf(name: string): unknown {
  return recorded(name).response.body;
}
