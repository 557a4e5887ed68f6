/**
 * Why a drill gave no findings.
 *
 * - `no-program`: this worker has no etcd of the same or a newer minor version, or no program that restores; the message names what was found.
 * - `no-room`: not enough free space on this worker.
 * - `content-failed`: the content could not be read to its end; thrown on by whoever gave it, with his words.
 * - `refused`: etcd's own program refuses to restore it, and blames what it read: the backup is not what it should be.
 * - `not-started`: what was restored does not run: etcd ended, and blames what it read. The message has its last words.
 * - `failed`: the drill itself could not go on; it says nothing of the backup.
 * - `cancelled`: the caller's signal ended it.
 */
export type DrillErrorCode =
  | 'no-program'
  | 'no-room'
  | 'content-failed'
  | 'refused'
  | 'not-started'
  | 'failed'
  | 'cancelled';

/** A failed drill. */
export interface DrillError {
  readonly code: DrillErrorCode;
  /** In words, without a period. */
  readonly message: string;
}

/** What a drill answers. */
export type DrillResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DrillError };

/** The programs a drill uses. */
export interface DrillPrograms {
  /** Version of etcd, `3.5.16`. */
  readonly version: string;
  /** Path of `etcd`. */
  readonly etcd: string;
  /** Path of the program that restores, `etcdutl` or (up to 3.5) `etcdctl`. */
  readonly restore: string;
}

/** What to restore. */
export interface DrillOrder {
  /** Id of the backup, for names of folders and for texts. */
  readonly id: string;
  /** Version of the etcd that the snapshot was taken from. */
  readonly version: string;
  /** Bytes of the snapshot file. */
  readonly sizeBytes: number;
  /** Revision (digits) at which keys are counted and hashed. */
  readonly revision: string;
  /** The snapshot file. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Told what it does now, in words for the card. */
  onProgress?(words: string): void;
}

/** Values of one kind of resource, as a sample of them shows. */
export interface ResourceFinding {
  /** As in the registry: `pods`, `deployments.apps` is not told apart from `deployments`; keys outside `/registry/` by their first part. */
  readonly resource: string;
  /** Keys. */
  readonly count: number;
  /** Values that were looked at. */
  readonly sampled: number;
  /** Of these: encrypted by the API server, which only it can read. */
  readonly encrypted: number;
  /** Of these: neither protobuf nor JSON nor CBOR nor encrypted, or not readable as what they say they are. */
  readonly undecodable: number;
}

/** What a restored etcd showed. */
export interface DrillFindings {
  readonly programs: DrillPrograms;
  /** Newest revision, digits. */
  readonly revision: string;
  /** Keys at the revision that was asked for; `null`: it was compacted away. */
  readonly keys: number | null;
  /** Hash at that revision; `null`: it was compacted away, or this version cannot. */
  readonly hashKv: { readonly hash: number; readonly compactRevision: string; readonly revision: string } | null;
  readonly resources: readonly ResourceFinding[];
  /** Providers of encryption that were seen in values, `aescbc`, sorted. */
  readonly encryptionProviders: readonly string[];
  /** Alarms that the database brought along and that were disarmed. */
  readonly alarmsDisarmed: number;
  /** Whether a test write was taken after that. */
  readonly tookWrite: boolean;
}

/** A throw-away etcd on this worker. */
export interface DrillPort {
  /** The programs for a snapshot of that version: the same minor, else the next newer one. */
  programsFor(version: string, call: { readonly signal: AbortSignal }): Promise<DrillResult<DrillPrograms>>;
  /**
   * Restores the snapshot into a folder of its own, starts etcd on loopback, looks, and removes everything, however it ends. What a
   * worker that died left behind is removed with the next drill of that machine, and when a worker starts there.
   */
  restore(order: DrillOrder, call: { readonly signal: AbortSignal }): Promise<DrillResult<DrillFindings>>;
}
