import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { KubernetesError, KubernetesResult } from '../../core/ports/kubernetes.ts';
import type { Address } from './address.ts';
import { describe } from './attributes.ts';
import { limitedText } from './body.ts';
import type { Credentials } from './credentials.ts';
import { type Deadline, unlessAborted } from './deadline.ts';
import { alertOn } from './dial.ts';
import { credentialsBefore, type Link, lostError, queryOf, unauthorized } from './link.ts';
import { answered, failed } from './outcome.ts';
import { repeatAsAsked } from './retry-after.ts';
import { errorOfRefusal } from './status-error.ts';
import { lostBy, refusedBy } from './transport.ts';

/** What is opened as a WebSocket. */
export interface UpgradeRequest {
  readonly address: Address;
  /** Made when the request goes out, from the ms that the call has left then. */
  readonly query: (
    leftMs: number,
  ) => Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Subprotocols, best first. */
  readonly protocols: readonly string[];
}

/** Most bytes of one message. Servers send 32 KiB and less. */
const MOST_MESSAGE = 16 << 20;

/**
 * Opens a WebSocket to a subresource of a pod. Refusals are read whole and mean the same as those of other requests. Servers ask for
 * `get` on the subresource, and since 1.35 for `create` too: both are reported as used. A server that refuses for now, before anything
 * was started, is asked again when it says.
 */
export async function upgrade(
  link: Link,
  request: UpgradeRequest,
  deadline: Deadline,
): Promise<KubernetesResult<WebSocket>> {
  return repeatAsAsked(deadline, request.address.attributes('get'), () => openUntilAnswered(link, request, deadline));
}

async function openUntilAnswered(
  link: Link,
  request: UpgradeRequest,
  deadline: Deadline,
): Promise<KubernetesResult<WebSocket>> {
  const what = request.address.attributes('get');
  let credentials = await credentialsBefore(deadline, { what }, (signal) => link.credentials.current(signal));
  for (let renewed = false; ; renewed = true) {
    if (!credentials.ok) return credentials;
    const refused = credentials.value;
    link.onRequest(what);
    link.onRequest(request.address.attributes('create'));
    const { result, sent } = await open(link, request, refused, deadline);
    if (result.ok || renewed || (result.error.code !== 'unauthorized' && result.error.code !== 'not-configured'))
      return result;
    credentials = await credentialsBefore(deadline, { what }, (signal) => link.credentials.renew(refused, signal));
    // A 401 is an answer: nothing was started. After anything else that went out, the next call has the new credentials.
    if (sent && result.error.code !== 'unauthorized') return result;
  }
}

/** What one try came to, and whether the server may have seen it. */
interface Opened {
  readonly result: KubernetesResult<WebSocket>;
  readonly sent: boolean;
}

async function open(
  link: Link,
  request: UpgradeRequest,
  credentials: Credentials,
  deadline: Deadline,
): Promise<Opened> {
  const what = request.address.attributes('get');
  const carrier = await link.transport.socket(credentials, deadline.signal);
  if ('sent' in carrier) return { sent: false, result: { ok: false, error: lostError(link, what, deadline, carrier) } };
  return { sent: true, result: await openOver(carrier, link, request, credentials, deadline) };
}

async function openOver(
  carrier: Socket,
  link: Link,
  request: UpgradeRequest,
  credentials: Credentials,
  deadline: Deadline,
): Promise<KubernetesResult<WebSocket>> {
  const { WebSocket: Socket } = await import('ws');
  const { server, headers } = credentials;
  const scheme = server.protocol === 'https:' ? 'wss' : 'ws';
  const prefix = server.pathname.replace(/\/$/, '');
  const socket = new Socket(
    `${scheme}://${server.host}${prefix}${request.address.path}${queryOf(request.query(deadline.leftMs()))}`,
    [...request.protocols],
    {
      headers: { 'user-agent': link.userAgent, ...headers },
      createConnection: () => carrier,
      perMessageDeflate: false,
      maxPayload: MOST_MESSAGE,
      followRedirects: false,
    },
  );
  // Without a listener an error after the handshake would end the process.
  socket.on('error', () => undefined);
  try {
    const answer = await unlessAborted(handshake(socket), deadline.signal);
    if (answer === null) return answered(socket);
    return { ok: false, error: await refusalOf(link, request, credentials, answer) };
  } catch (error) {
    return { ok: false, error: failureOf(link, request, deadline, alertOn(carrier) ?? carrier.errored ?? error) };
  } finally {
    if (socket.readyState !== Socket.OPEN) discard(socket, carrier);
  }
}

function discard(socket: WebSocket, carrier: Socket): void {
  socket.terminate();
  carrier.destroy();
}

/** `null`: open. Else the answer that refused. */
function handshake(socket: WebSocket): Promise<IncomingMessage | null> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage | null>();
  socket.once('open', () => {
    // Messages that come at once wait until somebody listens.
    socket.pause();
    resolve(null);
  });
  socket.once('unexpected-response', (_request, response) => resolve(response));
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed')));
  return promise;
}

async function refusalOf(
  link: Link,
  request: UpgradeRequest,
  credentials: Credentials,
  answer: IncomingMessage,
): Promise<KubernetesError> {
  const what = request.address.attributes('get');
  const status = answer.statusCode ?? 0;
  const body = await limitedText(answer, 1 << 20).catch(() => ({ text: '', whole: false }));
  const refusal = {
    status,
    contentType: answer.headers['content-type'] ?? '',
    retryAfter: answer.headers['retry-after'] ?? null,
    body: body.text,
  };
  const error = errorOfRefusal(refusal, { what }, link.redact);
  return error.code === 'unauthorized' ? { ...error, message: unauthorized({ what }, credentials) } : error;
}

function failureOf(link: Link, request: UpgradeRequest, deadline: Deadline, error: unknown): KubernetesError {
  const what = request.address.attributes('get');
  if (error instanceof Error && /subprotocol/i.test(error.message)) {
    // The server has said 101 by then.
    const text = `${describe(what)}: the server agreed, but to none of ${request.protocols.join(', ')}; what was asked for may be running`;
    return failed('unknown-outcome', text).error;
  }
  const lost = refusedBy(error, true) ?? { ...lostBy(error, true), kind: 'reset' as const };
  return lostError(link, what, deadline, lost);
}
