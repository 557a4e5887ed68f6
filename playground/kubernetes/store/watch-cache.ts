import { setTimeout as delay } from 'node:timers/promises';
import { type Follower, type Held, inOrder } from './buckets.ts';
import { CacheState } from './cache-state.ts';
import type { WatchStream } from './etcd-rpc.ts';
import type { ObjectStore, StoredValue } from './object-store.ts';
import { StoreError } from './store-error.ts';

export type { CacheEvent, Follower, Held } from './buckets.ts';

/**
 * Everything below `/registry/` in memory, kept up by one watch. Like the watch cache of a real API server it may lag behind etcd,
 * and goes on serving when etcd does not answer.
 */
export interface WatchCache {
  /** Whether it has been filled. */
  ready(): boolean;
  /** The revision it has seen. */
  revision(): number;
  get(key: string): Held | undefined;
  /** What is below a prefix, in the order of the keys. */
  list(prefix: string): readonly Held[];
  /** Waits until it has seen a revision; false: not in time. */
  reaches(revision: number, timeoutMs: number): Promise<boolean>;
  /**
   * Follows changes after a revision. A number: the revision is too old; that is the oldest one that would do.
   */
  follow(prefix: string, after: number, follower: Follower): (() => void) | number;
  stop(): void;
}

const ROOT = '/registry/';
const PAGE = 1_000;
const RETRY_MS = 50;
const FILL_DEADLINE_MS = 60_000;

/** Starts filling. Goes on for ever: lost connections and compacted revisions are handled here. */
export function startWatchCache(store: ObjectStore): WatchCache {
  const state = new CacheState();
  const stopping = new AbortController();
  void keepUp(store, state, stopping.signal);
  return {
    ready: () => state.filled,
    revision: () => state.seen,
    get: (key) => state.existing(key)?.held.get(key),
    list: (prefix) => inOrder(state.existing(prefix)?.held.values() ?? [], prefix),
    reaches: (revision, timeoutMs) => state.reaches(revision, timeoutMs),
    follow: (prefix, after, follower) => state.follow(prefix, after, follower),
    stop: () => stopping.abort(),
  };
}

async function keepUp(store: ObjectStore, state: CacheState, signal: AbortSignal): Promise<void> {
  let anew = true;
  while (!signal.aborted) {
    try {
      if (anew) state.refill(await readAll(store));
      anew = (await watched(store, state, signal)) === 'compacted';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    // A member that comes back needs a moment.
    await delay(RETRY_MS, undefined, { ref: false });
  }
}

/** Takes in changes until the watch ends. */
function watched(store: ObjectStore, state: CacheState, signal: AbortSignal): Promise<StoreError | 'compacted'> {
  const { promise, resolve } = Promise.withResolvers<StoreError | 'compacted'>();
  const stream: WatchStream = store.watch(ROOT, state.seen + 1, {
    events: (events, revision) => state.take(events, revision),
    end: resolve,
  });
  signal.addEventListener(
    'abort',
    () => {
      stream.close();
      resolve('compacted');
    },
    { once: true },
  );
  return promise;
}

async function readAll(store: ObjectStore): Promise<{ values: readonly StoredValue[]; revision: number }> {
  const values: StoredValue[] = [];
  let start = ROOT;
  let revision = 0;
  for (;;) {
    const page = await store.range({ start, prefix: ROOT, limit: PAGE, revision }, FILL_DEADLINE_MS);
    values.push(...page.values);
    revision = page.revision;
    const last = page.values.at(-1);
    if (!page.more || last === undefined) return { values, revision };
    start = `${last.key}\0`;
  }
}
