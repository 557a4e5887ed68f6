/** SHA-256 that is fed piece by piece; given by who has one. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The 32 bytes. Ends it. */
  digest(): Uint8Array;
  /** Another one that was fed the same so far. */
  copy(): RunningHash;
}

/**
 * What a snapshot file turned out to be. `sha256`: of the whole file, its hash at the end too; lower-case hex. `too-short`: not even a hash and a page.
 * `not-pages`: no whole pages before the hash.
 */
export type SnapshotFinding =
  | { readonly ok: true; readonly databaseBytes: number; readonly sha256: string }
  | { readonly ok: false; readonly problem: 'too-short' | 'not-pages' | 'hash-differs'; readonly text: string };

/** Follows the bytes of a snapshot file and compares the hash at its end, without ever holding more of it than that. */
export interface TrailingHash {
  /** The next bytes, in order. They may be of any length and are not kept. */
  take(bytes: Uint8Array): void;
  /** What it was. To be called once, after the last bytes. */
  finding(): SnapshotFinding;
}

const HASH_BYTES = 32;
const PAGE_BYTES = 512;

/**
 * Begins to follow a snapshot file: a database, then the SHA-256 of it. `etcdctl snapshot save` and `status` do not compare them; only a
 * restore does.
 *
 * Source: etcd's `api/v3rpc/maintenance.go` (what is sent) and `etcdutl/snapshot` (what a restore wants).
 */
export function followTrailingHash(hash: RunningHash): TrailingHash {
  // The last bytes so far: they are the hash if nothing follows.
  let tail = new Uint8Array(0);
  let sizeBytes = 0;

  function take(bytes: Uint8Array): void {
    sizeBytes += bytes.length;
    if (bytes.length >= HASH_BYTES) {
      hash.update(tail);
      hash.update(bytes.subarray(0, -HASH_BYTES));
      tail = bytes.slice(-HASH_BYTES);
      return;
    }
    const joined = new Uint8Array(tail.length + bytes.length);
    joined.set(tail);
    joined.set(bytes, tail.length);
    const known = Math.max(0, joined.length - HASH_BYTES);
    hash.update(joined.subarray(0, known));
    tail = joined.slice(known);
  }
  function finding(): SnapshotFinding {
    const databaseBytes = sizeBytes - HASH_BYTES;
    if (databaseBytes < PAGE_BYTES) return bad('too-short', `it has ${sizeBytes} bytes, which is no database`);
    if (databaseBytes % PAGE_BYTES !== 0)
      return bad('not-pages', `its ${databaseBytes} bytes before the hash are not whole pages: it was cut or added to`);
    // One hash for both: hashing is much of what a backup costs.
    const own = hash.copy().digest();
    hash.update(tail);
    return own.length === HASH_BYTES && own.every((byte, at) => byte === tail[at])
      ? { ok: true, databaseBytes, sha256: hexOf(hash.digest()) }
      : bad('hash-differs', `its content has the SHA-256 ${hexOf(own)}, its end says ${hexOf(tail)}`);
  }
  return { take, finding };
}

function bad(problem: Exclude<SnapshotFinding, { ok: true }>['problem'], text: string): SnapshotFinding {
  return { ok: false, problem, text };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
