import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';

/** Slack's side of Socket Mode on this machine: one connection at a time, text messages only. */
export interface SocketModeServer {
  /** Base address of its Web API. */
  readonly apiUrl: string;
  /** Tokens that were used to ask for a connection. */
  readonly tokens: string[];
  /** Envelope ids that were acknowledged, in order. */
  readonly acks: string[];
  /** Sends an envelope; waits for the connection first. */
  send(envelope: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 0x81;

/** Starts it. Source of handshake and frames: RFC 6455. */
export async function startSocketModeServer(): Promise<SocketModeServer> {
  const tokens: string[] = [];
  const acks: string[] = [];
  const connected = Promise.withResolvers<Duplex>();
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization ?? '');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${portOf()}/link` }));
  });
  function portOf(): number {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  server.on('upgrade', (request, socket: Duplex) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    let rest = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      rest = readFrames(Buffer.concat([rest, data]), (text) => {
        const message: unknown = JSON.parse(text);
        if (typeof message === 'object' && message !== null && 'envelope_id' in message)
          acks.push(String(message.envelope_id));
      });
    });
    socket.write(
      frame(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0DRYDOCK' } })),
    );
    connected.resolve(socket);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    apiUrl: `http://127.0.0.1:${portOf()}/api/`,
    tokens,
    acks,
    async send(envelope) {
      (await connected.promise).write(frame(JSON.stringify(envelope)));
    },
    stop() {
      server.closeAllConnections();
      void connected.promise.then((socket) => socket.destroy());
      server.close();
    },
  };
}

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  if (body.length < 126) return Buffer.concat([Buffer.from([TEXT, body.length]), body]);
  const head = Buffer.from([TEXT, 126, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Takes whole frames off the front; clients mask theirs. Answers what is left. */
function readFrames(data: Buffer, onText: (text: string) => void): Buffer<ArrayBuffer> {
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
    if ((first & 0x0f) === 1) onText(Buffer.from(body).toString());
    rest = rest.subarray(start + length);
  }
}
