import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { codeOf, textOf } from './outcome.ts';
import { hostOf, portOf } from './proxy.ts';

/** How a server proves who it is, and how we do. */
export interface TlsMaterial {
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must bear; omitted: the host of its address. */
  readonly servername?: string;
  /** `false`: the server's certificate is not checked. */
  readonly rejectUnauthorized?: boolean;
}

/** Where a connection goes. */
export interface Destination {
  readonly server: URL;
  readonly tls: TlsMaterial;
  /** `http:`, `https:`, `socks5:` or `socks5h:` address; `null`: straight. */
  readonly proxy: string | null;
}

/** A connection that could not be made; nothing was sent over it. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly code = 'DIAL';
  /** `refused`: may be tried again at once; `untrusted`: the certificates do not fit; `failed`: the rest. */
  readonly kind: 'refused' | 'untrusted' | 'failed';

  constructor(kind: 'refused' | 'untrusted' | 'failed', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The first alert that came on a connection. */
const alerts = new WeakMap<Socket, Error>();

/**
 * The alert by which the server ended this connection after it was made; `null`: there was none. With TLS 1.3 a server refuses our
 * certificate only then.
 */
export function alertOn(socket: Socket): Error | null {
  return alerts.get(socket) ?? null;
}

/** Most time for one connection, with proxy and TLS, ms. A call's own time may be shorter. */
const CONNECT_MS = 15_000;

/**
 * Makes one connection to an API server, through a proxy if there is one, with TLS if its address says so.
 *
 * @throws DialError whatever went wrong
 */
export async function dial(to: Destination, signal: AbortSignal): Promise<Socket> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const place = `${hostOf(to.server)}:${portOf(to.server)}`;
  let carrier: Socket | null = null;
  try {
    carrier = await connect(to, both);
    // A socket whose error nobody awaits yet must not end the process.
    carrier.on('error', () => undefined);
    if (to.server.protocol !== 'https:') return carrier;
    return await secure(to, carrier, both);
  } catch (error) {
    carrier?.destroy();
    if (error instanceof DialError) throw error;
    if (both.aborted) throw new DialError('failed', `connecting to ${place} took too long`);
    throw dialError(error, place, to.proxy);
  }
}

function connect(to: Destination, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(to.server);
  const port = portOf(to.server);
  if (to.proxy === null) return connectStraight(host, port, signal);
  const proxy = URL.parse(to.proxy);
  if (proxy === null) throw new DialError('failed', 'the address of the proxy is not an address');
  if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return connectByHttp(proxy, host, port, signal);
  if (/^socks5?h?:$/.test(proxy.protocol)) return connectBySocks(proxy, host, port, signal);
  throw new DialError('failed', `a proxy of kind ${proxy.protocol} is not known; use http, https or socks5`);
}

function connectStraight(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true });
  return settled(socket, 'connect', signal);
}

function secure(to: Destination, carrier: Socket, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(to.server);
  const name = to.tls.servername ?? (isIP(host) === 0 ? host : '');
  const socket = connectTls({
    ...to.tls,
    socket: carrier,
    host,
    ...(name === '' || isIP(name) !== 0 ? { servername: '' } : { servername: name }),
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('error', (error) => {
    if (/^ERR_SSL_.*ALERT/.test(codeOf(error)) && !alerts.has(socket)) alerts.set(socket, error);
  });
  return settled(socket, 'secureConnect', signal);
}

function settled<T extends Socket>(socket: T, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  function abort(): void {
    socket.destroy();
    reject(new Error('aborted'));
  }
  function done(): void {
    signal.removeEventListener('abort', abort);
    socket.off('error', reject);
    resolve(socket);
  }
  socket.once(event, done);
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed')));
  socket.on('error', () => signal.removeEventListener('abort', abort));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return promise;
}

function connectByHttp(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const send = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send({
    method: 'CONNECT',
    host: hostOf(proxy),
    port: portOf(proxy),
    path: target,
    headers: { host: target, ...authorization(proxy) },
    agent: false,
    signal,
  });
  request.once('connect', (response, socket: Socket) => {
    if (response.statusCode === 200) return resolve(socket);
    socket.destroy();
    reject(new DialError('failed', `the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${target}`));
  });
  request.once('response', (response) => {
    response.destroy();
    reject(new DialError('failed', `the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${target}`));
  });
  request.once('error', (error) => reject(dialError(error, proxy.host, null, 'the proxy ')));
  request.end();
  return promise;
}

function authorization(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === '' && proxy.password === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function connectBySocks(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const existing = await connectStraight(hostOf(proxy), portOf(proxy), signal).catch((error: unknown) => {
    throw dialError(error, proxy.host, null, 'the proxy ');
  });
  const user = decodeURIComponent(proxy.username);
  try {
    const { socket } = await SocksClient.createConnection({
      proxy: {
        host: hostOf(proxy),
        port: portOf(proxy),
        type: 5,
        ...(user === '' ? {} : { userId: user, password: decodeURIComponent(proxy.password) }),
      },
      command: 'connect',
      destination: { host, port },
      existing_socket: existing,
      timeout: CONNECT_MS,
    });
    return socket;
  } catch (error) {
    existing.destroy();
    throw new DialError('failed', `the proxy ${proxy.host} does not connect to ${host}:${port}: ${textOf(error)}`);
  }
}

/** Words for what the system or OpenSSL says. */
function dialError(error: unknown, place: string, proxy: string | null, who = ''): DialError {
  const code = codeOf(error);
  const by = proxy === null ? '' : ' through the proxy';
  const known = {
    ECONNREFUSED: `${who}${place} refuses connections`,
    ECONNRESET: `${who}${place} closes new connections`,
    ENOTFOUND: `the name of ${who}${place} is not known here`,
    EAI_AGAIN: `the name of ${who}${place} cannot be looked up now`,
    EHOSTUNREACH: `there is no way to ${who}${place}`,
    ENETUNREACH: `there is no way to ${who}${place}`,
    ETIMEDOUT: `${who}${place} does not answer`,
  }[code];
  if (known !== undefined) return new DialError(code === 'ENOTFOUND' ? 'failed' : 'refused', known + by);
  if (/CERT|SELF_SIGNED|UNABLE_TO|ISSUER|ALTNAME/.test(code)) {
    return new DialError('untrusted', `the certificate of ${who}${place} is not accepted: ${textOf(error)}`);
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_OSSL')) {
    return new DialError('untrusted', `no TLS with ${who}${place}: ${textOf(error)}`);
  }
  return new DialError('refused', `no connection to ${who}${place}${by}: ${textOf(error)}`);
}
