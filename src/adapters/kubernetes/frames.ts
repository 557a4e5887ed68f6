import type { RawData, WebSocket } from 'ws';

/** Messages that wait to be read before the sender is held up. */
const WAITING = 16;

/**
 * The messages of a WebSocket, one after the other; ends when it closes. Who reads slowly holds up the sender, so memory stays small.
 * The socket has to be paused when this is called.
 */
export async function* framesOf(socket: WebSocket): AsyncGenerator<Buffer> {
  const queue: Buffer[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = socket.readyState === socket.CLOSED;
  function onMessage(data: RawData): void {
    queue.push(bufferOf(data));
    if (queue.length >= WAITING) socket.pause();
    wake.resolve();
  }
  function onClose(): void {
    ended = true;
    wake.resolve();
  }
  socket.on('message', onMessage);
  socket.once('close', onClose);
  try {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      if (ended) return;
      wake = Promise.withResolvers<void>();
      socket.resume();
      await wake.promise;
    }
  } finally {
    socket.off('message', onMessage);
    socket.off('close', onClose);
  }
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Sends one message on a channel and waits until it is written. */
export function sendFrame(socket: WebSocket, channel: number, data: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const frame = Buffer.allocUnsafe(data.length + 1);
  frame[0] = channel;
  frame.set(data, 1);
  socket.send(frame, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise;
}
