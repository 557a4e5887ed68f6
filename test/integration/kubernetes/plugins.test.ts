import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
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

/** A plug-in that counts how often it ran, notes its environment, and then does `body`. */
async function plugin(
  body: string,
): Promise<{ readonly exec: Readonly<Record<string, unknown>>; readonly runs: () => Promise<number> }> {
  const log = join(workspace.folder, 'runs');
  await writeFile(log, '');
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.env) + '\\n');
    const count = readFileSync(${JSON.stringify(log)}, 'utf8').trim().split('\\n').length;
    function give(status) {
      console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));
    }
    ${body}`;
  const path = await workspace.file('plugin.cjs', script);
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: execPath,
    args: [path],
    interactiveMode: 'Never',
  };
  return { exec, runs: async () => (await logLines(log)).length };
}

async function logLines(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

async function messageOf(port: KubernetesPort): Promise<string> {
  const result = await port.version(CALL);
  return result.ok ? 'ok' : `${result.error.code}: ${result.error.message}`;
}

test('a plug-in is asked once for many calls, with what it needs to know and without our secrets', async () => {
  const { exec, runs } = await plugin(`give({ token: 'token-' + count });`);
  accept('token-1');
  const port = await portOf(
    { exec: { ...exec, env: [{ name: 'PROFILE', value: 'prod' }], provideClusterInfo: true } },
    { PATH: '/bin', REDIS_URL: 'redis://secret', SLACK_BOT_TOKEN: 'xoxb-secret' },
  );
  const results = await Promise.all([port.version(CALL), port.version(CALL), port.version(CALL)]);
  expect(results.every((result) => result.ok)).toBe(true);
  expect(await runs()).toBe(1);

  const [line = '{}'] = await logLines(join(workspace.folder, 'runs'));
  const { KUBERNETES_EXEC_INFO: info = '', ...environment } = z.record(z.string(), z.string()).parse(JSON.parse(line));
  expect(environment).toMatchObject({ PROFILE: 'prod', PATH: '/bin' });
  expect(Object.keys(environment)).not.toContain('REDIS_URL');
  expect(Object.keys(environment)).not.toContain('SLACK_BOT_TOKEN');
  expect(JSON.parse(info)).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: api.server } },
  });
});

test('401: the plug-in is asked once more, and the call succeeds; a write too, because 401 did nothing', async () => {
  const { exec, runs } = await plugin(`give({ token: 'token-' + count });`);
  accept('token-2');
  const port = await portOf({ exec });

  expect(await messageOf(port)).toBe('ok');
  expect(await runs()).toBe(2);
  api.answer((seen) =>
    seen.headers.authorization === 'Bearer token-3' ? replyOf('09-02-no-budget') : replyOf('14-01-bad-token'),
  );
  expect(await port.evict({ namespace: 'a', name: 'p', uid: 'u' }, CALL)).toEqual({ ok: true, value: null });
  expect(await runs()).toBe(3);
});

test('401 also after that: unauthorized, and the plug-in is asked no third time', async () => {
  const { exec, runs } = await plugin(`give({ token: 'token-' + count });`);
  accept();
  const port = await portOf({ exec });

  expect(await messageOf(port)).toMatch(
    /^unauthorized: get \/version: the server does not accept the credentials of kubeconfig .*config, context x, also after they were made anew$/,
  );
  expect(await runs()).toBe(2);
});

test('credentials that end are made anew before they do', async () => {
  const { exec, runs } = await plugin(
    `give({ token: 'token-' + count, expirationTimestamp: new Date(Date.now() + (count === 1 ? 5000 : 3600000)).toISOString() });`,
  );
  accept('token-1', 'token-2');
  const port = await portOf({ exec });
  await port.version(CALL);
  await port.version(CALL);
  await port.version(CALL);

  expect(await runs()).toBe(2);
  expect(api.seen.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
    'Bearer token-2',
  ]);
});

test.each([
  [
    `console.error('AccessDenied: token=abcdefgh for eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'); process.exit(3);`,
    /failed with exit code 3: AccessDenied: token=\[redacted\] for \[redacted\]$/,
  ],
  [`console.log('please log in');`, /printed something that is no JSON$/],
  [`console.log('{}');`, /printed something that is no ExecCredential with a status$/],
  [`give({});`, /gave neither a token nor a certificate with its key$/],
  [`give({ clientCertificateData: 'x' });`, /gave neither a token nor a certificate with its key$/],
  [
    `console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1beta1', kind: 'ExecCredential', status: { token: 't' } }));`,
    /answered in client.authentication.k8s.io\/v1beta1, asked was client.authentication.k8s.io\/v1$/,
  ],
  [`process.kill(process.pid, 'SIGKILL');`, /was killed by SIGKILL$/],
])('a plug-in that does %s', async (body, words) => {
  const { exec } = await plugin(body);
  const port = await portOf({ exec });
  const message = await messageOf(port);

  expect(message).toMatch(/^not-configured: exec plug-in .*node.* of user u \(kubeconfig .*\/config, context x\) /);
  expect(message).toMatch(words);
});

test.each([
  [
    { command: 'no-such-plugin', installHint: 'Install it with care.' },
    /is not installed \(no-such-plugin is not found\); Install it with care\.$/,
  ],
  [{ command: './here' }, /is not installed \(\/.*\/here is not found\)$/],
  [
    { command: 'x', apiVersion: 'client.authentication.k8s.io/v1alpha1' },
    /apiVersion client.authentication.k8s.io\/v1alpha1 is not known/,
  ],
  [{ command: 'x', interactiveMode: 'Always' }, /wants to ask a person/],
])('a plug-in that cannot be run: %j', async (exec, words) => {
  expect(await messageOf(await portOf({ exec }))).toMatch(words);
});

test('a plug-in that hangs ends the call in time', async () => {
  const { exec } = await plugin('setInterval(() => undefined, 1000);');
  const port = await portOf({ exec });
  await port.version({ timeoutMs: 1 });
  const result = await port.version({ timeoutMs: 500 });

  expect(result).toMatchObject({ ok: false, error: { code: 'not-configured' } });
  expect(result.ok ? '' : result.error.message).toMatch(/were not there within \d\S* m?s$/);
  expect(api.seen).toEqual([]);
});
