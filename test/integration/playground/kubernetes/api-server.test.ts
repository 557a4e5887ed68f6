import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ApiObject } from '../../../../playground/kubernetes/contracts.ts';
import { openObjectStore } from '../../../../playground/kubernetes/store/object-store.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { type ApiScene, type Heard, startApiScene } from '../../../support/api-scene.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MERGE = { 'Content-Type': 'application/merge-patch+json' };

const List = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.object({ metadata: z.object({ name: z.string(), resourceVersion: z.string() }) })),
});
const Named = z.object({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).optional(),
});
const Events = z.array(z.object({ type: z.string(), object: Named.or(z.looseObject({ kind: z.literal('Status') })) }));

let scene: ApiScene;
beforeAll(async () => {
  scene = await startApiScene();
});
afterAll(() => scene.stop());

async function make(name: string, labels: Readonly<Record<string, string>> = {}, data = {}): Promise<string> {
  const heard = await scene.ask(PATH, {
    method: 'POST',
    headers: JSON_TYPE,
    body: { metadata: { name, labels }, data },
  });
  expect(heard.status, heard.text).toBe(201);
  return Named.parse(heard.body).metadata.resourceVersion;
}

function patch(name: string, body: object): Promise<Heard> {
  return scene.ask(`${PATH}/${name}`, { method: 'PATCH', headers: MERGE, body });
}

test('pages are of one revision, whatever is written between them, until etcd is compacted', async () => {
  for (const name of ['page-1', 'page-2', 'page-3', 'page-4', 'page-5']) await make(name, { set: 'pages' });
  const first = List.parse((await scene.ask(`${PATH}?limit=2&labelSelector=set%3Dpages`)).body);
  await make('page-0', { set: 'pages' });
  await scene.ask(`${PATH}/page-4`, { method: 'DELETE' });
  const more = `${PATH}?limit=2&labelSelector=set%3Dpages&continue=`;
  const second = List.parse((await scene.ask(`${more}${first.metadata.continue}`)).body);
  const third = List.parse((await scene.ask(`${more}${second.metadata.continue}`)).body);
  await scene.compact();
  const late = await scene.ask(`${more}${second.metadata.continue}`);

  const names = [first, second, third].flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
  expect(names).toEqual(['page-1', 'page-2', 'page-3', 'page-4', 'page-5']);
  expect(new Set([first, second, third].map(({ metadata }) => metadata.resourceVersion)).size).toBe(1);
  expect(third.metadata.continue).toBeUndefined();
  expect(late.status).toBe(410);
});

test('of many writers with the same revision exactly one wins, and patches without one all do', async () => {
  const revision = await make('contended', {}, { count: '0' });
  const conditional = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      patch('contended', { metadata: { resourceVersion: revision }, data: { winner: String(index) } }),
    ),
  );
  const unconditional = await Promise.all(
    Array.from({ length: 10 }, (_, index) => patch('contended', { data: { [`k${index}`]: 'v' } })),
  );

  expect(conditional.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(conditional.filter(({ status }) => status === 409)).toHaveLength(9);
  expect(new Set(unconditional.map(({ status }) => status))).toEqual(new Set([200]));
  const { data } = Named.parse((await scene.ask(`${PATH}/contended`)).body);
  expect(Object.keys(data ?? {})).toHaveLength(12);
});

test('a watch goes on where a list ended, and sees each change once, in order', async () => {
  const list = List.parse((await scene.ask(`${PATH}?labelSelector=set%3Dwatched`)).body);
  const query = `watch=true&labelSelector=set%3Dwatched&timeoutSeconds=2&resourceVersion=${list.metadata.resourceVersion}`;
  const watching = scene.ask(`${PATH}?${query}`);
  await make('watched', { set: 'watched' });
  for (let round = 1; round <= 20; round += 1) await patch('watched', { data: { round: String(round) } });
  await scene.ask(`${PATH}/watched`, { method: 'DELETE' });
  const events = Events.parse((await watching).body);

  expect(events.map(({ type }) => type)).toEqual(['ADDED', ...Array.from({ length: 20 }, () => 'MODIFIED'), 'DELETED']);
  const revisions = events.map(({ object }) => Number(Named.parse(object).metadata.resourceVersion));
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(new Set(revisions).size).toBe(22);
});

test('an API server that starts again answers an old watch with 410 and goes on with new ones', async () => {
  const before = List.parse((await scene.ask(PATH)).body).metadata.resourceVersion;
  await make('meanwhile');
  await scene.restart();
  const old = Events.parse((await scene.ask(`${PATH}?watch=true&timeoutSeconds=2&resourceVersion=${before}`)).body);
  const now = List.parse((await scene.ask(PATH)).body).metadata.resourceVersion;
  const fresh = Events.parse((await scene.ask(`${PATH}?watch=true&timeoutSeconds=1&resourceVersion=${now}`)).body);

  expect(old).toMatchObject([{ type: 'ERROR', object: { reason: 'Expired', code: 410 } }]);
  expect(fresh).toEqual([]);
});

test('a watch outlives the restart of etcd, and nothing between is lost', async () => {
  const list = List.parse((await scene.ask(PATH)).body);
  const watching = scene.ask(`${PATH}?watch=true&timeoutSeconds=8&resourceVersion=${list.metadata.resourceVersion}`);
  await make('before-the-restart');
  const [member] = scene.ring.members;
  await member?.kill();
  await member?.start();
  await waitFor('etcd to answer again', async () => (await scene.ask(`${PATH}?limit=1&timeout=2s`)).status === 200);
  await make('after-the-restart');
  const events = Events.parse((await watching).body);

  expect(events.map(({ type, object }) => [type, Named.parse(object).metadata.name])).toEqual([
    ['ADDED', 'before-the-restart'],
    ['ADDED', 'after-the-restart'],
  ]);
});

test('from inside, a follower gets everything there is, then every change, also over a restart of etcd', async () => {
  await make('known', { set: 'followed' });
  const seen: string[] = [];
  const ended = new AbortController();
  const following = scene.server().local.follow(`${PATH}?labelSelector=set%3Dfollowed`, ended.signal, (event) => {
    seen.push(`${event.type} ${nameOf(event.object)}`);
  });
  await waitFor('the first event', () => seen.length === 1);
  const [member] = scene.ring.members;
  await member?.kill();
  await member?.start();
  await waitFor('etcd to answer again', async () => (await scene.ask(`${PATH}?limit=1&timeout=2s`)).status === 200);
  await scene.ask(`${PATH}/known`, { method: 'DELETE' });
  await waitFor('the deletion', () => seen.length === 2);
  ended.abort();
  await following;

  expect(seen).toEqual(['ADDED known', 'DELETED known']);
});

test('what is stored is JSON below /registry, without its revision', async () => {
  const revision = await make('stored', {}, { a: 'b' });
  const store = openObjectStore({ endpoints: scene.ring.endpoints, tls: scene.ring.tls });
  const stored = await store.get('/registry/configmaps/default/stored', 5_000);
  store.close();

  expect(stored?.revision).toBe(Number(revision));
  expect(JSON.parse(stored?.value.toString() ?? '')).toMatchObject({
    kind: 'ConfigMap',
    metadata: { name: 'stored' },
    data: { a: 'b' },
  });
  expect(stored?.value.toString()).not.toContain('resourceVersion');
});

function nameOf(object: ApiObject): string {
  return String(object.metadata['name']);
}
