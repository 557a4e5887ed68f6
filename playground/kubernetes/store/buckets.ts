import type { ApiObject } from '../contracts.ts';

/** One object of the cache. Never changed in place. */
export interface Held {
  readonly key: string;
  readonly object: ApiObject;
}

/** One change. A deleted object carries the revision of its deletion. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: ApiObject;
  readonly previous: ApiObject | null;
  readonly revision: number;
}

/** A follower of the changes below a prefix. */
export interface Follower {
  onEvents(events: readonly CacheEvent[]): void;
  /** The cache begins anew (the past is lost): the follower gets nothing more. */
  onReset(): void;
}

/** The objects of one kind (or of one custom group), with their last changes. */
export interface Bucket {
  readonly held: Map<string, Held>;
  history: CacheEvent[];
  /** Changes after this revision are all in the history. */
  oldest: number;
  readonly followers: Set<{ readonly prefix: string; readonly after: number; readonly follower: Follower }>;
}

const KEPT_EVENTS = 20_000;

/** `/registry/pods/a/b` → `pods`. */
export function bucketOf(key: string): string {
  return key.split('/', 3)[2] ?? '';
}

/** A bucket whose history begins after a revision. */
export function emptyBucket(oldest: number): Bucket {
  return { held: new Map(), history: [], oldest, followers: new Set() };
}

/** The objects below a prefix, by key. */
export function inOrder(held: Iterable<Held>, prefix: string): readonly Held[] {
  return [...held].filter(({ key }) => key.startsWith(prefix)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Takes changes in and tells the followers. */
export function record(bucket: Bucket, events: readonly CacheEvent[]): void {
  for (const event of events) {
    if (event.type === 'DELETED') bucket.held.delete(event.key);
    else bucket.held.set(event.key, { key: event.key, object: event.object });
  }
  bucket.history.push(...events);
  if (bucket.history.length > KEPT_EVENTS * 1.5) {
    const dropped = bucket.history.splice(0, bucket.history.length - KEPT_EVENTS);
    bucket.oldest = dropped.at(-1)?.revision ?? bucket.oldest;
  }
  for (const { prefix, after, follower } of bucket.followers) {
    const relevant = events.filter((event) => event.revision > after && event.key.startsWith(prefix));
    if (relevant.length > 0) follower.onEvents(relevant);
  }
}
