import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { recorded } from '../../support/kubernetes-fixtures.ts';
import {
  kubeconfigText,
  makeWorkspace,
  POLL,
  type Reply,
  type ScriptedApi,
  startScriptedApi,
  type Workspace,
} from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 20_000 };
const POD = { apiVersion: 'v1', kind: 'Pod' };
const BUDGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };

let api: ScriptedApi;
let workspace: Workspace;
let port: KubernetesPort;
beforeEach(async () => {
  api = await startScriptedApi();
  workspace = await makeWorkspace();
  // A server behind a path, as some proxies have it: discovery is asked of the test, too.
  const kubeconfig = await workspace.file('config', kubeconfigText({ server: `${api.server}/k8s/c1` }, { token: 't' }));
  port = openKubernetes({ kubeconfig, environment: {} });
});
afterEach(async () => {
  await port.close();
  await api.close();
  await workspace.remove();
});

/** Answers by path, without the path that the server is behind; anything else is a plain 404. */
function serve(replies: Readonly<Record<string, Reply>>): void {
  api.answer(({ path }) => replies[path.replace('/k8s/c1', '')] ?? { status: 404, body: '404 page not found\n' });
}

function aggregated(name: string, etag = '"1"'): Reply {
  const { body } = recorded(name).response;
  const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  return { status: 200, body, headers: { 'content-type': type, etag } };
}

function paths(): readonly string[] {
  return api.seen.map(({ path }) => path.replace('/k8s/c1', ''));
}

/** A server of its own that takes connections and answers nothing. */
async function startMute() {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    server: typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '',
    taken: () => open.size,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

test("who waits for another caller's look-up waits no longer than its own call allows", async () => {
  const mute = await startMute();
  const kubeconfig = await workspace.file('mute', kubeconfigText({ server: mute.server }, { token: 't' }));
  const other = openKubernetes({ kubeconfig, environment: {} });
  try {
    const patient = other.serves(POD, { timeoutMs: 60_000 });
    await expect.poll(() => mute.taken(), POLL).toBe(1);
    const answers: string[] = [];
    const hurried = other
      .serves(POD, { timeoutMs: 100 })
      .then((result) => answers.push(result.ok ? 'ok' : result.error.code));
    await expect.poll(() => answers, POLL).toEqual(['unreachable']);
    await hurried;
    await other.close();
    expect(valueOf(await patient)).toBe('cancelled');
  } finally {
    await other.close();
    mute.close();
  }
});

function valueOf<T>(result: KubernetesResult<T>): T | string {
  return result.ok ? result.value : result.error.code;
}

test('what a real server says, asked once; a kind that is missing is looked up anew with the ETag', async () => {
  serve({ '/api': aggregated('01-08-aggregated-api'), '/apis': aggregated('01-07-aggregated-apis') });
  expect(valueOf(await port.serves(POD, CALL))).toEqual({ namespaced: true, resource: 'pods' });
  expect(valueOf(await port.serves(BUDGET, CALL))).toEqual({ namespaced: true, resource: 'poddisruptionbudgets' });
  expect(valueOf(await port.groupVersions('policy', CALL))).toEqual(['v1']);
  expect(paths()).toEqual(['/api', '/apis']);
  expect(api.seen[0]?.headers.accept).toMatch(/as=APIGroupDiscoveryList.*,application\/json$/);

  serve({ '/api': { status: 304, body: '' }, '/apis': { status: 304, body: '' } });
  expect(valueOf(await port.serves({ apiVersion: 'apps/v1', kind: 'Deployment' }, CALL))).toBeNull();
  expect(paths().slice(2)).toEqual(['/api', '/apis']);
  expect(api.seen.at(-1)?.headers['if-none-match']).toBe('"1"');
  expect(valueOf(await port.serves(POD, CALL))).toEqual({ namespaced: true, resource: 'pods' });
  expect(paths()).toHaveLength(4);
});

test('a kind that comes later is found, one that goes is no longer served', async () => {
  serve({ '/api': aggregated('01-08-aggregated-api'), '/apis': aggregated('01-08-aggregated-api') });
  expect(valueOf(await port.serves(BUDGET, CALL))).toBeNull();
  serve({ '/api': aggregated('01-08-aggregated-api'), '/apis': aggregated('01-07-aggregated-apis', '"2"') });
  expect(valueOf(await port.serves(BUDGET, CALL))).toEqual({ namespaced: true, resource: 'poddisruptionbudgets' });

  serve({ '/api': aggregated('01-08-aggregated-api'), '/apis': aggregated('01-08-aggregated-api', '"3"') });
  const ref = { ...BUDGET, namespace: 'a', name: 'b' };
  expect(valueOf(await port.get(ref, CALL))).toBe('no-such-kind');
  expect(valueOf(await port.serves(BUDGET, CALL))).toBeNull();
});

test('many callers at once cause one look-up', async () => {
  serve({ '/api': aggregated('01-08-aggregated-api'), '/apis': aggregated('01-07-aggregated-apis') });
  await Promise.all(Array.from({ length: 20 }, () => port.serves(POD, CALL)));

  expect(paths()).toEqual(['/api', '/apis']);
});

test('a server of before 1.26: kinds are asked for by group and version, when they are needed', async () => {
  const { body: groups } = recorded('01-04-apis').response;
  serve({
    '/api': { status: 200, body: recorded('01-03-api').response.body },
    '/apis': { status: 200, body: groups },
    '/api/v1': { status: 200, body: recorded('01-05-api-v1').response.body },
    '/apis/apps/v1': { status: 200, body: recorded('01-06-apis-apps-v1').response.body },
  });
  expect(valueOf(await port.serves(POD, CALL))).toEqual({ namespaced: true, resource: 'pods' });
  expect(valueOf(await port.serves({ apiVersion: 'v1', kind: 'Node' }, CALL))).toEqual({
    namespaced: false,
    resource: 'nodes',
  });
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
  expect(valueOf(await port.serves(deployment, CALL))).toEqual({ namespaced: true, resource: 'deployments' });
  expect(paths()).toEqual(['/api', '/apis', '/api/v1', '/apis/apps/v1']);
  expect(valueOf(await port.groupVersions('apps', CALL))).toEqual(['v1']);
  const scale = { ...CALL, subresource: 'scale' } as const;
  expect(valueOf(await port.patchMerge({ ...deployment, namespace: 'a', name: 'b' }, {}, scale))).toBe('no-such-kind');
  expect(paths().at(-1)).toMatch(/\/deployments\/b\/scale\?/);
});

test('a group whose server is away is not taken for one without kinds', async () => {
  const stale = {
    kind: 'APIGroupDiscoveryList',
    items: [{ metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1', freshness: 'Stale', resources: [] }] }],
  };
  const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  serve({
    '/api': aggregated('01-08-aggregated-api'),
    '/apis': { status: 200, body: stale, headers: { 'content-type': type } },
    '/apis/metrics.k8s.io/v1': { status: 503, body: 'service unavailable' },
  });

  expect(valueOf(await port.serves({ apiVersion: 'metrics.k8s.io/v1', kind: 'NodeMetrics' }, CALL))).toBe(
    'server-error',
  );
  expect(valueOf(await port.serves(POD, CALL))).toEqual({ namespaced: true, resource: 'pods' });
});

test.each([
  ['no list at all', { status: 200, body: { hello: 1 } }, 'server-error'],
  ['a page of a portal', { status: 200, body: '<html>' }, 'server-error'],
  ['a refusal', { status: 403, body: recorded('14-11-forbidden-path').response.body }, 'forbidden'],
])('%s is told as it is', async (_name, reply, code) => {
  serve({ '/api': reply, '/apis': reply });

  expect(valueOf(await port.serves(POD, CALL))).toBe(code);
});
