import type { ApiObject } from '../contracts.ts';
import { type Bucket, bucketOf, type CacheEvent, emptyBucket, type Follower, type Held, record } from './buckets.ts';
import { atRevision, decodeStored } from './decode.ts';
import type { StoredEvent, StoredValue } from './object-store.ts';
import { StoreError } from './store-error.ts';

/** What the watch cache holds: objects by key, their last changes, and who follows them. */
export class CacheState {
  /** Whether it was ever filled. */
  filled = false;
  /** Revision of the last change that was seen. */
  seen = 0;
  #filledAt = 0;
  #buckets = new Map<string, Bucket>();
  readonly #waiters = new Set<() => void>();

  /** Begins anew with everything there is. Followers of before are told, and get nothing more. */
  refill({ values, revision }: { readonly values: readonly StoredValue[]; readonly revision: number }): void {
    const before = this.#buckets;
    this.#buckets = new Map();
    this.#filledAt = revision;
    for (const value of values) {
      const object = tryDecode(value);
      if (object !== undefined) this.#bucket(value.key).held.set(value.key, { key: value.key, object });
    }
    this.filled = true;
    this.seen = revision;
    for (const { followers } of before.values()) for (const { follower } of followers) follower.onReset();
    this.#wake();
  }

  /** Takes in what a watch said. */
  take(events: readonly StoredEvent[], revision: number): void {
    for (const [name, batch] of Map.groupBy(events, (event) => bucketOf(event.key))) {
      const bucket = this.#bucket(`/registry/${name}/`);
      for (const event of batch) record(bucket, cacheEvent(event, bucket.held.get(event.key)));
    }
    this.seen = Math.max(this.seen, revision);
    this.#wake();
  }

  /** The bucket of a key or prefix, when there is anything in it. */
  existing(key: string): Bucket | undefined {
    return this.#buckets.get(bucketOf(key));
  }

  /** See `WatchCache.follow`. */
  follow(prefix: string, after: number, follower: Follower): (() => void) | number {
    const bucket = this.#bucket(prefix);
    if (after < bucket.oldest) return bucket.oldest;
    const entry = { prefix, after, follower };
    const past = bucket.history.filter((event) => event.revision > after && event.key.startsWith(prefix));
    bucket.followers.add(entry);
    if (past.length > 0) follower.onEvents(past);
    return () => bucket.followers.delete(entry);
  }

  /** See `WatchCache.reaches`. */
  reaches(revision: number, timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(this.#has(revision)), timeoutMs);
    const wake = (): void => {
      if (this.#has(revision)) resolve(true);
    };
    this.#waiters.add(wake);
    wake();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(wake);
    });
  }

  #has(revision: number): boolean {
    return this.filled && this.seen >= revision;
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #bucket(key: string): Bucket {
    const name = bucketOf(key);
    const found = this.#buckets.get(name) ?? emptyBucket(this.#filledAt);
    this.#buckets.set(name, found);
    return found;
  }
}

function tryDecode(value: StoredValue): ApiObject | undefined {
  try {
    return decodeStored(value);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

function cacheEvent(event: StoredEvent, held: Held | undefined): readonly CacheEvent[] {
  const { key, revision } = event;
  const previous = held?.object ?? (event.previous === null ? undefined : tryDecode(event.previous)) ?? null;
  if (event.type === 'delete') {
    if (previous === null) return [];
    return [{ type: 'DELETED', key, object: atRevision(previous, revision), previous, revision }];
  }
  const object = tryDecode({ key, value: event.value, revision });
  if (object === undefined) return [];
  return [{ type: previous === null ? 'ADDED' : 'MODIFIED', key, object, previous, revision }];
}
