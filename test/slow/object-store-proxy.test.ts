import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRingCertificates, type TlsFiles } from '../../playground/certificates.ts';
import { startHttpProxy, type TestProxy } from '../support/proxies.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';

const USER = fileURLToPath(new URL('../support/store-user.ts', import.meta.url));
const WORKS = { put: 9_000_000, read: '9000000 bytes', removed: true };

let server: S3Server;
let tls: TlsFiles;
let proxy: TestProxy;
let front: ReturnType<typeof createServer>;
let secure = '';
beforeAll(async () => {
  server = await startS3();
  proxy = await startHttpProxy();
  tls = (await makeRingCertificates(server.folder)).server;
  const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)]);
  front = createServer({ cert, key }, (client) => {
    const behind = connect(Number(new URL(server.endpoint).port), '127.0.0.1');
    client.pipe(behind).pipe(client);
    client.on('error', () => behind.destroy());
    behind.on('error', () => client.destroy());
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  secure = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  front.close();
  await proxy.close();
  await server.stop();
});

/** What a process with this environment makes of the bucket, and where the proxy was asked to connect to. */
async function used(endpoint: string, env: Readonly<Record<string, string>>) {
  const before = proxy.asked.length;
  const child = spawn(process.execPath, [USER, endpoint, server.credentialsFile], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, 'close');
  const ended: unknown = JSON.parse(said);
  return { ended, asked: [...new Set(proxy.asked.slice(before))] };
}

test('a bucket behind a proxy: by CONNECT with an authority of its own, plain, or past the proxy', async () => {
  const through = `http://127.0.0.1:${proxy.port}`;
  const authority = { NODE_EXTRA_CA_CERTS: tls.ca };

  expect(await used(secure, { ...authority, HTTPS_PROXY: through })).toEqual({
    ended: WORKS,
    asked: [secure.replace('https://', '')],
  });
  expect(await used(server.endpoint, { HTTP_PROXY: through })).toEqual({
    ended: WORKS,
    asked: [server.endpoint.replace('http://', '')],
  });
  const past = { HTTPS_PROXY: through, NO_PROXY: 'example.com,127.0.0.0/8' };
  expect(await used(secure, { ...authority, ...past })).toEqual({ ended: WORKS, asked: [] });
  // Whose authority is not known is not spoken to.
  const stranger = await used(secure, { HTTPS_PROXY: through });
  expect(stranger.ended).toMatchObject({ put: expect.stringMatching(/^away: .*certificate/), read: null });
});
