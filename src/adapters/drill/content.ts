import { type FileHandle, open, statfs } from 'node:fs/promises';
import { formatBytes } from '../../core/bytes.ts';
import type { DrillOrder } from '../../core/ports/drill.ts';
import { DrillFailed } from './failed.ts';

/** The snapshot and the database made of it lie there together for a while, and etcd lays out its log in files of 64 MB. */
const ROOM_FACTOR = 2.2;
const ROOM_BYTES = 160 * 1024 * 1024;
const TELL_EVERY_BYTES = 256 * 1024 * 1024;

/** Looks whether a snapshot of that size can be restored below this folder. @throws DrillFailed `no-room`. */
export async function checkRoom(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = sizeBytes * ROOM_FACTOR + ROOM_BYTES;
  if (free >= needed) return;
  const words = `This worker has ${formatBytes(free)} free in ${folder}, and the drill needs ${formatBytes(needed)}`;
  throw new DrillFailed('no-room', words);
}

/**
 * Writes the snapshot to a file that only this user may read.
 *
 * @throws DrillFailed `content-failed`, with the words of who gave the content, or when it is not of the size that was said.
 */
export async function writeContent(order: DrillOrder, file: string, signal: AbortSignal): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  const content = order.content[Symbol.asyncIterator]();
  let whole = false;
  try {
    await copy(order, content, handle, signal);
    whole = true;
  } finally {
    // Not waited for: who stands still would hold up the removal of what is here already.
    if (!whole) void content.return?.().catch(() => undefined);
    await handle.close();
  }
}

async function copy(
  order: DrillOrder,
  content: AsyncIterator<Uint8Array>,
  handle: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const { sizeBytes } = order;
  let written = 0;
  let told = 0;
  for (;;) {
    const next = await orAborted(pull(content), signal);
    if (next === null) break;
    written += next.length;
    if (written > sizeBytes) break;
    await writeWhole(handle, next);
    if (written - told < TELL_EVERY_BYTES) continue;
    told = written;
    order.onProgress?.(
      `The snapshot is being written to this worker: ${formatBytes(written)} of ${formatBytes(sizeBytes)}.`,
    );
  }
  if (written === sizeBytes) return;
  const words = written > sizeBytes ? `more than ${sizeBytes} bytes` : `${written} bytes instead of ${sizeBytes}`;
  throw new DrillFailed('content-failed', `The snapshot came with ${words}`);
}

/** `null`: that was all. */
async function pull(content: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const next = await content.next();
    return next.done === true ? null : next.value;
  } catch (error) {
    throw new DrillFailed('content-failed', error instanceof Error ? error.message : String(error));
  }
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
