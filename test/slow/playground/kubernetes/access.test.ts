import { afterAll, beforeAll, expect, test } from 'vitest';
import { serviceAccountKubeconfig } from '../../../../playground/kubernetes/cluster/account-kubeconfig.ts';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import type { LocalRequest } from '../../../../playground/kubernetes/contracts.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { kubectl, look, podAt, type Said } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;
let viewer: string;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1, workers: 1 });
  await must('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
  const account = '/api/v1/namespaces/shop/serviceaccounts/default';
  await waitFor('the default account', () => isThere(account));
  await must('POST', '/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'viewer' } });
  await must('POST', `${RBAC}/namespaces/shop/rolebindings`, {
    metadata: { name: 'viewer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'viewer', namespace: 'shop' }],
  });
  viewer = await serviceAccountKubeconfig(cluster, { namespace: 'shop', name: 'viewer' });
}, 120_000);
afterAll(() => cluster.stop());

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

async function must(method: LocalRequest['method'], path: string, body?: object): Promise<unknown> {
  const answer = await cluster.api.request({ method, path, body });
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

async function isThere(path: string): Promise<boolean> {
  return (await cluster.api.request({ method: 'GET', path })).status === 200;
}

function asViewer(...args: readonly string[]): Promise<Said> {
  return kubectl(cluster, args, { KUBECONFIG: viewer });
}

test('a token says who it is, and kubectl is told what it may do', async () => {
  const who = await asViewer('auth', 'whoami', '-o', 'json');
  const may = await asViewer('auth', 'can-i', 'list', 'pods', '-n', 'shop');
  const mayNot = await asViewer('auth', 'can-i', 'create', 'pods/eviction', '-n', 'shop');
  const elsewhere = await asViewer('auth', 'can-i', 'list', 'pods', '-n', 'default');
  const listed = await asViewer('auth', 'can-i', '--list', '-n', 'shop');

  expect(JSON.parse(who.text)).toMatchObject({
    status: {
      userInfo: {
        username: 'system:serviceaccount:shop:viewer',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      },
    },
  });
  expect([may, mayNot, elsewhere].map(({ text }) => text.trim())).toEqual(['yes', 'no', 'no']);
  expect([may.code, mayNot.code]).toEqual([0, 1]);
  expect(listed.text).toMatch(/pods\s+\[\]\s+\[\]\s+\[get list watch\]/);
});

test('what a role does not grant is refused in the words of a real server', async () => {
  const got = await asViewer('get', 'pods', '-n', 'shop');
  const secrets = await asViewer('get', 'secrets', '-n', 'shop');
  const nodes = await asViewer('get', 'nodes');

  expect(got).toEqual({ code: 0, text: 'No resources found in shop namespace.' });
  expect(secrets.text.trim()).toBe(
    'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:shop:viewer" cannot list resource "secrets" in API group "" in the namespace "shop"',
  );
  expect(nodes.text.trim()).toBe(
    'Error from server (Forbidden): nodes is forbidden: User "system:serviceaccount:shop:viewer" cannot list resource "nodes" in API group "" at the cluster scope',
  );
});

test('the administrator may speak for others, the viewer may not', async () => {
  const asJane = await kubectl(cluster, ['auth', 'can-i', 'list', 'pods', '--as', 'jane', '-n', 'shop']);
  const asMaster = await kubectl(cluster, ['auth', 'can-i', '*', '*', '--as', 'jane', '--as-group', 'system:masters']);
  const denied = await asViewer('get', 'pods', '-n', 'shop', '--as', 'jane');

  expect([asJane.text.trim(), asMaster.text.trim().split('\n').at(-1)]).toEqual(['no', 'yes']);
  expect(denied.text).toContain('cannot impersonate-on:user-info:list resource "pods"');
});

test('a token for a pod ends with the pod, a token of an account with the account', async () => {
  await must('POST', '/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'passing' } });
  await must('POST', '/api/v1/namespaces/shop/pods', pod('bound', 'cp-1', { serviceAccountName: 'passing' }));
  const bound = { kind: 'Pod', apiVersion: 'v1', name: 'bound' };
  const path = '/api/v1/namespaces/shop/serviceaccounts/passing/token';
  const token = tokenIn(await must('POST', path, { spec: { boundObjectRef: bound } }));
  const plain = tokenIn(await must('POST', path, { spec: {} }));
  expect([await authenticated(token), await authenticated(plain)]).toEqual([true, true]);

  // A token is checked against the server's cache, which follows etcd a moment later, as in a real server.
  await must('DELETE', '/api/v1/namespaces/shop/pods/bound?gracePeriodSeconds=0');
  await expect.poll(() => authenticated(token), WAIT).toBe(false);
  expect(await authenticated(plain)).toBe(true);

  await must('DELETE', '/api/v1/namespaces/shop/serviceaccounts/passing');
  await expect.poll(() => authenticated(plain), WAIT).toBe(false);
  expect(await authenticated(token)).toBe(false);
});

test('a drain takes what the budgets give, and waits for what they do not', async () => {
  for (const [name, node] of [
    ['web-1', 'worker-1'],
    ['web-2', 'cp-1'],
    ['db-1', 'worker-1'],
  ] as const)
    await must('POST', '/api/v1/namespaces/shop/pods', pod(name, node, {}));
  for (const app of ['web', 'db']) {
    const spec = { minAvailable: 1, selector: { matchLabels: { app } } };
    await must('POST', BUDGETS, { metadata: { name: app }, spec });
  }
  await waitFor('the budgets', async () => (await allowed('web')) === 1 && (await healthy('db')) === 1);

  const drained = await kubectl(cluster, ['drain', 'worker-1', '--force', '--timeout=4s']);

  expect(drained.code).toBe(1);
  expect(drained.text).toContain('pod/web-1 evicted');
  expect(drained.text).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  expect(await look(cluster, podAt('web-1', 'shop'))).toBeUndefined();
  expect((await look(cluster, podAt('db-1', 'shop')))?.metadata.deletionTimestamp).toBeUndefined();
  await waitFor('the budget to count again', async () => (await allowed('web')) === 0 && (await healthy('web')) === 1);

  await must('DELETE', `${BUDGETS}/db`);
  const again = await kubectl(cluster, ['drain', 'worker-1', '--force', '--timeout=30s']);

  expect(again).toMatchObject({ code: 0, text: expect.stringContaining('node/worker-1 drained') });
  expect(await look(cluster, podAt('db-1', 'shop'))).toBeUndefined();
});

const WAIT = { timeout: 30_000 };
const BUDGETS = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets';

function pod(name: string, nodeName: string, more: object): object {
  const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }];
  const app = name.split('-')[0];
  return {
    metadata: { name, labels: { app } },
    spec: { nodeName, containers, terminationGracePeriodSeconds: 1, ...more },
  };
}

async function statusOf(budget: string): Promise<Readonly<Record<string, unknown>>> {
  return Object((await must('GET', `${BUDGETS}/${budget}`)) ?? {}).status;
}

async function allowed(budget: string): Promise<unknown> {
  return (await statusOf(budget))['disruptionsAllowed'];
}

async function healthy(budget: string): Promise<unknown> {
  return (await statusOf(budget))['currentHealthy'];
}

function tokenIn(answer: unknown): string {
  return String(Object(Object(answer).status).token);
}

async function authenticated(token: string): Promise<boolean> {
  const answer = await must('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
  return Object(Object(answer).status).authenticated === true;
}
