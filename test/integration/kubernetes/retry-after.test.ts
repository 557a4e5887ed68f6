import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { POLL, type Reply, replyOf, startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'c' };
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'c' } };
const STORED = { ...OBJECT, metadata: { ...OBJECT.metadata, uid: 'u-1', resourceVersion: '7' } };
const POD = { namespace: 'a', name: 'p' };
const FIT = { status: 200, body: STORED };
const LIST = {
  status: 200,
  body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] },
};

let scene: Awaited<ReturnType<typeof startScene>>;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.end());

function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

/** A refusal that says to come back after so many seconds. */
function later(status: number, seconds: number): Reply {
  return { status, body: 'come back later', headers: { 'retry-after': String(seconds) } };
}

const CALLS: readonly [string, Reply, (to: KubernetesPort) => Promise<KubernetesResult<unknown>>][] = [
  ['get', FIT, (to) => to.get(CONFIG, CALL)],
  ['list', LIST, (to) => to.list({ ...CONFIG, namespace: 'a' }, CALL)],
  ['create', FIT, (to) => to.create(OBJECT, CALL)],
  ['replace', FIT, (to) => to.replace(STORED, CALL)],
  ['delete', FIT, (to) => to.delete(CONFIG, { ...CALL, preconditions: {} })],
  ['evict', FIT, (to) => to.evict({ ...POD, uid: 'u' }, CALL)],
  ['logs', { status: 200, body: 'a line' }, (to) => to.logs(POD, CALL)],
];

test.each(CALLS)('%s: a 429 that says when to come back is asked again', async (_name, good, make) => {
  scene.api.answer((_seen, count) => (count === 1 ? later(429, 1) : good));

  expect(codeOf(await make(scene.port))).toBe('ok');
  expect(new Set(scene.api.seen.map(({ method, path, body }) => `${method} ${path} ${body}`)).size).toBe(1);
  expect(scene.api.seen).toHaveLength(2);
});

test('a server that shuts down (503) is not asked again for a change: it may have been carried out', async () => {
  scene.api.answer((_seen, count) => (count === 1 ? later(503, 1) : later(500, 1)));

  expect(codeOf(await scene.port.create(OBJECT, CALL))).toBe('server-error');
  expect(scene.api.seen).toHaveLength(1);
});

test('a read that is answered 503 with a time goes again', async () => {
  scene.api.answer((_seen, count) => (count === 1 ? later(503, 1) : later(500, 1)));

  expect(codeOf(await scene.port.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'x' }, CALL))).toBe(
    'server-error',
  );
  expect(scene.api.seen).toHaveLength(2);
});

test.each(CALLS)('%s: a time beyond the limit of the call is answered at once', async (_name, _good, make) => {
  scene.api.answer(() => later(429, 10));
  const result = await make(scene.port);

  expect(result).toMatchObject({ ok: false, error: { code: 'throttled', retryAfterMs: 10_000 } });
  expect(scene.api.seen).toHaveLength(1);
});

test('a change is waited for 5 s at most, also when each single time would fit', async () => {
  scene.api.answer(() => later(429, 3));

  expect(codeOf(await scene.port.create(OBJECT, CALL))).toBe('throttled');
  expect(scene.api.seen).toHaveLength(2);
}, 20_000);

test('who gives up while the server makes it wait is heard at once, and nothing more is sent', async () => {
  const stop = new AbortController();
  scene.api.answer(() => later(429, 5));
  const asked = scene.port.create(OBJECT, { ...CALL, signal: stop.signal });
  await expect.poll(() => scene.api.seen.length, POLL).toBe(1);
  stop.abort();

  expect(codeOf(await asked)).toBe('cancelled');
  expect(scene.api.seen).toHaveLength(1);
});

test.each([['exec'], ['forward']] as const)(
  '%s: a handshake that is refused for now is tried again',
  async (method) => {
    scene.api.upgrade(null);
    scene.api.answer(() => {
      // The next handshake is taken.
      scene.api.upgrade((socket) => {
        if (method === 'forward') return;
        socket.send(Buffer.concat([Buffer.of(3), Buffer.from('{"status":"Success"}')]));
        socket.close(1000);
      });
      return replyOf('19-03-too-many-requests');
    });
    const made =
      method === 'exec' ? await scene.port.exec(POD, ['true'], CALL) : await scene.port.forward(POD, 2379, CALL);

    expect(codeOf(made)).toBe('ok');
    expect(scene.api.seen).toHaveLength(2);
  },
);

test('a command that depends on the time left is made when it goes out, anew with each try', async () => {
  scene.api.upgrade(null);
  scene.api.answer(() => {
    scene.api.upgrade((socket) => {
      socket.send(Buffer.concat([Buffer.of(3), Buffer.from('{"status":"Success"}')]));
      socket.close(1000);
    });
    return later(429, 1);
  });
  const made = await scene.port.exec(POD, (leftMs) => ['sleep', String(leftMs)], CALL);
  const [before = 0, after = 0] = scene.api.seen.map(({ path }) =>
    Number(new URL(path, 'http://x').searchParams.getAll('command')[1]),
  );

  expect(codeOf(made)).toBe('ok');
  expect(before).toBeLessThanOrEqual(CALL.timeoutMs);
  expect(before - after).toBeGreaterThanOrEqual(990);
});
