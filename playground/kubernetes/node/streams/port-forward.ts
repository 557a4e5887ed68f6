import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type SpdyStream, serveSpdy } from './spdy-session.ts';
import { bytesOf, sendOn } from './web-socket-exec.ts';

/** Where forwarded connections go, and how the pod is called in errors. */
export interface ForwardTarget {
  readonly host: string;
  readonly port: (port: number) => number;
  readonly pod: string;
  readonly uid: string;
  /** Settles when the pod ends: its connections end with it. */
  readonly ended: Promise<unknown>;
}

/** Serves port forwarding over SPDY: pairs of streams (`error`, `data`) with one `requestID` and `port`. */
export async function serveSpdyForward(connection: Duplex, head: Buffer, target: ForwardTarget): Promise<void> {
  const waiting = new Map<string, SpdyStream>();
  const session = serveSpdy(connection, head, (stream) => {
    const id = stream.headers['requestid'] ?? stream.headers['port'] ?? '';
    const other = waiting.get(id);
    if (other === undefined || other.headers['streamtype'] === stream.headers['streamtype']) {
      waiting.set(id, stream);
      return;
    }
    waiting.delete(id);
    const [data, errors] = stream.headers['streamtype'] === 'data' ? [stream, other] : [other, stream];
    void forwardStream(data, errors, Number(data.headers['port']), target);
  });
  void target.ended.then(() => connection.destroy());
  await session.closed;
}

async function forwardStream(data: SpdyStream, errors: SpdyStream, port: number, target: ForwardTarget): Promise<void> {
  const socket = connect({ host: target.host, port: target.port(port), allowHalfOpen: true });
  try {
    await connected(socket);
    data.input.pipe(socket);
    for await (const chunk of socket) await data.write(chunk);
  } catch (error) {
    await errors.write(Buffer.from(forwardProblem(error, port, target))).catch(() => undefined);
  }
  socket.destroy();
  data.end();
  errors.end();
}

/** Serves port forwarding over WebSocket channels: 2i carries the data of the i-th port, 2i+1 its errors. */
export async function serveWebSocketForward(
  webSocket: WebSocket,
  ports: readonly number[],
  target: ForwardTarget,
): Promise<void> {
  webSocket.on('error', () => undefined);
  const sockets = ports.map((port) => connect({ host: target.host, port: target.port(port), allowHalfOpen: true }));
  // Listened to from the first moment: a closed port refuses before the first bytes are sent.
  const connections = sockets.map(connected);
  for (const connection of connections) connection.catch(() => undefined);
  webSocket.on('message', (data) => {
    const message = bytesOf(data);
    const socket = sockets[(message[0] ?? 0) / 2];
    if (socket === undefined || socket.destroyed || message.length < 2) return;
    if (!socket.write(message.subarray(1))) {
      webSocket.pause();
      socket.once('drain', () => webSocket.resume());
    }
  });
  webSocket.once('close', () => {
    for (const socket of sockets) socket.destroy();
  });
  void target.ended.then(() => webSocket.terminate());
  await Promise.all(
    ports.map((port, index) =>
      forwardChannel(webSocket, { socket: sockets[index], connection: connections[index] }, index * 2, port, target),
    ),
  );
  webSocket.close(1000);
}

async function forwardChannel(
  webSocket: WebSocket,
  { socket, connection }: { readonly socket: Socket | undefined; readonly connection: Promise<void> | undefined },
  channel: number,
  port: number,
  target: ForwardTarget,
): Promise<void> {
  if (socket === undefined) return;
  const name = Buffer.alloc(2);
  name.writeUInt16LE(port);
  try {
    // Each channel begins with its port.
    await sendOn(webSocket, channel, name);
    await sendOn(webSocket, channel + 1, name);
    await connection;
    for await (const chunk of socket) await sendOn(webSocket, channel, chunk);
  } catch (error) {
    await sendOn(webSocket, channel + 1, Buffer.from(forwardProblem(error, port, target))).catch(() => undefined);
  }
  socket.destroy();
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!socket.connecting && !socket.destroyed) resolve();
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
}

function forwardProblem(error: unknown, port: number, target: ForwardTarget): string {
  const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  const why = refused ? 'connection refused' : error instanceof Error ? error.message : String(error);
  return (
    `error forwarding port ${port} to pod ${target.pod}, uid ${target.uid}: failed to execute portforward in network ` +
    `namespace "host": failed to connect to localhost:${port} inside namespace "host", IPv4: dial tcp4 127.0.0.1:${port}: connect: ${why}`
  );
}
