import { writeFile } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeRingCertificates, type RingCertificates } from '../../../playground/certificates.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import type { EtcdRing } from '../../../playground/etcd-ring.ts';
import { createDirectEtcd } from '../../../src/adapters/etcd/direct.ts';
import { type EtcdTls, readEtcdTls } from '../../../src/adapters/etcd/tls.ts';
import type { EtcdMember } from '../../../src/core/ports/etcd.ts';
import { issue } from './certificates.ts';
import { BINARY_3_4, BINARY_3_5, startRing, tlsOf } from './real-ring.ts';
import { CALL, memberOf } from './ring-under-test.ts';

/** What a port says of the ring, and of one member's metrics, as one line each. */
async function saidBy(endpoints: readonly string[], tls: EtcdTls | undefined, member?: EtcdMember) {
  const etcd = createDirectEtcd(tls === undefined ? { endpoints } : { endpoints, tls });
  try {
    const results = [await etcd.members(CALL)];
    const metrics = member === undefined ? [] : [await etcd.quota(member, CALL)];
    return [...results, ...metrics].map((result) =>
      result.ok ? 'ok' : `${result.error.code}: ${result.error.message}`,
    );
  } finally {
    await etcd.close();
  }
}

/** What a port says of a server that shows that certificate. */
async function saidOf(server: EtcdTls, tls: EtcdTls): Promise<readonly string[]> {
  const listening = createSecureServer({ cert: server.cert, key: server.key });
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(listening.address());
  const url = `https://127.0.0.1:${port}`;
  const member = { id: 'abc', name: 'm-1', peerUrls: [], clientUrls: [url], isLearner: false };
  try {
    const etcd = createDirectEtcd({ endpoints: [url], tls });
    const end = await etcd.certificateEnd(member, CALL);
    await etcd.close();
    return [
      ...(await saidBy([url], tls, member)),
      end.ok ? String(end.value) : `${end.error.code}: ${end.error.message}`,
    ];
  } finally {
    listening.close();
  }
}

describe.each([
  ['etcd 3.4', BINARY_3_4],
  ['etcd 3.5', BINARY_3_5],
])('clients that %s refuses', (_name, binary) => {
  let ring: EtcdRing;
  let tls: EtcdTls;
  let member: EtcdMember;
  let directory: string;
  beforeAll(async () => {
    directory = await makeTemporaryDirectory('tls');
    ring = await startRing(binary, 64);
    tls = await tlsOf(ring);
    const etcd = createDirectEtcd({ endpoints: ring.endpoints, tls });
    member = await memberOf(etcd, 'm-1');
    await etcd.close();
  });
  afterAll(async () => {
    await ring.stop();
    await removeDirectory(directory);
  });

  test('with the right certificate: everything works', async () => {
    expect(await saidBy(ring.endpoints, tls, member)).toEqual(['ok', 'ok']);
  });

  test('a certificate of another authority', async () => {
    const other = await readEtcdTls((await makeRingCertificates(directory)).client);
    if (!other.ok) throw new Error(other.problems.join());

    for (const said of await saidBy(ring.endpoints, { ...other.tls, ca: tls.ca }, member)) {
      expect(said).toMatch(/^access-refused: .*it refused our client certificate/);
    }
  });

  test('an expired certificate', async () => {
    const expired = await issue(ring, { name: 'expired', names: 'DNS:drydock', days: -1 });

    for (const said of await saidBy(ring.endpoints, expired, member)) {
      expect(said).toMatch(/^access-refused: .*it refused our client certificate/);
    }
  });

  test('no TLS at all, or none of our authorities', async () => {
    expect(await saidBy(ring.endpoints, undefined)).toEqual([
      expect.stringMatching(/^access-unusable: .*its certificate was not issued by the configured CA/),
    ]);
    const plain = ring.endpoints.map((endpoint) => endpoint.replace('https:', 'http:'));
    expect(await saidBy(plain, undefined)).toEqual([expect.stringMatching(/^unreachable: .*no connection/)]);
  });
});

describe('servers that Drydock refuses', () => {
  let directory: string;
  let authority: RingCertificates;
  let client: EtcdTls;
  beforeAll(async () => {
    directory = await makeTemporaryDirectory('tls');
    authority = await makeRingCertificates(directory);
    const read = await readEtcdTls(authority.client);
    if (!read.ok) throw new Error(read.problems.join());
    client = read.tls;
  });
  afterAll(async () => await removeDirectory(directory));

  test('an expired certificate', async () => {
    const server = await issue({ directory }, { name: 'ended', names: 'IP:127.0.0.1', days: -1 });

    for (const said of await saidOf(server, client))
      expect(said).toMatch(/^access-unusable: .*its certificate has expired/);
  });

  test('until when a certificate is good is read from the handshake alone', async () => {
    const server = await issue({ directory }, { name: 'good', names: 'IP:127.0.0.1', days: 5 });
    const said = await saidOf(server, client);

    expect(Math.abs(Date.parse(said.at(-1) ?? '') - Date.now() - 5 * 86_400_000)).toBeLessThan(600_000);
  });

  test('a certificate for another address', async () => {
    const server = await issue(
      { directory },
      { name: 'elsewhere', names: 'DNS:elsewhere.example,IP:127.0.0.2', days: 5 },
    );

    for (const said of await saidOf(server, client)) {
      expect(said).toMatch(/^access-unusable: .*its certificate was issued for other names and addresses/);
    }
  });

  test('a certificate of another authority', async () => {
    const elsewhere = await makeTemporaryDirectory('tls');
    try {
      const other = await readEtcdTls((await makeRingCertificates(elsewhere)).server);
      if (!other.ok) throw new Error(other.problems.join());

      for (const said of await saidOf(other.tls, client)) {
        expect(said).toMatch(/^access-unusable: .*its certificate was not issued by the configured CA/);
      }
    } finally {
      await removeDirectory(elsewhere);
    }
  });

  test('files that do not fit are named with what is wrong, never with what is in them', async () => {
    const garbage = join(directory, 'garbage.pem');
    await writeFile(garbage, 'hunter2');
    const { ca, cert, key } = authority.client;

    expect(await readEtcdTls({ ca, cert, key: authority.server.key })).toEqual({
      ok: false,
      problems: [`the client key ${authority.server.key} does not belong to the certificate ${cert}`],
    });
    expect(await readEtcdTls({ ca: garbage, cert: garbage, key: garbage })).toEqual({
      ok: false,
      problems: [
        `the CA certificate ${garbage} is not a PEM certificate`,
        `the client certificate ${garbage} is not a PEM certificate`,
        `the client key ${garbage} is not an unencrypted PEM key`,
      ],
    });
    expect(await readEtcdTls({ ca, cert: join(directory, 'none'), key: directory })).toEqual({
      ok: false,
      problems: expect.arrayContaining([
        `cannot read the client certificate ${join(directory, 'none')}: there is no such file`,
        `cannot read the client key ${directory}: it is a directory`,
      ]),
    });
    expect(await readEtcdTls({ ca, cert, key })).toMatchObject({ ok: true });
  });
});
