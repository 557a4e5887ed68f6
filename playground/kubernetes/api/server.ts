import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  Admission,
  Attempt,
  Attributes,
  FieldRules,
  Guard,
  Handler,
  LocalApi,
  NodeGate,
  User,
} from '../contracts.ts';
import type { EtcdTarget } from '../store/etcd-rpc.ts';
import { openObjectStore } from '../store/object-store.ts';
import { startWatchCache } from '../store/watch-cache.ts';
import { ask, attributes } from './asking.ts';
import { makeSystemNamespaces } from './bootstrap.ts';
import { BUILT_IN_ADMISSION } from './built-in-admission.ts';
import type { Core } from './core.ts';
import { tendDefinitions } from './definitions.ts';
import type { View } from './forms.ts';
import { certificateGuard, permitted, unauthorized } from './guarding.ts';
import { followKinds } from './kind-registry.ts';
import { localApi } from './local.ts';
import { acceptedForm } from './media.ts';
import { VERSION } from './paths.ts';
import { done, refused, statusOf } from './refusals.ts';
import { routeOf } from './routes.ts';
import { beginResponse, type FlowIds, send, sendRefusal } from './sending.ts';
import { handOver } from './upgrading.ts';

/** What an API server is made of. */
export interface ApiServerOptions {
  /** What it says it is; default `v1.36.2`. */
  readonly version?: string;
  readonly etcd: EtcdTarget;
  /** Port 0: any free one. The same port can be used again after `stop()`. */
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM files; `clientCa`: whose client certificates are believed. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  readonly rules: FieldRules;
  /** Default: client certificates, and only `system:masters` may do anything. */
  readonly guard?: Guard;
  readonly admission?: readonly Admission[];
  /** By `plural/subresource` (`pods/eviction`) or by `plural` of a review (`selfsubjectaccessreviews`). */
  readonly handlers?: Readonly<Record<string, Handler>>;
  readonly nodeGate?: NodeGate;
}

/** A running API server. */
export interface ApiServer {
  /** `https://127.0.0.1:6443`. */
  readonly url: string;
  readonly port: number;
  readonly local: LocalApi;
  /** Waits until the objects of etcd are known to it; false: not in time. */
  ready(timeoutMs?: number): Promise<boolean>;
  /** Stops at once: open requests and watches break off. */
  stop(): Promise<void>;
}

/** Starts an API server. It listens when this resolves; etcd need not be there yet. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const store = openObjectStore(options.etcd);
  const cache = startWatchCache(store);
  const local = localApi(() => core);
  const core: Core = {
    version: options.version ?? VERSION,
    store,
    cache,
    kinds: followKinds(cache),
    rules: options.rules,
    admission: [...BUILT_IN_ADMISSION, ...(options.admission ?? [])],
    handlers: options.handlers ?? {},
    nodeGate: options.nodeGate ?? null,
    api: local,
  };
  const ended = new AbortController();
  const server = listener(core, options, ended.signal);
  const sockets = socketsOf(server, ended.signal);
  try {
    await listening(server, options.listen);
  } catch (error) {
    cache.stop();
    store.close();
    throw error;
  }
  void makeSystemNamespaces(local, ended.signal);
  void tendDefinitions(local, ended.signal);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.listen.port;
  return {
    url: `https://${options.listen.host}:${port}`,
    port,
    local,
    ready: (timeoutMs = 30_000) => cache.reaches(0, timeoutMs),
    async stop() {
      ended.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      cache.stop();
      store.close();
      await closed;
    },
  };
}

/** Every connection there is. The server itself does not know one before its TLS handshake is over, nor one that was handed over. */
function socketsOf(server: Server, ended: AbortSignal): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (ended.aborted) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function listener(core: Core, options: ApiServerOptions, ended: AbortSignal): Server {
  const { cert, key, clientCa } = options.tls;
  const guard = options.guard ?? certificateGuard;
  const flow: FlowIds = { schema: randomUUID(), level: randomUUID() };
  const server = createServer({
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(clientCa),
    requestCert: true,
    rejectUnauthorized: false,
    requestTimeout: 0,
    ALPNProtocols: ['http/1.1'],
  });
  server.keepAliveTimeout = 60_000;
  server.on('request', (request, response) => {
    beginResponse(response, flow);
    void serve(core, guard, request, response, ended).catch((error: unknown) => {
      if (!response.headersSent) sendRefusal(response, internal(error));
      else response.destroy();
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    void upgrade(core, guard, request, socket, head).catch(() => socket.destroy());
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

function internal(error: unknown) {
  const words = error instanceof Error ? error.message : 'unknown';
  return { status: 500, reason: 'InternalError', message: `Internal error occurred: ${words}`, details: {} };
}

async function serve(
  core: Core,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
  ended: AbortSignal,
): Promise<void> {
  const url = urlOf(request);
  const method = request.method ?? 'GET';
  const body = await readAll(request);
  const user = await admittedUser(guard, request, url);
  if (!user.ok) {
    if (user.refusal.status !== 401) response.setHeader('X-Content-Type-Options', 'nosniff');
    return sendRefusal(response, user.refusal);
  }
  const route = routeOf(url.pathname);
  const accept = request.headers.accept ?? '';
  const form = acceptedForm(accept);
  if (!form.ok && route.kind === 'resource') return sendRefusal(response, form.refusal);
  const kind = route.kind === 'resource' ? core.kinds.find(route.group, route.version, route.resource) : undefined;
  const warnings: string[] = [];
  const outcome = await ask(core, {
    method,
    url,
    body,
    contentType: request.headers['content-type'] ?? '',
    accept,
    ifNoneMatch: request.headers['if-none-match'] ?? '',
    agent: (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown',
    user: user.value,
    warn: (text) => warnings.push(text),
  });
  const includes = url.searchParams.get('includeObject');
  const view: View = {
    form: form.ok ? form.value : PLAIN_FORM,
    kind: kind ?? null,
    includes: includes === 'None' || includes === 'Object' ? includes : 'Metadata',
  };
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await send(response, outcome, view, warnings, AbortSignal.any([gone.signal, ended]));
}

const PLAIN_FORM = { as: 'object', media: 'json', contentType: 'application/json' } as const;

async function admittedUser(guard: Guard, request: IncomingMessage, url: URL): Promise<Attempt<User>> {
  const known = await guard.authenticate(request);
  if (known === null) return refused(unauthorized);
  const what = attributes(request.method ?? 'GET', url);
  const acting = guard.actsAs === undefined ? done(known) : await guard.actsAs(known, what, request);
  if (!acting.ok) return acting;
  const allowed = await permitted(guard, acting.value, what);
  return allowed.ok ? acting : allowed;
}

async function upgrade(
  core: Core,
  guard: Guard,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = urlOf(request);
  const user = await admittedUser(guard, request, url);
  const both = user.ok ? await mayConnect(guard, user.value, attributes(request.method ?? 'GET', url)) : user;
  const answer = both.ok ? await handOver(core, url, request, socket, head) : both;
  if (answer.ok) return;
  const text = JSON.stringify(statusOf(answer.refusal));
  const { status } = answer.refusal;
  socket.end(
    `HTTP/1.1 ${status} ${answer.refusal.reason || 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** A WebSocket begins as a GET: since 1.35 `create` is asked as well (AuthorizePodWebsocketUpgradeCreatePermission). */
async function mayConnect(guard: Guard, user: User, what: Attributes): Promise<Attempt<null>> {
  return what.verb === 'get' ? await permitted(guard, user, { ...what, verb: 'create' }) : done(null);
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', `https://${request.headers.host ?? 'localhost'}`);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function listening(server: Server, { host, port }: ApiServerOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
