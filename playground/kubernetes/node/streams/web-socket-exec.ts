import { PassThrough } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Fields } from '../../contracts.ts';
import type { ExecRequest, ExecStreams } from '../exec-command.ts';

/** Channels of `v4.channel.k8s.io` and `v5.channel.k8s.io`; `close` only in v5. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Serves one exec over a WebSocket whose protocol has been chosen, and closes it. */
export async function serveWebSocketExec(
  socket: WebSocket,
  request: ExecRequest,
  run: (streams: ExecStreams) => Promise<Fields>,
): Promise<void> {
  const stdin = new PassThrough();
  socket.on('message', (data) => {
    const message = bytesOf(data);
    if (message[0] === CHANNEL.stdin && !stdin.writableEnded) {
      if (!stdin.write(message.subarray(1))) socket.pause();
    } else if (message[0] === CHANNEL.close && message[1] === CHANNEL.stdin) stdin.end();
  });
  stdin.on('drain', () => socket.resume());
  socket.once('close', () => stdin.end());
  socket.on('error', () => undefined);
  // An empty message on the lowest channel that we write tells the client that the connection stands.
  const lowest = request.stdout ? CHANNEL.stdout : request.stderr ? CHANNEL.stderr : CHANNEL.error;
  sendOn(socket, lowest, Buffer.alloc(0)).catch(() => undefined);
  const status = await run({
    stdin,
    stdout: (chunk) => sendOn(socket, CHANNEL.stdout, chunk),
    stderr: (chunk) => sendOn(socket, CHANNEL.stderr, chunk),
  });
  await sendOn(socket, CHANNEL.error, Buffer.from(JSON.stringify(status))).catch(() => undefined);
  socket.close(1000);
}

/** Sends one message; resolves when it is on its way, rejects when the socket is closed. */
export function sendOn(socket: WebSocket, channel: number, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(Buffer.concat([Buffer.from([channel]), chunk]), { binary: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** The bytes of a message, however it came. */
export function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
