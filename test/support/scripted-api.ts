import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import { recorded } from './kubernetes-fixtures.ts';

/** How long a state is waited for: the first call loads the client's library, which takes a while on a busy machine. */
export const POLL = { timeout: 20_000, interval: 20 };

/** A request that arrived. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Number of the connection that it came on, from 0. */
  readonly socket: number;
}

/** An answer: status and body, or whatever the function does to the connection. */
export type Reply =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse, request: IncomingMessage) => void);

/** An API server that says what a test wants it to say. Discovery it answers itself. */
export interface ScriptedApi {
  readonly server: string;
  /** Requests but those of discovery, oldest first. */
  readonly seen: readonly Seen[];
  /** Connections that are open. */
  connections(): number;
  /** Sets what is answered to everything but discovery. */
  answer(reply: (seen: Seen, count: number) => Reply): void;
  /** Sets what happens on WebSockets; `null` refuses them through `answer`. */
  upgrade(handler: ((socket: WebSocket, seen: Seen) => void) | null): void;
  /** Breaks every connection. */
  breakAll(): void;
  close(): Promise<void>;
}

/** Kinds that it serves: `[group, version, kind, resource, namespaced, subresources]`. */
const KINDS = [
  ['', 'v1', 'Pod', 'pods', true, ['status', 'eviction', 'exec', 'log', 'portforward']],
  ['', 'v1', 'Node', 'nodes', false, ['status']],
  ['', 'v1', 'ConfigMap', 'configmaps', true, []],
  ['', 'v1', 'Secret', 'secrets', true, []],
  ['', 'v1', 'Namespace', 'namespaces', false, ['status', 'finalize']],
  ['apps', 'v1', 'Deployment', 'deployments', true, ['status', 'scale']],
  ['policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true, ['status']],
  ['coordination.k8s.io', 'v1', 'Lease', 'leases', true, []],
  ['config.openshift.io', 'v1', 'APIServer', 'apiservers', false, ['status']],
  ['config.openshift.io', 'v1', 'ClusterOperator', 'clusteroperators', false, ['status']],
  ['operator.openshift.io', 'v1', 'KubeAPIServer', 'kubeapiservers', false, ['status']],
  ['operator.openshift.io', 'v1', 'OpenShiftAPIServer', 'openshiftapiservers', false, ['status']],
  ['operator.openshift.io', 'v1', 'Authentication', 'authentications', false, ['status']],
] as const;

/** Aggregated discovery of one root, of those kinds. */
export function discoveryOf(root: '/api' | '/apis', kinds: readonly (typeof KINDS)[number][] = KINDS): unknown {
  const mine = kinds.filter(([group]) => (group === '') === (root === '/api'));
  const groups = [...new Set(mine.map(([group]) => group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: mine
            .filter((each) => each[0] === group)
            .map(([, , kind, resource, namespaced, subresources]) => ({
              resource,
              responseKind: { group: '', version: '', kind },
              scope: namespaced ? 'Namespaced' : 'Cluster',
              subresources: subresources.map((subresource) => ({ subresource, responseKind: { kind } })),
            })),
        },
      ],
    })),
  };
}

/** The answer of a recorded exchange. */
export function replyOf(name: string): Reply {
  const { status, headers, body } = recorded(name).response;
  const kept = ['Content-Type', 'Retry-After', 'Warning'].flatMap((each) =>
    headers[each] === undefined ? [] : [[each, String(headers[each])]],
  );
  return { status, body, headers: Object.fromEntries(kept) };
}

/** Starts it on a free port of 127.0.0.1; with `tls` over TLS. */
export async function startScriptedApi(tls?: ServerOptions): Promise<ScriptedApi> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const numbers = new Map<Socket, number>();
  let answer: (seen: Seen, count: number) => Reply = notFound;
  let upgrade: ((socket: WebSocket, seen: Seen) => void) | null = null;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const one = await read(request, numbers.get(request.socket) ?? -1);
    if (one.path === '/api' || one.path === '/apis') {
      const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      write(response, { status: 200, body: discoveryOf(one.path), headers: { 'content-type': type } });
      return;
    }
    seen.push(one);
    const reply = answer(one, seen.length);
    if (typeof reply === 'function') reply(response, request);
    else write(response, reply);
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const server: Server = tls === undefined ? createPlain(listener) : createSecure(tls, listener);
  const channels = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket);
    numbers.set(socket, numbers.size);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    const one = { method: 'GET', path: request.url ?? '', headers: request.headers, body: '', socket: -1 };
    seen.push(one);
    socket.on('error', () => undefined);
    if (upgrade === null) {
      refuse(socket, answer(one, seen.length));
      return;
    }
    const handler = upgrade;
    channels.handleUpgrade(request, socket, head, (channel) => {
      channel.on('error', () => undefined);
      handler(channel, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  function breakAll(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    server: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    connections: () => sockets.size,
    answer: (reply) => {
      answer = reply;
    },
    upgrade: (handler) => {
      upgrade = handler;
    },
    breakAll,
    async close() {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}

function notFound(): Reply {
  return { status: 404, body: '404 page not found\n' };
}

async function read(request: IncomingMessage, socket: number): Promise<Seen> {
  const chunks: Uint8Array[] = [];
  const stream: AsyncIterable<Uint8Array> = request;
  for await (const chunk of stream) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  return { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body, socket };
}

function write(response: ServerResponse, reply: Exclude<Reply, (...args: never) => void>): void {
  const isText = typeof reply.body === 'string';
  response.writeHead(reply.status, { 'content-type': isText ? 'text/plain' : 'application/json', ...reply.headers });
  response.end(isText ? reply.body : JSON.stringify(reply.body));
}

function refuse(socket: NodeJS.WritableStream, reply: Reply): void {
  if (typeof reply === 'function') throw new Error('an upgrade is refused with a plain reply');
  const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  const type = typeof reply.body === 'string' ? 'text/plain' : 'application/json';
  const head = [
    `HTTP/1.1 ${reply.status} x`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(reply.headers ?? {}).flatMap(([name, value]) =>
      name.toLowerCase() === 'content-type' ? [] : [`${name}: ${value}`],
    ),
  ];
  socket.end(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
}

/** A folder of this test with a kubeconfig in it. */
export interface Workspace {
  readonly folder: string;
  /** Writes a file into it, answers its path. */
  file(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** Makes a folder for one test. */
export async function makeWorkspace(): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-kubernetes-'));
  return {
    folder,
    async file(name, text) {
      const path = join(folder, name);
      await writeFile(path, text, { mode: 0o700 });
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A kubeconfig with one context. JSON is YAML. */
export function kubeconfigText(
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

/** A scripted server with a port that uses it; both end with `end`. */
export async function startScene(user: Readonly<Record<string, unknown>> = { token: 'a-token' }) {
  const api = await startScriptedApi();
  const workspace = await makeWorkspace();
  const kubeconfig = await workspace.file('config', kubeconfigText({ server: api.server }, user));
  const used: string[] = [];
  const warnings: string[] = [];
  const port = openKubernetes({
    kubeconfig,
    environment: {},
    watchTimes: { pauseMs: 10, silenceMs: 400, longestPauseMs: 100 },
    onWarning: (text) => warnings.push(text),
    onRequest: ({ verb, resource, subresource }) =>
      used.push(`${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`),
  });
  return {
    api,
    port,
    workspace,
    used,
    warnings,
    async end() {
      await port.close();
      await api.close();
      await workspace.remove();
    },
  };
}
