import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { Refusal } from '../../contracts.ts';
import { badRequest, refusalStatus } from '../statuses.ts';

/**
 * Accepts an upgrade to WebSocket with the first of our protocols that the client offers too; otherwise answers 400 and
 * closes. The handler runs with the open socket.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
  handle: (webSocket: WebSocket, protocol: string) => void,
): void {
  const offered = list(request.headers['sec-websocket-protocol']);
  const protocol = protocols.find((each) => offered.includes(each));
  if (protocol === undefined) return refuse(socket, badRequest(notNegotiated(offered, protocols)));
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
  server.handleUpgrade(request, socket, head, (webSocket) => handle(webSocket, protocol));
}

/** Accepts an upgrade to SPDY/3.1 with one of the stream protocols; otherwise answers and returns false. */
export function acceptSpdy(request: IncomingMessage, socket: Duplex, protocols: readonly string[]): boolean {
  const offered = list(request.headers['x-stream-protocol-version']);
  const protocol = protocols.find((each) => offered.includes(each));
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'spdy/3.1') {
    refuse(socket, badRequest('unable to upgrade: missing upgrade headers in request'));
    return false;
  }
  if (protocol === undefined) {
    refuse(socket, { status: 403, reason: '', message: notNegotiated(offered, protocols) });
    return false;
  }
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  return true;
}

/** Answers an upgrade request with an error and closes. A refusal without a reason goes as the kubelet's plain text. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  const plain = refusal.reason === '';
  const body = plain ? `${refusal.message}\n` : JSON.stringify(refusalStatus(refusal));
  socket.on('error', () => undefined);
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
      `Content-Type: ${plain ? 'text/plain; charset=utf-8' : 'application/json'}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** A WebSocket as a stream of bytes, for SPDY inside it. */
export function webSocketDuplex(webSocket: WebSocket): Duplex {
  return createWebSocketStream(webSocket);
}

function list(header: string | string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((each) => each.split(','))
    .map((each) => each.trim());
}

function notNegotiated(offered: readonly string[], accepted: readonly string[]): string {
  return `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${accepted.join(' ')}]`;
}
