import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';

/** Of what is passed on at a time: with little, much of the time goes into passing it. */
const PIECE_BYTES = 128 * 1024;

/** Compresses with zstd, with a checksum that other tools compare too. */
export function compressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(source, () =>
    createZstdCompress({ chunkSize: PIECE_BYTES, params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  );
}

/** Takes zstd off. Throws for what is not whole zstd; bytes behind it are passed over, so the size has to be compared too. */
export function decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(source, () => createZstdDecompress({ chunkSize: PIECE_BYTES }));
}

async function* through(source: AsyncIterable<Uint8Array>, make: () => Transform): AsyncGenerator<Uint8Array> {
  const transform = make();
  // An error of the source reaches the reader below: the pipeline destroys the transform with it.
  const feeding = pipeline(source, transform).catch(() => undefined);
  let ended = false;
  try {
    for await (const piece of transform) if (piece instanceof Uint8Array) yield piece;
    ended = true;
  } finally {
    transform.destroy();
    // Who breaks off does not wait: the source may be in the middle of something, and closes itself after that.
    if (ended) await feeding;
  }
}
