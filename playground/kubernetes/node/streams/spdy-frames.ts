/** Types of SPDY control frames that are used here. */
export const FRAME = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;

/** The flag of the last frame of a half. */
export const FIN = 0x01;

/** One frame as it came. */
export type SpdyFrame =
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'data'; readonly stream: number; readonly flags: number; readonly payload: Buffer };

/** Cuts a stream of bytes into frames; `head` came before. Ends with the stream; an unfinished frame is dropped. */
export async function* readFrames(
  head: Buffer,
  source: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncGenerator<SpdyFrame> {
  let rest = head;
  for await (const chunk of startingWith(source)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + (rest.readUInt32BE(4) & 0xff_ff_ff);
      if (rest.length < end) break;
      yield readFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  }
}

/** A control frame of SPDY/3. */
export function controlFrame(type: number, payload: Uint8Array): Buffer {
  return Buffer.concat([uint32(0x80_03_00_00 + type), uint32(payload.length), payload]);
}

/** A data frame. */
export function dataFrame(stream: number, flags: number, payload: Uint8Array): Buffer {
  return Buffer.concat([uint32(stream), uint32(flags * 0x1_00_00_00 + payload.length), payload]);
}

/** Four bytes, highest first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The stream id at the start of a payload. */
export function streamId(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7f_ff_ff_ff;
}

function readFrame(frame: Buffer): SpdyFrame {
  const first = frame.readUInt32BE(0);
  const flags = frame.readUInt8(4);
  const payload = frame.subarray(8);
  if (first >= 0x80_00_00_00) return { kind: 'control', type: first & 0xff_ff, flags, payload };
  return { kind: 'data', stream: first, flags, payload };
}

/** An empty chunk first, so that what came with the upgrade is looked at without waiting. */
async function* startingWith(source: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Buffer> {
  yield Buffer.alloc(0);
  for await (const chunk of source) if (Buffer.isBuffer(chunk)) yield chunk;
}
