import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../playground/certificates.ts';
import { openEtcdClient } from '../../playground/etcd-client.ts';
import { type EtcdRing, type EtcdRingOptions, startEtcdRing } from '../../playground/etcd-ring.ts';
import { createAccess, makeBootstrapRoles } from '../../playground/kubernetes/access/access.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../playground/kubernetes/api/server.ts';
import { createRelay } from '../../playground/kubernetes/cluster/relay.ts';
import type { LocalApi } from '../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../playground/kubernetes/fields/field-rules.ts';
import { openObjectStore } from '../../playground/kubernetes/store/object-store.ts';
import { waitFor } from '../../playground/waiting.ts';
import { makeAdminCertificate } from './admin-certificate.ts';

const run = promisify(execFile);

/** What a request says. */
export interface Said {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** Without the client certificate. */
  readonly anonymous?: boolean;
}

/** What came back. `body` is JSON where it is JSON, the lines of a watch, else text. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly text: string;
}

/** A real etcd with an API server over it, and an administrator who asks it. */
export interface ApiScene {
  readonly ring: EtcdRing;
  readonly admin: TlsFiles;
  server(): ApiServer;
  ask(path: string, said?: Said): Promise<Heard>;
  /** Writes a key into etcd, waits until the API server has seen it, and answers its revision. */
  put(key: string, value: Buffer): Promise<number>;
  /** Compacts and defragments etcd, and takes the alarm back. */
  regainSpace(): Promise<void>;
  /** Compacts etcd up to its newest revision. */
  compact(): Promise<void>;
  /** Stops the API server and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both; one member unless told otherwise. */
export async function startApiScene(
  options: {
    readonly etcd?: EtcdRingOptions;
    readonly api?: Partial<ApiServerOptions>;
    /** Tokens, RBAC, reviews and evictions; default: only the administrator may do anything. */
    readonly access?: boolean;
  } = {},
): Promise<ApiScene> {
  const ring = await startEtcdRing({ size: 1, ...options.etcd });
  const admin = await makeAdminCertificate(ring.directory);
  const { directory } = ring;
  const relay = createRelay();
  const access = options.access === true ? accessOf(relay) : {};
  function launch(port: number): Promise<ApiServer> {
    return startApiServer({
      etcd: { endpoints: ring.endpoints, tls: ring.tls },
      listen: { host: '127.0.0.1', port },
      tls: {
        cert: join(directory, 'server.crt'),
        key: join(directory, 'server.key'),
        clientCa: join(directory, 'ca.crt'),
      },
      rules: createFieldRules(),
      ...access,
      ...options.api,
    });
  }
  const store = openObjectStore({ endpoints: ring.endpoints, tls: ring.tls });
  let server = await launch(0);
  relay.point(server.local);
  await server.ready();
  // A new server makes its namespaces after it is ready.
  await waitFor('the default namespace', async () => {
    const { status } = await server.local.request({ method: 'GET', path: '/api/v1/namespaces/default' });
    return status === 200;
  });
  if (options.access === true) await makeBootstrapRoles(relay);
  const [ca, cert, key] = [admin.ca, admin.cert, admin.key].map((path) => readFileSync(path));
  const agents = {
    known: new Agent({ keepAlive: true, ca, cert, key }),
    anonymous: new Agent({ keepAlive: true, ca }),
  };
  return {
    ring,
    admin,
    server: () => server,
    ask: (path, said = {}) => ask(`${server.url}${path}`, said, isNobody(said) ? agents.anonymous : agents.known),
    async put(name, value) {
      const before = await store.get(name, 10_000);
      const change = await store.put(name, value, before?.revision ?? 0, 10_000);
      if (!change.changed) throw new Error(`somebody else writes ${name}`);
      const path = `/api/v1/namespaces?resourceVersion=${change.revision}&resourceVersionMatch=NotOlderThan`;
      const seen = await ask(`${server.url}${path}`, {}, agents.known);
      if (seen.status !== 200) throw new Error(seen.text);
      return change.revision;
    },
    compact: () => compactEtcd(ring),
    regainSpace: () => regainSpace(ring),
    async restart() {
      const { port } = server;
      await server.stop();
      server = await launch(port);
      relay.point(server.local);
      await server.ready();
    },
    async stop() {
      store.close();
      agents.known.destroy();
      agents.anonymous.destroy();
      await server.stop();
      await ring.stop();
    },
  };
}

async function regainSpace(ring: EtcdRing): Promise<void> {
  await compactEtcd(ring);
  const { ca, cert, key } = ring.tls;
  const etcdctl = ['--endpoints', ring.endpoints.join(','), '--cacert', ca, '--cert', cert, '--key', key];
  for (const what of [['defrag'], ['alarm', 'disarm']])
    await run('etcdctl', [...etcdctl, ...what], { env: { ...process.env, ETCDCTL_API: '3' } });
}

/** Whoever has a token comes without a certificate: that would count more. */
function isNobody({ anonymous, headers }: Said): boolean {
  return anonymous === true || headers?.['Authorization'] !== undefined;
}

/** The issuer is that of the recorded server. */
function accessOf(api: LocalApi): ReturnType<typeof createAccess> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const accountKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return createAccess({ api, rules: createFieldRules(), accountKey, issuer: 'https://kubernetes.default.svc' });
}

async function compactEtcd(ring: EtcdRing): Promise<void> {
  const client = openEtcdClient(ring.endpoints[0] ?? '', ring.tls);
  const { revision } = await client.status();
  await client.compact(revision);
  client.close();
}

function ask(url: string, said: Said, agent: Agent): Promise<Heard> {
  const { method = 'GET', headers = {}, body } = said;
  const bytes =
    body === undefined || body === null
      ? undefined
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent,
      headers: { ...headers, ...(bytes === undefined ? {} : { 'Content-Length': bytes.length }) },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read(text, url), text });
      });
    });
    outgoing.end(bytes);
  });
}

function read(text: string, url: string): unknown {
  if (/[?&]watch=/.test(url)) return text.startsWith('{"kind":"Status"') ? JSON.parse(text) : lines(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function lines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}
