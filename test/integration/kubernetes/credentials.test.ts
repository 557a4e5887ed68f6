import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import {
  kubeconfigText,
  makeWorkspace,
  replyOf,
  type ScriptedApi,
  startScriptedApi,
  type Workspace,
} from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 20_000 };
const VERSION = { status: 200, body: { gitVersion: 'v1.36.2' } };

let api: ScriptedApi;
let workspace: Workspace;
const ports: KubernetesPort[] = [];
beforeEach(async () => {
  api = await startScriptedApi();
  workspace = await makeWorkspace();
});
afterEach(async () => {
  await Promise.all(ports.splice(0).map((port) => port.close()));
  await api.close();
  await workspace.remove();
});

async function portOf(
  user: Readonly<Record<string, unknown>>,
  environment: Record<string, string> = {},
): Promise<KubernetesPort> {
  const kubeconfig = await workspace.file('config', kubeconfigText({ server: api.server }, user));
  const port = openKubernetes({ kubeconfig, environment });
  ports.push(port);
  return port;
}

/** Answers 401 to all but these tokens. */
function accept(...tokens: readonly string[]): void {
  api.answer((seen) =>
    tokens.some((token) => seen.headers.authorization === `Bearer ${token}`) ? VERSION : replyOf('14-01-bad-token'),
  );
}

async function messageOf(port: KubernetesPort): Promise<string> {
  const result = await port.version(CALL);
  return result.ok ? 'ok' : `${result.error.code}: ${result.error.message}`;
}

test('a token file is read again before each request; kubeconfig names it from its own folder', async () => {
  await workspace.file('token', 'first\n');
  accept('first', 'second');
  const port = await portOf({ tokenFile: 'token' });
  await port.version(CALL);
  await workspace.file('token', 'second\n');
  await port.version(CALL);

  expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
});

test('a kubeconfig whose token was exchanged is read again after a 401', async () => {
  accept('new-token');
  const port = await portOf({ token: 'old-token' });
  expect(await messageOf(port)).toMatch(/^unauthorized/);
  await workspace.file('config', kubeconfigText({ server: api.server }, { token: 'new-token' }));

  expect(await messageOf(port)).toBe('ok');
});

test('in a pod: address from the environment, token and authority from the service account', async () => {
  const port = openKubernetes({ kubeconfig: null, environment: {}, serviceAccount: workspace.folder });
  ports.push(port);
  expect(await messageOf(port)).toMatch(/^not-configured: no kubeconfig is named and this is no pod of a cluster/);

  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' };
  const inside = openKubernetes({ kubeconfig: null, environment, serviceAccount: workspace.folder });
  ports.push(inside);
  expect(await messageOf(inside)).toMatch(
    /^not-configured: the pod's service account cannot be used: .*token does not exist$/,
  );
});

test('impersonation goes with every part of it', async () => {
  api.answer(() => VERSION);
  const port = await portOf({
    token: 'a-token',
    as: 'jane',
    'as-uid': '7',
    'as-groups': ['dev', 'ops'],
    'as-user-extra': { Reason: ['drill'] },
  });
  await port.version(CALL);

  expect(api.seen[0]?.headers).toMatchObject({
    'impersonate-user': 'jane',
    'impersonate-uid': '7',
    'impersonate-group': 'dev, ops',
    'impersonate-extra-reason': 'drill',
  });
});

test('name and password', async () => {
  api.answer(() => VERSION);
  await (await portOf({ username: 'jane', password: 'pw' })).version(CALL);

  expect(api.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('jane:pw').toString('base64')}`);
});

test('no message shows a token, whatever the server or a proxy says', async () => {
  const token = 'super-secret-token';
  api.answer((seen) => ({ status: 400, body: `you sent ${seen.headers.authorization}` }));
  const message = await messageOf(await portOf({ token }));

  expect(message).toContain('you sent Bearer [redacted]');
  expect(message).not.toContain(token);
});

test('what is wrong with a kubeconfig is said in words', async () => {
  const good = kubeconfigText({ server: api.server }, { token: 't-secret-t' });
  const cases: readonly (readonly [string, string | undefined, RegExp])[] = [
    [good, 'prod', /kubeconfig .*\/config has no context prod; it has x$/],
    [
      good.replace('"current-context":"x"', '"current-context":""'),
      undefined,
      /has no current-context; name a context$/,
    ],
    [good.replace('"cluster":"c"', '"cluster":"d"'), undefined, /context x names cluster d, which is not there$/],
    [good.replace('"user":"u"', '"user":"v"'), undefined, /context x names user v, which is not there$/],
    [good.replace(api.server, 'ftp://x'), undefined, /the server of cluster c is no http\(s\) address$/],
    [good.replace('"token":"t-secret-t"', '"token":7'), undefined, /users\[0\]\.user\.token: /],
    ['clusters: [', undefined, /is no YAML: /],
    ['a text', undefined, /kubeconfig .*config: /],
    [
      good.replace('"token":"t-secret-t"', '"client-certificate":"gone.crt","client-key":"gone.key"'),
      undefined,
      /gone\.(crt|key) does not exist$/,
    ],
    [good.replace('"server"', '"certificate-authority":"no.crt","server"'), undefined, /no\.crt does not exist$/],
    [
      good.replace('"server"', '"certificate-authority-data":"bm90IGEgY2VydA==","server"'),
      undefined,
      /the certificate of the authority is no certificate/,
    ],
    [
      good.replace('"token":"t-secret-t"', '"client-certificate-data":"bm90","client-key-data":"bm90"'),
      undefined,
      /client certificate and key of user u cannot be used/,
    ],
    [good.replace('"token":"t-secret-t"', '"tokenFile":"gone"'), undefined, /token file .*gone does not exist$/],
    [
      good.replace('"token":"t-secret-t"', '"auth-provider":{"name":"gcp"}'),
      undefined,
      /auth-provider gcp, which Kubernetes 1\.26 removed/,
    ],
  ];
  for (const [text, context, words] of cases) {
    const kubeconfig = await workspace.file('config', text);
    const port = openKubernetes({ kubeconfig, context: context ?? null, environment: {} });
    ports.push(port);
    const message = await messageOf(port);
    expect(message).toMatch(/^not-configured: /);
    expect(message).toMatch(words);
    expect(message).not.toContain('t-secret-t');
  }
});

test('a kubeconfig that is missing, unreadable or a folder; what is put right is found by the next call', async () => {
  const path = join(workspace.folder, 'later');
  const port = openKubernetes({ kubeconfig: path, environment: {} });
  ports.push(port);
  expect(await messageOf(port)).toBe(`not-configured: kubeconfig ${path} does not exist`);
  const folder = openKubernetes({ kubeconfig: workspace.folder, environment: {} });
  ports.push(folder);
  expect(await messageOf(folder)).toBe(`not-configured: kubeconfig ${workspace.folder} is a folder`);

  api.answer(() => VERSION);
  await workspace.file('config', kubeconfigText({ server: api.server }, {}));
  await copyFile(join(workspace.folder, 'config'), path);
  expect(await messageOf(port)).toBe('ok');
});

/** One part of a web token. */
function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('OpenID Connect: the token of the kubeconfig, as long as it lasts', async () => {
  const token = `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600 })}.c2ln`;
  accept(token);
  const port = await portOf({
    'auth-provider': { name: 'oidc', config: { 'id-token': token, 'client-id': 'drydock' } },
  });

  expect(await messageOf(port)).toBe('ok');
});

test('OpenID Connect: an issuer that cannot be asked for a new token', async () => {
  const config = {
    'id-token': `${part({ alg: 'none' })}.${part({ exp: 1 })}.c2ln`,
    'refresh-token': 'a-refresh-token',
    'client-id': 'drydock',
    'idp-issuer-url': 'https://127.0.0.1:1/',
  };
  const message = await messageOf(await portOf({ 'auth-provider': { name: 'oidc', config } }));

  expect(message).toMatch(/^not-configured: kubeconfig .*config, context x: /);
  expect(message).not.toContain('a-refresh-token');
});
