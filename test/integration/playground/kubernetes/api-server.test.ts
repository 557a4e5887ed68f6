import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startApiServer } from '../../../../playground/kubernetes/api/server.ts';
import type { ApiObject } from '../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../playground/kubernetes/fields/field-rules.ts';
import { openObjectStore } from '../../../../playground/kubernetes/store/object-store.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { type ApiScene, type Heard, startApiScene } from '../../../support/api-scene.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'Content-Type': 'application/json' };
/** Unpacked by `npm test`. */
const ETCD_35 = fileURLToPath(
  new URL('../../../../node_modules/.cache/drydock/etcd-3.5/usr/bin/etcd', import.meta.url),
);
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
  const watching = scene.ask(`${PATH}?watch=true&timeoutSeconds=6&resourceVersion=${list.metadata.resourceVersion}`);
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

test('two API servers over one etcd serve the same kinds and objects, and lose the same races', async () => {
  const first = scene.server();
  const other = await startApiServer({
    etcd: { endpoints: scene.ring.endpoints, tls: scene.ring.tls },
    listen: { host: '127.0.0.1', port: 0 },
    tls: {
      cert: join(scene.ring.directory, 'server.crt'),
      key: join(scene.ring.directory, 'server.key'),
      clientCa: scene.admin.ca,
    },
    rules: createFieldRules(),
  });
  try {
    await other.ready();
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const definition = {
      metadata: { name: 'cogs.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'cogs', singular: 'cog', kind: 'Cog' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await first.local.request({ method: 'POST', path, body: definition });
    await waitFor('the other server to serve cogs', async () => {
      const { status } = await other.local.request({ method: 'GET', path: '/apis/example.com/v1/cogs' });
      return status === 200;
    });
    const made = await Promise.all(
      [first, other].map(({ local }) =>
        local.request({ method: 'POST', path: '/apis/example.com/v1/cogs', body: { metadata: { name: 'one' } } }),
      ),
    );
    await first.local.request({ method: 'DELETE', path: `${path}/cogs.example.com` });
    await waitFor('the other server to forget cogs', async () => {
      const { status } = await other.local.request({ method: 'GET', path: '/apis/example.com/v1/cogs' });
      return status === 404;
    });

    expect(made.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(made.filter(({ status }) => status === 409)).toHaveLength(1);
  } finally {
    await other.stop();
  }
});

test('it stops although somebody has connected and not yet begun TLS', async () => {
  const early = connect(scene.server().port, '127.0.0.1');
  const closed = once(early, 'close');
  await once(early, 'connect');
  // Who connects later is accepted later.
  await scene.ask(PATH);

  await scene.restart();
  await closed;

  expect((await scene.ask(PATH)).status).toBe(200);
});

test('on etcd 3.5: pages, races and expiry are the same', async () => {
  const newer = await startApiScene({ etcd: { binary: ETCD_35 } });
  try {
    for (const name of ['a', 'b', 'c'])
      await newer.ask(PATH, { method: 'POST', headers: JSON_TYPE, body: { metadata: { name } } });
    const first = List.parse((await newer.ask(`${PATH}?limit=1`)).body);
    const again = await newer.ask(PATH, { method: 'POST', headers: JSON_TYPE, body: { metadata: { name: 'a' } } });
    const second = List.parse((await newer.ask(`${PATH}?limit=1&continue=${first.metadata.continue}`)).body);
    await newer.ask(`${PATH}/c`, { method: 'DELETE' });
    await newer.compact();
    const late = await newer.ask(`${PATH}?limit=1&continue=${second.metadata.continue}`);

    expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect([again.status, late.status]).toEqual([409, 410]);
    expect((await newer.ring.status('m-1')).version).toMatch(/^3\.5\./);
  } finally {
    await newer.stop();
  }
});

function nameOf(object: ApiObject): string {
  return String(object.metadata['name']);
}
