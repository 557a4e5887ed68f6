import { formatBytes } from '../../core/bytes.ts';
import type { EtcdSnapshotChunk } from '../../core/ports/etcd.ts';

/** How far a snapshot has come. */
export interface SnapshotProgress {
  readonly sizeBytes: number;
  /** What of the database is still to come; `null` before the first bytes. */
  readonly remainingBytes: number | null;
  /** The hash, which comes last, is there. */
  readonly whole: boolean;
}

/** Before the first bytes. */
export const NOTHING_YET: SnapshotProgress = { sizeBytes: 0, remainingBytes: null, whole: false };

const HASH_BYTES = 32;
/** Size of a database: whole pages, which are multiples of this. */
const PAGE_BYTES = 512;

/**
 * Takes the next part into account; a text: why it cannot be the next one. etcd tells with each part how much of the database is left; a
 * part of 32 bytes with nothing left is its hash. An empty part brings nothing: etcd sends them without end when its own reader broke.
 *
 * Source: `Snapshot` in etcd's `api/v3rpc/maintenance.go` (3.4, 3.5).
 */
export function followed(progress: SnapshotProgress, part: EtcdSnapshotChunk): SnapshotProgress | string {
  const came = part.bytes.length;
  const sizeBytes = progress.sizeBytes + came;
  if (came === 0) return progress;
  if (progress.whole) return 'bytes came after its hash';
  if (progress.remainingBytes === 0) {
    if (came !== HASH_BYTES || part.remainingBytes !== 0)
      return `${came} bytes came where its hash of ${HASH_BYTES} should be`;
    if (progress.sizeBytes % PAGE_BYTES !== 0)
      return `its ${progress.sizeBytes} bytes are no database: not a multiple of ${PAGE_BYTES}`;
    return { sizeBytes, remainingBytes: 0, whole: true };
  }
  const expected = (progress.remainingBytes ?? part.remainingBytes + came) - came;
  if (part.remainingBytes !== expected) return `${part.remainingBytes} bytes are said to be left, not ${expected}`;
  return { sizeBytes, remainingBytes: part.remainingBytes, whole: false };
}

/** How far it came, for people: `12.3 MiB of 43.6 MiB`. */
export function progressWords({ sizeBytes, remainingBytes }: SnapshotProgress): string {
  if (remainingBytes === null) return 'nothing had come';
  return `${formatBytes(sizeBytes)} of ${formatBytes(sizeBytes + remainingBytes)} had come`;
}
