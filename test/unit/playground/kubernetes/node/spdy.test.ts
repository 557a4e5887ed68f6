import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { constants, crc32, createDeflate } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  controlFrame,
  dataFrame,
  FIN,
  FRAME,
  readFrames,
  type SpdyFrame,
  uint32,
} from '../../../../../playground/kubernetes/node/streams/spdy-frames.ts';
import {
  createHeaderReader,
  createHeaderWriter,
  DICTIONARY,
} from '../../../../../playground/kubernetes/node/streams/spdy-headers.ts';
import { serveSpdy } from '../../../../../playground/kubernetes/node/streams/spdy-session.ts';

/** Compresses header blocks as Go's library does: one stream, flushed after each block. */
function compressor(): (plain: Buffer) => Promise<Buffer> {
  const deflate = createDeflate({ dictionary: DICTIONARY });
  return async (plain) => {
    deflate.write(plain);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const compressed: unknown = deflate.read();
    if (!Buffer.isBuffer(compressed)) throw new Error('nothing was compressed');
    return compressed;
  };
}

function block(headers: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(headers)
    .flat()
    .map((text) => Buffer.from(text));
  return Buffer.concat([uint32(texts.length / 2), ...texts.flatMap((text) => [uint32(text.length), text])]);
}

test('the dictionary is the one that kubectl carries', () => {
  expect(DICTIONARY.length).toBe(1423);
  expect(crc32(DICTIONARY)).toBe(0x04_c8_49_0e);
});

test('header blocks of one connection are read in order', async () => {
  const compress = compressor();
  const reader = createHeaderReader();
  const blocks = [
    { streamtype: 'error', port: '2379' },
    { streamtype: 'data', port: '2379', requestid: '0' },
  ];

  for (const headers of blocks) expect(await reader.read(await compress(block(headers)))).toEqual(headers);
});

test('what is written can be read by the same rules, block after block', async () => {
  const writer = createHeaderWriter();
  const reader = createHeaderReader();
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.string({ maxLength: 40 })),
      async (headers) => {
        expect(await reader.read(writer.write(headers))).toEqual({ ...headers });
      },
    ),
  );
});

test('frames are found however the bytes are cut', async () => {
  const bytes = Buffer.concat([
    controlFrame(FRAME.ping, uint32(7)),
    dataFrame(1, 0, Buffer.from('hello')),
    dataFrame(3, FIN, Buffer.alloc(0)),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), fc.nat(bytes.length), async (cuts, first) => {
      const places = [first, ...cuts.filter((cut) => cut > first), bytes.length].toSorted((one, other) => one - other);
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index] ?? 0, end));
      const frames: SpdyFrame[] = [];
      for await (const frame of readFrames(bytes.subarray(0, first), chunks)) frames.push(frame);
      expect(frames).toEqual([
        { kind: 'control', type: FRAME.ping, flags: 0, payload: uint32(7) },
        { kind: 'data', stream: 1, flags: 0, payload: Buffer.from('hello') },
        { kind: 'data', stream: 3, flags: FIN, payload: Buffer.alloc(0) },
      ]);
    }),
  );
});

/** Both ends of a connection. */
async function pair(): Promise<{ readonly client: Socket; readonly server: Socket }> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  const [server] = await once(listener, 'connection');
  listener.close();
  return { client, server };
}

async function openFrame(compress: (plain: Buffer) => Promise<Buffer>): Promise<Buffer> {
  const head = Buffer.concat([uint32(1), uint32(0), Buffer.alloc(2)]);
  return controlFrame(FRAME.synStream, Buffer.concat([head, await compress(block({ streamtype: 'data' }))]));
}

test('a ping is answered, a stream is accepted, and its data come and go', async () => {
  const { client, server } = await pair();
  const session = serveSpdy(server, Buffer.alloc(0), (stream) => {
    stream.input.on('data', (chunk: Buffer) => void stream.write(Buffer.concat([Buffer.from('echo '), chunk])));
    stream.input.on('end', () => stream.end());
  });
  client.write(controlFrame(FRAME.ping, uint32(1)));
  client.write(await openFrame(compressor()));
  client.write(dataFrame(1, FIN, Buffer.from('hi')));
  const frames: SpdyFrame[] = [];
  for await (const frame of readFrames(Buffer.alloc(0), client)) {
    frames.push(frame);
    if (frame.kind === 'data' && frame.flags === FIN) client.end();
  }
  await session.closed;

  expect(frames.map((frame) => (frame.kind === 'control' ? frame.type : frame.payload.toString()))).toEqual([
    FRAME.ping,
    FRAME.synReply,
    'echo hi',
    '',
  ]);
});

test('what came with the upgrade is read first, and a broken connection ends the streams', async () => {
  const { client, server } = await pair();
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  serveSpdy(server, await openFrame(compressor()), (stream) => {
    opened.resolve();
    stream.input.resume().once('end', () => ended.resolve('ended'));
  });
  await opened.promise;

  client.resetAndDestroy();

  expect(await ended.promise).toBe('ended');
});
