import { createHash } from 'node:crypto';
import type { BackupBody, BackupFile, BackupManifest } from '../../../src/core/backup/manifest.ts';
import type { BackupFileRole } from '../../../src/core/backup/names.ts';
import {
  type BackupVault,
  type TakeOrder,
  type VaultErrorCode,
  VaultReadFailed,
  type VaultResult,
} from '../../../src/core/ports/backup-vault.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';

/** A snapshot file as etcd sends it: pages that compress a little, then their SHA-256. */
export function snapshotFile(pages = 400, seed = 1): Uint8Array {
  const pieces: Buffer[] = [];
  for (let page = 0; page < pages; page += 1) {
    const noise = createHash('sha512').update(`${seed}.${page}`).digest();
    pieces.push(Buffer.concat([noise, noise, Buffer.alloc(384, page % 7)]));
  }
  return snapshotOf(Buffer.concat(pieces));
}

/** A database of whole pages, with its SHA-256 behind it. */
export function snapshotOf(database: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([database, createHash('sha256').update(database).digest()]));
}

/** Gives these bytes in pieces of 32 KiB, as etcd does. */
export function feedOf(bytes: Uint8Array): TakeOrder['feed'] {
  return async (write) => {
    for (let at = 0; at < bytes.length; at += 32_768) await write(bytes.subarray(at, at + 32_768));
    return { ok: true };
  };
}

/** An order for these bytes. */
export function orderOf(id: string, bytes: Uint8Array, role: BackupFileRole = 'snapshot'): TakeOrder {
  return { id, role, feed: feedOf(bytes) };
}

/** What was answered; throws the failure. */
export function valueOf<T>(result: VaultResult<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.code}: ${result.error.message}`);
}

/** A backup time that no other test of this process uses. */
export function nextTime(): string {
  seconds += 1;
  return new Date(Date.UTC(2026, 10, 20, 0, 0, seconds)).toISOString();
}
let seconds = 0;

/** What a manifest says of these files. */
export function bodyWith(createdAt: string, files: readonly BackupFile[]): BackupBody {
  return bodyOf(createdAt, { files: [...files] });
}

/** Takes and publishes a backup of these bytes. */
export async function takeBackup(
  vault: BackupVault,
  bytes: Uint8Array,
  signal = new AbortController().signal,
): Promise<{ readonly id: string; readonly manifest: BackupManifest; readonly file: BackupFile }> {
  const createdAt = nextTime();
  const id = idOf(createdAt);
  const file = valueOf(await vault.take(orderOf(id, bytes), { signal }));
  const manifest = valueOf(await vault.publish(bodyWith(createdAt, [file]), { signal }));
  return { id, manifest, file };
}

/** All of a content. */
export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** How a file reads to its end, through `open`: why not, or `read`. */
export async function readCode(
  vault: BackupVault,
  manifest: BackupManifest,
  file: BackupFile,
): Promise<VaultErrorCode | 'read'> {
  const opened = await vault.open(manifest, file, { signal: new AbortController().signal });
  if (!opened.ok) return opened.error.code;
  try {
    await bytesOf(opened.value);
    return 'read';
  } catch (error) {
    if (error instanceof VaultReadFailed) return error.error.code;
    throw error;
  }
}
