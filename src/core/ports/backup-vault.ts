import type { CataloguedBackup } from '../backup/catalogue.ts';
import type { BackupBody, BackupFile, BackupManifest } from '../backup/manifest.ts';
import type { BackupFileRole } from '../backup/names.ts';
import type { BackupHold, BackupMark, DrillRecord } from '../backup/records.ts';
import type { ObjectStoreError } from './object-store.ts';

/**
 * Why a call on the vault gave no answer.
 *
 * - `not-configured`: the cluster has no `backups` in the configuration.
 * - `source-failed`: who was to give the content did not give it whole; the message is his. Nothing was stored.
 * - `not-whole`: the content came to its end, and its own hash, length or form says that it is not what was meant to be sent. Nothing was stored.
 * - `differs`: what was stored is not what was sent, as reading it back shows. It was removed again, if it could be.
 * - `damaged`: what lies in the store is not as its manifest says, or cannot be decrypted or decompressed.
 * - `no-key`: it is encrypted, and this worker has no identity that opens it.
 * - `store`: the store failed; `store` says how. With `away` after a take, a file may lie there that could not be read back, and is nobody's backup.
 * - `cancelled`: the caller's signal ended it.
 */
export type VaultErrorCode =
  | 'not-configured'
  | 'source-failed'
  | 'not-whole'
  | 'differs'
  | 'damaged'
  | 'no-key'
  | 'store'
  | 'cancelled';

/** A failed call: code for decisions, message for people, without secrets and without a period at its end. */
export interface VaultError {
  readonly code: VaultErrorCode;
  readonly message: string;
  /** With `store`: what the store said. */
  readonly store?: ObjectStoreError['code'];
}

/** What a call on the vault answers. */
export type VaultResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: VaultError };

/** Thrown while content of the vault is read, because an iteration has no other way to say it. */
export class VaultReadFailed extends Error {
  readonly error: VaultError;

  constructor(error: VaultError) {
    super(error.message);
    this.name = 'VaultReadFailed';
    this.error = error;
  }
}

/** What holds for every call. */
export interface VaultCall {
  readonly signal: AbortSignal;
}

/** Which backups are listed. */
export interface VaultListCall extends VaultCall {
  /** Only so many of the newest, and so many of the newest that were drilled: quick also in a store of thousands. Left out: all. */
  readonly newest?: number;
}

/** An export of objects that is kept beside the backups. */
export interface KeptObjects {
  /** Key in the store. */
  readonly key: string;
  /** Of the text, before it was compressed and encrypted. */
  readonly bytes: number;
  /** Of the text, lower-case hex. */
  readonly sha256: string;
}

/** How far a file is. */
export interface TakeProgress {
  /** `taking`: from its source into the store; `reading-back`: from the store, to compare. */
  readonly phase: 'taking' | 'reading-back';
  /** Bytes of the content so far. */
  readonly bytes: number;
}

/** How content ended at its source: whole, or why not, in words without a period. */
export type FeedEnd = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** One file to take into the vault. */
export interface TakeOrder {
  /** Id of the backup; see `backupId`. */
  readonly id: string;
  /** Of a `snapshot`, etcd's hash at the end is compared too. */
  readonly role: BackupFileRole;
  /** Of a `static` file: it is to be a whole `tar.gz`, with a file at or below each of these paths. Absent: it may be anything. */
  readonly archiveOf?: readonly string[];
  /** ISO time that the name is to have, where an attempt that died left a file of that name. Absent: that of the id. */
  readonly namedAt?: string;
  /**
   * Gives the content: calls `write` with the next bytes and goes on when it resolves (that is the back-pressure), until everything
   * was given. `write` rejects when the vault cannot go on; then the feed ends, however it likes. The signal fires at the same time.
   */
  feed(write: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<FeedEnd>;
  /** Told from time to time; cheap, and never waited for. */
  onProgress?(progress: TakeProgress): void;
}

/** How the vault stores a kind of file. `recipients`: public keys; empty: not encrypted. */
export interface VaultDress {
  readonly compression: 'none' | 'zstd';
  readonly recipients: readonly string[];
  /** False: what is encrypted cannot be opened by this worker, so it is compared as stored only, and cannot be drilled here. */
  readonly canOpen: boolean;
}

/** What a vault is, without asking any store. */
export interface VaultFacts {
  /** What people call the store, for instance `s3://bucket/prefix/` or a folder. */
  readonly place: string;
  readonly snapshot: VaultDress;
  /** `place`: where static files go; the same as the other one, if there is no store of their own. */
  readonly static: VaultDress & { readonly place: string };
}

/**
 * The backups of one cluster in its store: taken in whole or not at all, listed, read, kept and removed. Calls resolve and never reject.
 * Nothing of it is ever whole in memory, nor on the disk of this machine (but the file store, which is one).
 */
export interface BackupVault {
  /** `null`: not configured; then every call answers `not-configured`. */
  readonly facts: VaultFacts | null;
  /**
   * Takes one file: hashes it on the way, compresses and encrypts it as configured, stores it under its key where there is none yet, reads
   * it back, opens it again and compares. Until its manifest is published, it is nobody's backup.
   */
  take(order: TakeOrder, call: VaultCall): Promise<VaultResult<BackupFile>>;
  /** Seals the manifest, stores it where there is none yet and reads it back. The backup exists from then on. The same manifest again is no failure. */
  publish(body: BackupBody, call: VaultCall): Promise<VaultResult<BackupManifest>>;
  /** Everything of this cluster in the store, newest first; see `catalogueOf`. */
  list(call: VaultListCall): Promise<VaultResult<readonly CataloguedBackup[]>>;
  /**
   * Opens a file: its content, decrypted and decompressed, read as it is consumed, once; compared with the manifest as it passes. What goes
   * wrong is thrown as {@link VaultReadFailed}, so nothing may be trusted before the end was reached. Whoever does not read it to its end calls
   * `return` of its iterator, also when he never began: that closes it.
   */
  open(manifest: BackupManifest, file: BackupFile, call: VaultCall): Promise<VaultResult<AsyncIterable<Uint8Array>>>;
  /** Reads every file of a backup whole and compares it with the manifest; what cannot be opened here is compared as stored. */
  check(manifest: BackupManifest, call: VaultCall): Promise<VaultResult<null>>;
  /** How many bytes of snapshots may still be stored; `null`: the store does not tell. Fails where it can be seen that nothing can be stored. */
  room(call: VaultCall): Promise<VaultResult<number | null>>;
  /** Puts a backup on hold; one that is on hold keeps the hold it has. `store`/`refused`: it is being removed, and the hold may have come too late. */
  hold(id: string, hold: BackupHold, call: VaultCall): Promise<VaultResult<null>>;
  /** Ends a hold. One that is not there is ended. */
  release(id: string, call: VaultCall): Promise<VaultResult<null>>;
  /** Stores what a drill, or a reading, found. */
  recordDrill(id: string, record: DrillRecord, call: VaultCall): Promise<VaultResult<null>>;
  /** Marks a backup as superfluous; `null` takes the mark away. */
  mark(id: string, mark: BackupMark | null, call: VaultCall): Promise<VaultResult<null>>;
  /** Removes a backup, its manifest first, so that it is never half a backup. Says so beside it, then looks once more whether there is a hold: then `store`/`retained`. */
  remove(backup: CataloguedBackup, call: VaultCall): Promise<VaultResult<null>>;
  /** The highest revision ever noted for this cluster, in digits, under whatever etcd cluster id: each restore gives it another. `null`: none. */
  highestRevision(call: VaultCall): Promise<VaultResult<string | null>>;
  /** Notes a revision that was seen. What is noted never goes down. */
  noteRevision(etcdClusterId: string, revision: string, call: VaultCall): Promise<VaultResult<null>>;
  /**
   * Keeps a text of some megabytes at most beside the backups, compressed and encrypted as snapshots are, under a key of its time, and reads it
   * back: objects of Kubernetes before they are changed. It is nobody's backup, is in no list, and no retention removes it.
   */
  keepObjects(text: string, call: VaultCall): Promise<VaultResult<KeptObjects>>;
  /** Removes what takes of this cluster that died left behind and that began before this time (ISO 8601). Answers how many pieces. */
  sweep(begunBefore: string, call: VaultCall): Promise<VaultResult<number>>;
}
