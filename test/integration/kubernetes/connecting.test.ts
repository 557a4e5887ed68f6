import { copyFile, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRingCertificates, type RingCertificates } from '../../../playground/certificates.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { startHttpProxy, startSocksProxy, type TestProxy } from '../../support/proxies.ts';
import {
  kubeconfigText,
  makeWorkspace,
  type ScriptedApi,
  startScriptedApi,
  type Workspace,
} from '../../support/scripted-api.ts';
import { startStrictTlsServer } from '../../support/strict-tls-server.ts';

const CALL = { timeoutMs: 20_000 };

let workspace: Workspace;
let stranger: Workspace;
let certificates: RingCertificates;
let foreign: RingCertificates;
let api: ScriptedApi;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  workspace = await makeWorkspace();
  stranger = await makeWorkspace();
  certificates = await makeRingCertificates(workspace.folder);
  foreign = await makeRingCertificates(stranger.folder);
  api = await startScriptedApi({
    ca: await readFile(certificates.server.ca),
    cert: await readFile(certificates.server.cert),
    key: await readFile(certificates.server.key),
    requestCert: true,
    rejectUnauthorized: true,
  });
  api.answer(() => ({ status: 200, body: { gitVersion: 'v1.36.2' } }));
  api.upgrade((socket) => {
    socket.send(Buffer.concat([Buffer.of(3), Buffer.from('{"status":"Success"}')]));
    socket.close(1000);
  });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await api.close();
  await workspace.remove();
  await stranger.remove();
});

const CLIENT = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };

let count = 0;
async function portOf(
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>> = CLIENT,
): Promise<KubernetesPort> {
  count += 1;
  const text = kubeconfigText({ server: api.server, 'certificate-authority': 'ca.crt', ...cluster }, user);
  const port = openKubernetes({ kubeconfig: await workspace.file(`config-${count}`, text), environment: {} });
  open.push(port);
  return port;
}

/** What a request and a WebSocket come to. */
async function outcomes(port: KubernetesPort): Promise<readonly string[]> {
  const version = await port.version(CALL);
  const exec = await port.exec({ namespace: 'a', name: 'p' }, ['true'], CALL);
  return [version, exec].map((result) => (result.ok ? 'ok' : `${result.error.code}: ${result.error.message}`));
}

async function proxied(proxy: TestProxy): Promise<TestProxy> {
  open.push(proxy);
  return proxy;
}

test('client certificate and own authority, named by paths from the folder of the kubeconfig', async () => {
  expect(await outcomes(await portOf({}))).toEqual(['ok', 'ok']);
});

test('the same as data', async () => {
  const user = {
    'client-certificate-data': (await readFile(certificates.client.cert)).toString('base64'),
    'client-key-data': (await readFile(certificates.client.key)).toString('base64'),
  };
  const ca = (await readFile(certificates.client.ca)).toString('base64');

  expect(
    await outcomes(await portOf({ 'certificate-authority': undefined, 'certificate-authority-data': ca }, user)),
  ).toEqual(['ok', 'ok']);
});

test('a client certificate from a plug-in', async () => {
  const [cert, key] = await Promise.all([
    readFile(certificates.client.cert, 'utf8'),
    readFile(certificates.client.key, 'utf8'),
  ]);
  const apiVersion = 'client.authentication.k8s.io/v1';
  const answer = { apiVersion, kind: 'ExecCredential', status: { clientCertificateData: cert, clientKeyData: key } };
  await workspace.file('give', `#!/bin/sh\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);

  expect(
    await outcomes(await portOf({}, { exec: { apiVersion, command: './give', interactiveMode: 'Never' } })),
  ).toEqual(['ok', 'ok']);
});

test('an authority that did not sign the server: not-configured, in words', async () => {
  const [request, exec] = await outcomes(await portOf({ 'certificate-authority': foreign.client.ca }));

  expect(request).toMatch(/^not-configured: get \/version: the certificate of 127\.0\.0\.1:\d+ is not accepted: /);
  expect(exec).toMatch(
    /^not-configured: get pods\/exec p in namespace a: the certificate of 127\.0\.0\.1:\d+ is not accepted: /,
  );
});

test('an authority that was exchanged on disk is read again within the call', async () => {
  await copyFile(foreign.client.ca, `${workspace.folder}/rotating.crt`);
  const port = await portOf({ 'certificate-authority': 'rotating.crt' });
  expect((await outcomes(port))[0]).toMatch(/^not-configured/);
  await copyFile(certificates.client.ca, `${workspace.folder}/rotating.crt`);

  expect(await outcomes(port)).toEqual(['ok', 'ok']);
});

test('a client certificate that the server does not accept, and none at all', async () => {
  const strict = await startStrictTlsServer(certificates);
  open.push(strict);
  const { server } = strict;
  const wrong = { 'client-certificate': foreign.client.cert, 'client-key': foreign.client.key };

  for (const user of [wrong, { token: 't' }]) {
    const port = await portOf({ server }, user);
    expect((await outcomes(port))[0]).toMatch(
      /^not-configured: get \/version: the server refuses our client certificate/,
    );
    const write = await port.evict({ namespace: 'a', name: 'p', uid: 'u' }, CALL);
    expect(write.ok ? 'ok' : write.error.code).toBe('not-configured');
  }
});

test('tls-server-name is what the certificate has to bear', async () => {
  expect(await outcomes(await portOf({ 'tls-server-name': 'localhost' }))).toEqual(['ok', 'ok']);
  expect((await outcomes(await portOf({ 'tls-server-name': 'other.example.com' })))[0]).toMatch(
    /^not-configured: .*other\.example\.com/,
  );
});

test('insecure-skip-tls-verify is taken as it is given', async () => {
  expect(
    await outcomes(await portOf({ 'certificate-authority': undefined, 'insecure-skip-tls-verify': true })),
  ).toEqual(['ok', 'ok']);
  expect((await outcomes(await portOf({ 'certificate-authority': undefined })))[0]).toMatch(
    /^not-configured: .*not accepted/,
  );
});

test('in a pod', async () => {
  await workspace.file('token', 'pod-token');
  const { port: apiPort } = new URL(api.server);
  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: apiPort };
  const secure = await startScriptedApi({
    cert: await readFile(certificates.server.cert),
    key: await readFile(certificates.server.key),
  });
  open.push(secure);
  secure.answer((seen) => ({ status: 200, body: { gitVersion: seen.headers.authorization } }));
  const inside = openKubernetes({
    kubeconfig: null,
    environment: { ...environment, KUBERNETES_SERVICE_PORT: new URL(secure.server).port },
    serviceAccount: workspace.folder,
  });
  open.push(inside);

  expect(await inside.version(CALL)).toEqual({ ok: true, value: { gitVersion: 'Bearer pod-token' } });
});

test('through an HTTP proxy, with name and password', async () => {
  const proxy = await proxied(await startHttpProxy());
  const place = api.server.replace('https://', '');

  expect(await outcomes(await portOf({ 'proxy-url': `http://me:p%40ss@127.0.0.1:${proxy.port}` }))).toEqual([
    'ok',
    'ok',
  ]);
  expect(proxy.asked).toEqual([`me:p@ss@${place}`, `me:p@ss@${place}`]);
});

test('through a SOCKS proxy, without and with a password', async () => {
  const proxy = await proxied(await startSocksProxy());
  const place = api.server.replace('https://', '');

  expect(await outcomes(await portOf({ 'proxy-url': `socks5://127.0.0.1:${proxy.port}` }))).toEqual(['ok', 'ok']);
  expect(await outcomes(await portOf({ 'proxy-url': `socks5://me:pw@127.0.0.1:${proxy.port}` }))).toEqual(['ok', 'ok']);
  expect(proxy.asked).toEqual([place, place, `me:pw@${place}`, `me:pw@${place}`]);
});

test('a proxy that refuses, and one that is not there', async () => {
  const proxy = await proxied(await startHttpProxy(407));
  const [request] = await outcomes(await portOf({ 'proxy-url': `http://me:secret-pw@127.0.0.1:${proxy.port}` }));
  expect(request).toMatch(
    /^unreachable: get \/version: the proxy 127\.0\.0\.1:\d+ answered 407 to CONNECT 127\.0\.0\.1:\d+; nothing was sent$/,
  );
  expect(request).not.toContain('secret-pw');

  const [gone] = await outcomes(await portOf({ 'proxy-url': 'http://127.0.0.1:1' }));
  expect(gone).toMatch(/^unreachable: get \/version: the proxy 127\.0\.0\.1:1 refuses connections; nothing was sent$/);
});
