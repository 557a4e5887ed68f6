import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Agent, buildConnector, Client, Dispatcher } from 'undici';
import type { Credentials } from './credentials.ts';
import { unlessAborted } from './deadline.ts';
import { alertOn, type Destination, DialError, dial } from './dial.ts';
import { codeOf, textOf } from './outcome.ts';
import { type Environment, proxyFor } from './proxy.ts';

/** One request, as bytes go. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | null;
}

/** An answer whose body was not read yet. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/** No answer. */
export interface Lost {
  /** Whether the server may have seen the request. */
  readonly sent: boolean;
  /** `refused`: no connection; `untrusted`: certificates do not fit; `reset`: the connection broke; `failed`: the rest. */
  readonly kind: 'refused' | 'untrusted' | 'reset' | 'failed';
  readonly message: string;
}

/** Sends requests to one API server over connections that are kept for a while. */
export interface Transport {
  send(credentials: Credentials, request: WireRequest, signal: AbortSignal): Promise<WireAnswer | Lost>;
  /** A connection of its own, for a WebSocket. */
  socket(credentials: Credentials, signal: AbortSignal): Promise<Socket | Lost>;
  close(): Promise<void>;
}

/** Connections to one destination. */
interface Pool {
  readonly to: Destination;
  /** For reads: connections are kept for a while. */
  readonly reads: Agent;
  /**
   * For what changes something: each on a connection of its own. One that was kept may be closed by the server in the very moment of
   * use, and then nobody could tell whether the change was made.
   */
  readonly writes: Agent;
}

/** Makes the transport of one port. */
export function createTransport(environment: Environment): Transport {
  let pool: { readonly to: Destination; readonly made: Promise<Pool> } | null = null;

  function poolFor(to: Destination): Promise<Pool> {
    if (pool !== null && isDeepStrictEqual(pool.to, to)) return pool.made;
    // What is under way on the old connections may end; new requests go with the new certificates.
    void pool?.made.then((old) => Promise.all([old.reads.close(), old.writes.close()])).catch(() => undefined);
    pool = { to, made: createPool(to) };
    return pool.made;
  }

  return {
    async send(credentials, request, signal) {
      const to = destination(credentials, environment);
      const { reads, writes } = await poolFor(to);
      return sendOver(request.method === 'GET' ? reads : writes, to.server, request, signal);
    },
    async socket(credentials, signal) {
      try {
        return await dial(destination(credentials, environment), signal);
      } catch (error) {
        return lostBy(error, false);
      }
    },
    async close() {
      const made = await pool?.made;
      pool = null;
      await Promise.all([made?.reads.destroy(), made?.writes.destroy()]);
    },
  };
}

function destination(credentials: Credentials, environment: Environment): Destination {
  const { server, tls, proxy } = credentials;
  return { server, tls, proxy: proxyFor(server, proxy, environment) };
}

async function createPool(to: Destination): Promise<Pool> {
  const undici = await import('undici');
  function createClient(origin: string | URL, options: object): Client {
    let socket: Socket | null = null;
    const client = new undici.Client(origin, {
      ...options,
      connect(_options, callback) {
        socket = null;
        void dialFor(to, (error, made) => {
          socket = made;
          if (made === null) callback(error ?? new DialError('failed', 'there is no connection'), null);
          else callback(null, made);
        });
      },
    });
    const dispatch = client.dispatch.bind(client);
    client.dispatch = (request, handler) =>
      dispatch(
        request,
        tellingAlerts(handler, () => socket),
      );
    return client;
  }
  const shared = {
    // Limits of time are the callers' own; HTTP/1.1 keeps a watch from holding up other answers.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (origin: string | URL, options: object) => new undici.Pool(origin, { ...options, factory: createClient }),
  };
  return {
    to,
    reads: new undici.Agent({ ...shared, pipelining: 1 }),
    writes: new undici.Agent({ ...shared, pipelining: 0 }),
  };
}

async function dialFor(to: Destination, callback: buildConnector.Callback): Promise<void> {
  let socket: Socket;
  try {
    // A call that ends while its connection is made leaves the connection to the next one.
    socket = await dial(to, new AbortController().signal);
    if (socket.errored !== null) throw socket.errored;
  } catch (error) {
    callback(error instanceof Error ? error : new DialError('failed', textOf(error)), null);
    return;
  }
  callback(null, socket);
}

async function sendOver(
  agent: Agent,
  server: URL,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireAnswer | Lost> {
  const sent = { yes: false };
  const prefix = server.pathname.replace(/\/$/, '');
  try {
    const work = agent.compose(noticeSending(sent)).request({
      origin: server.origin,
      path: `${prefix}${request.path}`,
      method: request.method,
      headers: request.headers,
      body: request.body,
      signal,
    });
    const answer = await unlessAborted(work, signal);
    // Who gives a body up makes it fail; who reads it learns of failures by reading.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  } catch (error) {
    return refusedBy(error, sent.yes) ?? lostBy(error, sent.yes);
  }
}

/** Notes when a request's bytes begin to go out: before that, nothing can have happened. */
function noticeSending(sent: { yes: boolean }): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      ...passing(handler),
      onRequestStart(controller, context) {
        handler.onRequestStart?.(controller, context);
        sent.yes ||= !controller.aborted;
      },
    });
}

/** With the alert of the request's own connection as its error: the client of HTTP knows only that the connection was closed. */
function tellingAlerts(handler: Dispatcher.DispatchHandler, socket: () => Socket | null): Dispatcher.DispatchHandler {
  return {
    ...passing(handler),
    onResponseError(controller, error) {
      const own = socket();
      handler.onResponseError?.(controller, (own === null ? null : alertOn(own)) ?? error);
    },
  };
}

function passing(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}

/** What an error of connection or body means. */
export function lostBy(error: unknown, sent: boolean): Lost {
  if (error instanceof DialError) return { sent: false, kind: error.kind, message: error.message };
  const code = codeOf(error);
  if (/^(UND_ERR_SOCKET|ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_DESTROYED|UND_ERR_CLOSED|HPE_|ERR_SSL_)/.test(code)) {
    return { sent, kind: 'reset', message: 'the connection was lost' };
  }
  return { sent, kind: 'failed', message: textOf(error) };
}

/**
 * Alerts by which a server says that it does not accept our certificate, or that there is none: handshake_failure, bad_certificate to
 * certificate_unknown, unknown_ca, access_denied, certificate_required. Source: RFC 8446, 6.2.
 */
const CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([40, 42, 43, 44, 45, 46, 48, 49, 116]);

/**
 * The error of a connection before the first byte of an answer, if it says that the server refuses our certificate; `null`: it says
 * something else. With TLS 1.3 that comes after the handshake: the request may be on its way, but is not read. Any other alert may
 * come at any time, also after a request was carried out.
 */
export function refusedBy(error: unknown, sent: boolean): Lost | null {
  const alert = /SSL alert number (\d+)/.exec(textOf(error))?.[1];
  if (!codeOf(error).startsWith('ERR_SSL_') || !CERTIFICATE_ALERTS.has(Number(alert))) return null;
  const words = /ssl routines:[^:]*:([^:]*alert[^:]*):/i.exec(textOf(error))?.[1] ?? textOf(error);
  return { sent, kind: 'untrusted', message: `the server refuses our client certificate (${words})` };
}
