import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeRingCertificates, type RingCertificates } from '../../../playground/certificates.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type AlertingProxy, startAlertingProxy } from '../../support/alerting-proxy.ts';
import { kubeconfigText, makeWorkspace, POLL, startScriptedApi, type Workspace } from '../../support/scripted-api.ts';
import { startStrictTlsServer } from '../../support/strict-tls-server.ts';

const CALL = { timeoutMs: 20_000 };
const POD = { namespace: 'a', name: 'p', uid: 'u' };
const OWN = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };

let workspace: Workspace;
let stranger: Workspace;
let certificates: RingCertificates;
let foreign: RingCertificates;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  workspace = await makeWorkspace();
  stranger = await makeWorkspace();
  certificates = await makeRingCertificates(workspace.folder);
  foreign = await makeRingCertificates(stranger.folder);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await workspace.remove();
  await stranger.remove();
});

/** A port that reaches a server through a proxy that counts connections. */
async function through(
  server: string,
  user: Readonly<Record<string, unknown>>,
): Promise<{ readonly proxy: AlertingProxy; readonly port: KubernetesPort }> {
  const proxy = await startAlertingProxy(Number(new URL(server).port));
  const cluster = { server: `https://127.0.0.1:${proxy.port}`, 'certificate-authority': 'ca.crt' };
  const kubeconfig = await workspace.file(`config-${proxy.port}`, kubeconfigText(cluster, user));
  const port = openKubernetes({ kubeconfig, environment: {} });
  open.push(port, proxy);
  return { proxy, port };
}

/** A server that reads requests and answers none: after the first one the connection ends with an alert that is about no certificate. */
async function startSilent() {
  const { ca, cert, key } = certificates.server;
  const [authority, certificate, secret] = await Promise.all([readFile(ca), readFile(cert), readFile(key)]);
  const api = await startScriptedApi({ ca: authority, cert: certificate, key: secret, requestCert: true });
  open.push(api);
  return { api, ...(await through(api.server, OWN)) };
}

function codeOf(result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string {
  return result.error?.code ?? 'ok';
}

test('a change that was read before the connection ended with an alert is not sent again', async () => {
  const { api, port, proxy } = await startSilent();
  api.answer((_seen, count) => (count > 1 ? { status: 201, body: { kind: 'Status' } } : () => proxy.spoil()));

  expect(codeOf(await port.evict(POD, CALL))).toBe('unknown-outcome');
  expect(api.seen).toHaveLength(1);
});

test('an alert in the middle of the answer to a change leaves its outcome unknown', async () => {
  const { api, port, proxy } = await startSilent();
  api.answer((_seen, count) =>
    count > 1
      ? { status: 201, body: { kind: 'Status' } }
      : (response) => {
          response.writeHead(201, { 'content-type': 'application/json' });
          response.write('{"kind":', () => proxy.spoil());
        },
  );

  expect(codeOf(await port.evict(POD, CALL))).toBe('unknown-outcome');
  expect(api.seen).toHaveLength(1);
});

test('a program is not started again after an alert', async () => {
  const { api, port, proxy } = await startSilent();
  api.upgrade((socket, seen) => {
    if (api.seen.indexOf(seen) > 0) return;
    socket.pause();
    proxy.spoil();
  });

  expect(codeOf(await port.exec({ namespace: 'a', name: 'p' }, ['etcdctl', 'defrag'], CALL))).toBe('unknown-outcome');
  expect(api.seen).toHaveLength(1);
});

test.each([
  ['1_2', 2],
  ['1_3', 1],
] as const)(
  'a refused certificate, TLS %s: a change goes again only if the handshake was not complete',
  async (version, sendings) => {
    const strict = await startStrictTlsServer(certificates, version);
    open.push(strict);
    const wrong = { 'client-certificate': foreign.client.cert, 'client-key': foreign.client.key };

    for (const change of [
      (port: KubernetesPort) => port.evict(POD, CALL),
      (port: KubernetesPort) => port.exec({ namespace: 'a', name: 'p' }, ['true'], CALL),
    ]) {
      const { port, proxy } = await through(strict.server, wrong);
      expect(codeOf(await change(port))).toBe('not-configured');
      await expect.poll(() => proxy.taken(), POLL).toBe(sendings);
    }
    const { port, proxy } = await through(strict.server, wrong);
    expect(codeOf(await port.version(CALL))).toBe('not-configured');
    expect(proxy.taken()).toBe(2);
  },
);

test('a change after one whose certificate was refused uses the new certificate', async () => {
  const strict = await startStrictTlsServer(certificates);
  open.push(strict);
  const user = { 'client-certificate': 'rotating.crt', 'client-key': 'rotating.key' };
  await workspace.file('rotating.crt', await readFile(foreign.client.cert, 'utf8'));
  await workspace.file('rotating.key', await readFile(foreign.client.key, 'utf8'));
  const { port } = await through(strict.server, user);
  await port.version(CALL);
  await workspace.file('rotating.crt', await readFile(certificates.client.cert, 'utf8'));
  await workspace.file('rotating.key', await readFile(certificates.client.key, 'utf8'));

  expect(codeOf(await port.evict(POD, CALL))).toBe('not-configured');
  expect(codeOf(await port.evict(POD, { timeoutMs: 1500 }))).toBe('unknown-outcome');
});
