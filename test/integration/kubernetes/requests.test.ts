import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { POLL, type Reply, replyOf, type ScriptedApi, startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'c' };
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'c' }, data: { x: '1' } };
const STORED = { ...OBJECT, metadata: { ...OBJECT.metadata, uid: 'u-1', resourceVersion: '7' } };

let scene: Awaited<ReturnType<typeof startScene>>;
let api: ScriptedApi;
let port: KubernetesPort;
beforeEach(async () => {
  scene = await startScene();
  ({ api, port } = scene);
});
afterEach(() => scene.end());

function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

/** Every way to change something. */
const WRITES: readonly [string, (to: KubernetesPort) => Promise<KubernetesResult<unknown>>][] = [
  ['create', (to) => to.create(OBJECT, CALL)],
  ['replace', (to) => to.replace(STORED, CALL)],
  ['apply', (to) => to.apply(OBJECT, CALL)],
  ['patchJson', (to) => to.patchJson(CONFIG, [{ op: 'add', path: '/data/y', value: '2' }], CALL)],
  ['patchMerge', (to) => to.patchMerge(CONFIG, { data: { y: '2' } }, CALL)],
  ['delete', (to) => to.delete(CONFIG, { ...CALL, preconditions: {} })],
  ['evict', (to) => to.evict({ namespace: 'a', name: 'p', uid: 'u' }, CALL)],
];

test.each(WRITES)(
  '%s on a connection that breaks after it was sent: sent once, outcome unknown',
  async (_name, write) => {
    api.answer(() => (_response, request) => request.socket.destroy());

    expect(codeOf(await write(port))).toBe('unknown-outcome');
    expect(api.seen).toHaveLength(1);
  },
);

test.each(WRITES)('%s without an answer in time: sent once, outcome unknown', async (_name, write) => {
  await port.get(CONFIG, CALL);
  api.answer(() => () => undefined);
  const before = api.seen.length;
  const short = { ...port, ...shortened(port, 300) };

  expect(codeOf(await write(short))).toBe('unknown-outcome');
  expect(api.seen.length - before).toBe(1);
});

/** The same port with less time for each call. */
function shortened(of: KubernetesPort, timeoutMs: number): Partial<KubernetesPort> {
  return {
    create: (object, options) => of.create(object, { ...options, timeoutMs }),
    replace: (object, options) => of.replace(object, { ...options, timeoutMs }),
    apply: (object, options) => of.apply(object, { ...options, timeoutMs }),
    patchJson: (ref, operations, options) => of.patchJson(ref, operations, { ...options, timeoutMs }),
    patchMerge: (ref, patch, options) => of.patchMerge(ref, patch, { ...options, timeoutMs }),
    delete: (ref, options) => of.delete(ref, { ...options, timeoutMs }),
    evict: (pod, options) => of.evict(pod, { ...options, timeoutMs }),
  };
}

test.each(WRITES)('%s to a server that is gone: unreachable, nothing was sent', async (_name, write) => {
  await port.get(CONFIG, CALL);
  await api.close();

  const result = await write(port);

  expect(codeOf(result)).toBe('unreachable');
  expect(result.ok ? '' : result.error.message).toMatch(/refuses connections; nothing was sent$/);
  await scene.port.close();
});

test('a write gets a connection of its own: one that is kept may be closed at any moment', async () => {
  api.answer(() => ({ status: 200, body: STORED }));
  await port.get(CONFIG, CALL);
  await port.replace(STORED, CALL);
  await port.get(CONFIG, CALL);
  await port.replace(STORED, CALL);

  const [read, write, again, last] = api.seen.map(({ socket }) => socket);
  expect(again).toBe(read);
  expect(new Set([read, write, last]).size).toBe(3);
});

test('a read is tried again when the connection breaks, three times in all', async () => {
  api.answer((_seen, count) =>
    count < 3 ? (_response, request) => request.socket.destroy() : { status: 200, body: STORED },
  );

  expect(codeOf(await port.get(CONFIG, CALL))).toBe('ok');
  expect(api.seen).toHaveLength(3);
});

test('a read whose connection always breaks ends with an unknown outcome', async () => {
  api.answer(() => (_response, request) => request.socket.destroy());

  expect(codeOf(await port.get(CONFIG, CALL))).toBe('unknown-outcome');
  expect(api.seen).toHaveLength(3);
});

function page(next: string, names: readonly string[]): Reply {
  const metadata = { resourceVersion: '90', ...(next === '' ? {} : { continue: next }) };
  const items = names.map((name) => ({ metadata: { namespace: 'a', name, uid: name, resourceVersion: '1' } }));
  return { status: 200, body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items } };
}

test('a large list whose connection breaks in the middle of a page goes on with that page', async () => {
  api.answer((seen, count) => {
    if (!seen.path.includes('continue=')) return page('next', ['one', 'two']);
    if (count > 2) return page('', ['three']);
    return (response, request) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"kind":"ConfigMapList","items":[');
      setImmediate(() => request.socket.destroy());
    };
  });
  const list = await port.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a' }, { ...CALL, pageSize: 2 });

  expect(list.ok && list.value.items.map((item) => `${item.kind} ${item.metadata.name}`)).toEqual([
    'ConfigMap one',
    'ConfigMap two',
    'ConfigMap three',
  ]);
  expect(api.seen.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/a/configmaps?limit=2',
    '/api/v1/namespaces/a/configmaps?limit=2&continue=next',
    '/api/v1/namespaces/a/configmaps?limit=2&continue=next',
  ]);
});

test('a page that expired begins the list anew once; who was handed pages is told', async () => {
  const first = {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '90', continue: 'old' },
    items: [{ metadata: { name: 'one', uid: 'o', resourceVersion: '1' } }],
  };
  api.answer((seen) =>
    seen.path.includes('continue=') ? replyOf('20-54-continue-expired') : { status: 200, body: first },
  );
  const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a' };
  const pages: number[] = [];

  expect(codeOf(await port.list(query, CALL))).toBe('expired');
  expect(api.seen).toHaveLength(4);
  expect(codeOf(await port.eachPage(query, CALL, (items) => pages.push(items.length)))).toBe('expired');
  expect(pages).toEqual([1]);
});

test('an answer that is larger than an object may be is too-large', async () => {
  api.answer(() => (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(1 << 20, 'x');
    for (let sent = 0; sent < 20; sent += 1) response.write(chunk);
  });

  expect(codeOf(await port.get(CONFIG, CALL))).toBe('too-large');
});

test.each([
  ['a page of a portal', { status: 200, body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
  ['an object of another shape', { status: 200, body: { hello: 1 } }],
  ['a redirection', { status: 302, body: '', headers: { location: 'https://login.example.com' } }],
])('%s is no answer', async (_name, reply) => {
  api.answer(() => reply);

  expect(['server-error', 'refused']).toContain(codeOf(await port.get(CONFIG, CALL)));
});

test('a signal ends a call at once, and a closed port answers no more', async () => {
  api.answer(() => () => undefined);
  const stop = new AbortController();
  const waiting = port.get(CONFIG, { ...CALL, signal: stop.signal });
  await expect.poll(() => api.seen.length, POLL).toBe(1);
  stop.abort();
  expect(codeOf(await waiting)).toBe('cancelled');

  const held = port.get(CONFIG, CALL);
  await expect.poll(() => api.seen.length, POLL).toBe(2);
  await port.close();
  expect(codeOf(await held)).toBe('cancelled');
  expect(codeOf(await port.get(CONFIG, CALL))).toBe('cancelled');
  expect(codeOf(await port.version(CALL))).toBe('cancelled');
});

test('a call is sent as it has to be', async () => {
  api.answer(() => ({ status: 200, body: STORED }));
  await port.apply(OBJECT, { ...CALL, dryRun: true, force: true });
  await port.patchMerge(CONFIG, { data: { y: '2' } }, { ...CALL, preconditions: { uid: 'u-1', resourceVersion: '7' } });
  await port.delete(CONFIG, { ...CALL, preconditions: { uid: 'u-1' }, propagation: 'Foreground' });
  const [apply, patch, deletion] = api.seen;

  expect(apply?.path).toBe(
    '/api/v1/namespaces/a/configmaps/c?fieldManager=drydock&fieldValidation=Strict&dryRun=All&force=true',
  );
  expect(apply?.headers).toMatchObject({
    'content-type': 'application/apply-patch+yaml',
    authorization: 'Bearer a-token',
    'user-agent': 'drydock/1',
  });
  expect(JSON.parse(patch?.body ?? '')).toEqual({ data: { y: '2' }, metadata: { uid: 'u-1', resourceVersion: '7' } });
  expect(JSON.parse(deletion?.body ?? '')).toEqual({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'u-1' },
    propagationPolicy: 'Foreground',
  });
  expect(scene.used.filter((each) => !each.startsWith('get '))).toEqual([
    'patch configmaps',
    'patch configmaps',
    'delete configmaps',
  ]);
});

test.each([['..'], ['a/b'], [''], ['%2e']])('the name %j is refused before it becomes a path', async (name) => {
  expect(codeOf(await port.get({ ...CONFIG, name }, CALL))).toBe('invalid');
  expect(api.seen).toEqual([]);
});

test.each([
  ['08-05-finalizer-delete', 'f'],
  ['08-11-foreground', 'fg'],
  ['08-18-pod-graceful', 'g'],
  ['08-22-pod-force', null],
  ['08-25-pod-pending', null],
  ['08-03-with-preconditions', null],
  ['12-24-delete', null],
])('%s: deletion leaves %s', async (name, left) => {
  api.answer(() => replyOf(name));
  const result = await port.delete(CONFIG, { ...CALL, preconditions: {} });

  expect(result.ok && (result.value?.metadata.name ?? null)).toBe(left);
});
