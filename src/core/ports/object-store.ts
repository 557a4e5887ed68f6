/**
 * Why a call on an object store gave no answer.
 *
 * - `not-there`: there is no such object.
 * - `already-there`: an object has this key, and none was to be replaced. It may be this very call's own, when an answer got lost: compare.
 * - `denied`: the credentials are missing, wrong, expired, or do not allow it.
 * - `wrong-place`: there is no such bucket, or it is in another region, or the folder is not one.
 * - `full`: no room, or a quota is used up; nothing was stored.
 * - `clock-skew`: the clocks of this machine and of the store differ too much.
 * - `checksum-differs`: the bytes are not those that were announced or asked for; in a put nothing was stored under the key.
 * - `retained`: the object is kept until a time that has not come, so it is neither removed nor replaced.
 * - `no-retention`: the store does not show that it keeps the object as long as asked. After a put, the object may be there without it.
 * - `no-encryption`: the store does not show that it encrypts the object as asked. After a put, the object may be there in the clear.
 * - `away`: no certain answer (connection, time-out, 5xx, too many requests), also after the tries of the adapter. A put may have happened.
 * - `source-failed`: the content that was to be put could not be read to its end; nothing was stored.
 * - `refused`: the store, or the adapter before it, refuses the call as it is; the message says why.
 * - `cancelled`: the caller's signal ended it; a put may have happened.
 */
export type ObjectStoreErrorCode =
  | 'not-there'
  | 'already-there'
  | 'denied'
  | 'wrong-place'
  | 'full'
  | 'clock-skew'
  | 'checksum-differs'
  | 'retained'
  | 'no-retention'
  | 'no-encryption'
  | 'away'
  | 'source-failed'
  | 'refused'
  | 'cancelled';

/** A failed call: code for decisions, message for people (what was tried, where, what the store said; no credentials). */
export interface ObjectStoreError {
  readonly code: ObjectStoreErrorCode;
  readonly message: string;
}

/** What a call on an object store answers. */
export type ObjectResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ObjectStoreError };

/** An object, without its content. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was stored, by the clock of the store; ISO 8601. */
  readonly storedAt: string;
  /** SHA-256 of the content, lower-case hex; `null`: the store does not know it. After a put it is always there. */
  readonly sha256: string | null;
  /** Until when the store keeps it, ISO 8601, {@link KEPT_WITHOUT_END} under a legal hold; `null`: not at all, or it does not say. */
  readonly retainedUntil: string | null;
}

/** What stands for the end of what has none. */
export const KEPT_WITHOUT_END = '9999-12-31T23:59:59.999Z';

/** How long a store keeps something, for people: `until …`. */
export function keptWords(until: string): string {
  return until === KEPT_WITHOUT_END ? 'under a legal hold' : `until ${until}`;
}

/** An object with its content. */
export interface ObjectContent {
  readonly object: StoredObject;
  /**
   * The content, read as it is consumed, once. What goes wrong on the way is thrown as {@link ObjectReadFailed}, also that bytes are missing or
   * not those of the checksum. So nothing may be trusted before the end was reached. Begin to read it, if only to break off: that closes it.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Thrown while content is read, because an iteration has no other way to say it. */
export class ObjectReadFailed extends Error {
  readonly error: ObjectStoreError;

  constructor(error: ObjectStoreError) {
    super(error.message);
    this.name = 'ObjectReadFailed';
    this.error = error;
  }
}

/** What holds for every call. */
export interface ObjectCall {
  /** Ends the call; the result is then `cancelled`. */
  readonly signal?: AbortSignal;
}

/** How an object is put. */
export interface ObjectPut extends ObjectCall {
  /** Only where there is no object of this key; else `already-there`, and nothing changes. */
  readonly createOnly?: boolean;
  /** SHA-256 that the content has to have, lower-case hex. Other content is not stored: `checksum-differs`. */
  readonly sha256?: string;
  /**
   * Says the SHA-256 of the content after its end, lower-case hex, if whoever gives it hashes it anyway: then the store need not do it once more, and
   * tells this one. Whether the store has it so is seen by reading it.
   */
  readonly hashed?: () => string;
  /** ISO 8601. A store that does not show that it keeps the object so long answers `no-retention`. */
  readonly retainUntil?: string;
}

/** How an object is read. */
export interface ObjectGet extends ObjectCall {
  /** SHA-256 that the content has to have, lower-case hex. Without it, the one that the store knows counts, if it does. */
  readonly sha256?: string;
}

/** One page of a list, by key, in the order of their bytes. */
export interface ObjectPage {
  readonly objects: readonly StoredObject[];
  /** What to give as `after` for the next page; `null`: this was the last one. */
  readonly next: string | null;
}

/** Which objects are listed. */
export interface ObjectQuery extends ObjectCall {
  /** Beginning of the key. Left out: all. */
  readonly prefix?: string;
  /** Only keys behind this one. */
  readonly after?: string;
  /** Objects a page at most, 1 to 1,000. Left out: 1,000. Fewer may come although there are more. */
  readonly limit?: number;
}

/** Which unfinished puts are removed. */
export interface ObjectSweep extends ObjectCall {
  /** Beginning of the keys that they were for. Left out: all, also those of others who use the place. */
  readonly prefix?: string;
}

/**
 * A place for files that are written once and kept: a folder, a bucket. An object is there whole or not at all, whatever dies while it
 * is put. Keys are texts that `objectKeyProblem` (`src/core/object-key.ts`) finds nothing wrong with. Calls resolve and never reject.
 */
export interface ObjectStore {
  /** What people call it: `s3://bucket/prefix`, or the folder. */
  readonly place: string;
  /** Stores an object. A stream is read once, and closed on failure. Nothing unfinished is left behind, but for a crash. */
  put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: ObjectPut,
  ): Promise<ObjectResult<StoredObject>>;
  get(key: string, options?: ObjectGet): Promise<ObjectResult<ObjectContent>>;
  head(key: string, options?: ObjectCall): Promise<ObjectResult<StoredObject>>;
  list(query?: ObjectQuery): Promise<ObjectResult<ObjectPage>>;
  /**
   * Removes an object. One that is not there is removed; one that the store keeps is not (`retained`), nor one of which it does not let that be
   * seen (`denied`). In a bucket with versions it is hidden; its versions stay until the bucket's own rules
   * remove them.
   */
  delete(key: string, options?: ObjectCall): Promise<ObjectResult<null>>;
  /**
   * How many bytes may still be stored, without storing any; fails where nothing can be. Absent: the store does not tell (a bucket says it with the
   * first object).
   */
  room?(): Promise<ObjectResult<number>>;
  /** Removes what puts that died left behind and that was begun before this time (ISO 8601). Answers how many. */
  removeUnfinished(begunBefore: string, options?: ObjectSweep): Promise<ObjectResult<number>>;
}
