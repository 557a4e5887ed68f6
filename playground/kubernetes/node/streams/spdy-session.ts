import { once } from 'node:events';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { controlFrame, dataFrame, FIN, FRAME, readFrames, type SpdyFrame, streamId, uint32 } from './spdy-frames.ts';
import { createHeaderReader, createHeaderWriter, type Headers } from './spdy-headers.ts';

/** One stream that the client opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  /** What the client sends; ends with its half. */
  readonly input: Readable;
  /** Resolves when the connection takes more; rejects when it is gone. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends our half. */
  end(): void;
}

/** The server's side of one SPDY/3.1 connection. Streams are only opened by the client. */
export interface SpdySession {
  /** Says that no more streams are taken, and closes once the client has closed or after `ms`. */
  close(ms: number): Promise<void>;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;
}

/** Data frames carry at most 24 bits of length; smaller ones let streams take turns. */
const MAX_DATA = 32 * 1024;

/**
 * Serves SPDY/3.1 as kubectl and the kubelet use it: no flow control (their library has none), no server-opened streams.
 * Every new stream is answered at once with SYN_REPLY and handed to `onStream`.
 */
export function serveSpdy(connection: Duplex, head: Buffer, onStream: (stream: SpdyStream) => void): SpdySession {
  const output = createOutput(connection);
  const inputs = new Map<number, PassThrough>();
  const reader = createHeaderReader();
  const writer = createHeaderWriter();
  connection.on('error', () => undefined);

  async function open(payload: Buffer, flags: number): Promise<void> {
    const id = streamId(payload);
    const headers = await reader.read(payload.subarray(10));
    const input = new PassThrough();
    inputs.set(id, input);
    if ((flags & FIN) !== 0) input.end();
    output.tell(controlFrame(FRAME.synReply, Buffer.concat([uint32(id), writer.write({})])));
    onStream(outgoing(output, id, headers, input));
  }
  async function take(frame: SpdyFrame): Promise<void> {
    if (frame.kind === 'data') return receive(inputs.get(frame.stream), frame, output.closed);
    if (frame.type === FRAME.synStream) return open(frame.payload, frame.flags);
    if (frame.type === FRAME.ping) output.tell(controlFrame(FRAME.ping, frame.payload));
    else if (frame.type === FRAME.rstStream) inputs.get(streamId(frame.payload))?.end();
  }
  async function read(): Promise<void> {
    try {
      for await (const frame of readFrames(head, connection)) await take(frame);
    } catch {
      // A broken connection or frame: nothing more can be read from it.
    } finally {
      for (const input of inputs.values()) input.end();
      connection.destroy();
    }
  }
  void read();
  return {
    closed: output.closed,
    async close(ms) {
      output.tell(controlFrame(FRAME.goAway, Buffer.alloc(8)));
      const soft = setTimeout(() => connection.end(), ms);
      const hard = setTimeout(() => connection.destroy(), ms * 2);
      await output.closed;
      clearTimeout(soft);
      clearTimeout(hard);
    },
  };
}

interface Output {
  readonly closed: Promise<void>;
  send(frame: Buffer): Promise<void>;
  /** Sends what nobody needs to know the fate of. */
  tell(frame: Buffer): void;
}

function createOutput(connection: Duplex): Output {
  const gone = Promise.withResolvers<void>();
  connection.once('close', () => gone.resolve());
  function send(frame: Buffer): Promise<void> {
    if (connection.destroyed || connection.writableEnded) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => {
      connection.write(frame, (error) => (error ? reject(error) : resolve()));
    });
  }
  return {
    closed: gone.promise,
    send,
    tell(frame) {
      send(frame).catch(() => undefined);
    },
  };
}

function outgoing(output: Output, id: number, headers: Headers, input: Readable): SpdyStream {
  let ended = false;
  return {
    id,
    headers,
    input,
    async write(chunk) {
      for (let at = 0; at < chunk.length; at += MAX_DATA) {
        await output.send(dataFrame(id, 0, chunk.subarray(at, at + MAX_DATA)));
      }
    },
    end() {
      if (!ended) output.tell(dataFrame(id, FIN, Buffer.alloc(0)));
      ended = true;
    },
  };
}

async function receive(
  input: PassThrough | undefined,
  { payload, flags }: SpdyFrame,
  closed: Promise<void>,
): Promise<void> {
  if (input === undefined || input.writableEnded || input.destroyed) return;
  if (payload.length > 0 && !input.write(payload))
    await Promise.race([once(input, 'drain'), once(input, 'close'), closed]);
  if ((flags & FIN) !== 0) input.end();
}
