import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { waitFor } from '../../playground/waiting.ts';
import type { SlackRequest } from '../../playground/workspace/bot-link.ts';

/** An envelope of Socket Mode; `envelope_id` is what its acknowledgement names. */
export interface Envelope extends Readonly<Record<string, unknown>> {
  readonly type: 'slash_commands' | 'interactive' | 'events_api';
  readonly envelope_id: string;
  readonly payload: unknown;
}

/** What Slack gives as the reason when it ends a connection. */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'too_many_websockets';

/** One connection of the app. */
export interface SocketModeConnection {
  readonly isOpen: boolean;
  /** Envelope ids that were acknowledged here, in order, with the payload of the answer. */
  readonly acks: readonly { readonly id: string; readonly payload: unknown; readonly ms: number }[];
  send(envelope: Envelope): void;
  /** Asks the app to leave, as Slack does when it renews its servers. */
  disconnect(reason: DisconnectReason): void;
  /** Cuts it without a word. */
  drop(): void;
}

/** Slack's side of Socket Mode on this machine: any number of connections, text messages only. */
export interface SocketModeServer {
  /** Base address of its Web API. */
  readonly apiUrl: string;
  /** Tokens that were used to ask for a connection. */
  readonly tokens: readonly string[];
  /** Every connection there ever was, oldest first. */
  readonly connections: readonly SocketModeConnection[];
  /** Envelope ids that were acknowledged anywhere, in order. */
  readonly acks: readonly string[];
  /** Waits until exactly so many connections stand, and answers them, oldest first. */
  standing(count: number): Promise<readonly SocketModeConnection[]>;
  /** Sends an envelope to the oldest connection that stands; waits for one first. */
  send(envelope: Envelope): Promise<void>;
  /** The next calls for a connection are answered with this HTTP status. */
  refuseConnections(status: number, times: number): void;
  stop(): void;
}

/** The envelope in which Slack sends what it would otherwise send as this HTTP request. */
export function envelopeOf(id: string, request: SlackRequest, retry = 0): Envelope {
  if (request.contentType === 'application/json') {
    const again =
      retry === 0 ? { retry_attempt: 0, retry_reason: '' } : { retry_attempt: retry, retry_reason: 'timeout' };
    return { type: 'events_api', envelope_id: id, payload: JSON.parse(request.body), ...again };
  }
  const form = new URLSearchParams(request.body);
  const payload = form.get('payload');
  return payload === null
    ? { type: 'slash_commands', envelope_id: id, payload: Object.fromEntries(form), accepts_response_payload: true }
    : { type: 'interactive', envelope_id: id, payload: JSON.parse(payload), accepts_response_payload: true };
}

/** All optional. */
export interface SocketModeOptions {
  /** Base address of a Web API that answers everything but the call for a connection. */
  readonly webApi?: string;
}

/** Starts it. Source of handshake and frames: RFC 6455; of the messages: Slack's page on Socket Mode. */
export async function startSocketModeServer(options: SocketModeOptions = {}): Promise<SocketModeServer> {
  const tokens: string[] = [];
  const connections: (SocketModeConnection & { destroy(): void })[] = [];
  const acks: string[] = [];
  const refusal = { status: 500, left: 0 };
  const server = createServer((request, response) => {
    const { url = '' } = request;
    if (options.webApi !== undefined && !url.endsWith('apps.connections.open')) {
      passOn(request, response, new URL(url.replace(/^\/api\//, ''), options.webApi));
      return;
    }
    if (refusal.left > 0) {
      refusal.left -= 1;
      response.writeHead(refusal.status, { 'retry-after': '1' });
      response.end('upstream error');
      return;
    }
    tokens.push(request.headers.authorization ?? '');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${portOf()}/link` }));
  });
  function portOf(): number {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  server.on('upgrade', (request, socket: Duplex) => {
    shakeHands(socket, request.headers['sec-websocket-key'] ?? '');
    connections.push(openConnection(socket, (id) => acks.push(id)));
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  async function standing(count: number): Promise<readonly SocketModeConnection[]> {
    return await waitFor(`${count} connections`, () => {
      const open = connections.filter((each) => each.isOpen);
      return open.length === count && open;
    });
  }
  return {
    apiUrl: `http://127.0.0.1:${portOf()}/api/`,
    tokens,
    connections,
    acks,
    standing,
    async send(envelope) {
      const open = await waitFor('a connection', () => connections.find((each) => each.isOpen));
      open.send(envelope);
    },
    refuseConnections: (status, times) => void Object.assign(refusal, { status, left: times }),
    stop() {
      for (const connection of connections) connection.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

function passOn(request: IncomingMessage, response: ServerResponse, to: URL): void {
  const onward = ask(to, { method: 'POST', headers: { ...request.headers, host: to.host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function shakeHands(socket: Duplex, key: string): void {
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

const OPCODES = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

function openConnection(socket: Duplex, onAck: (id: string) => void): SocketModeConnection & { destroy(): void } {
  let isOpen = true;
  let rest = Buffer.alloc(0);
  const acks: { readonly id: string; readonly payload: unknown; readonly ms: number }[] = [];
  const sentAt = new Map<string, number>();
  function send(message: object): void {
    if (isOpen) socket.write(frame(OPCODES.text, Buffer.from(JSON.stringify(message))));
  }
  function onFrame(opcode: number, body: Buffer): void {
    if (opcode === OPCODES.ping) socket.write(frame(OPCODES.pong, body));
    if (opcode === OPCODES.close) {
      isOpen = false;
      socket.end(frame(OPCODES.close, body));
    }
    if (opcode !== OPCODES.text) return;
    const message: unknown = JSON.parse(body.toString());
    if (typeof message !== 'object' || message === null || !('envelope_id' in message)) return;
    const id = String(message.envelope_id);
    const payload = 'payload' in message ? message.payload : null;
    acks.push({ id, payload, ms: performance.now() - (sentAt.get(id) ?? 0) });
    onAck(id);
  }
  socket.on('error', () => undefined);
  // An app that dies only ends its half.
  socket.on('end', () => {
    isOpen = false;
    socket.end();
  });
  socket.on('close', () => {
    isOpen = false;
  });
  socket.on('data', (data: Buffer) => {
    rest = readFrames(Buffer.concat([rest, data]), onFrame);
  });
  send({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0DRYDOCK' } });
  return {
    get isOpen() {
      return isOpen;
    },
    acks,
    send(envelope) {
      sentAt.set(envelope.envelope_id, performance.now());
      send(envelope);
    },
    disconnect: (reason) => send({ type: 'disconnect', reason, debug_info: { host: 'here' } }),
    drop() {
      isOpen = false;
      socket.destroy();
    },
    destroy: () => void socket.destroy(),
  };
}

function frame(opcode: number, body: Buffer): Buffer {
  const first = 0x80 | opcode;
  if (body.length < 126) return Buffer.concat([Buffer.from([first, body.length]), body]);
  const head = Buffer.from([first, 126, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Takes whole frames off the front; clients mask theirs. Answers what is left. */
function readFrames(data: Buffer, onFrame: (opcode: number, body: Buffer) => void): Buffer<ArrayBuffer> {
  let rest = data;
  for (;;) {
    const [first, second] = rest;
    if (first === undefined || second === undefined) return Buffer.from(rest);
    const isLong = (second & 0x7f) === 126;
    if (isLong && rest.length < 4) return Buffer.from(rest);
    const length = isLong ? rest.readUInt16BE(2) : second & 0x7f;
    const start = (isLong ? 4 : 2) + 4;
    if (rest.length < start + length) return Buffer.from(rest);
    const mask = rest.subarray(start - 4, start);
    const body = rest.subarray(start, start + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    onFrame(first & 0x0f, Buffer.from(body));
    rest = rest.subarray(start + length);
  }
}
