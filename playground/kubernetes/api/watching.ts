import type { ApiObject, Attempt, Fields } from '../contracts.ts';
import type { CacheEvent, Held } from '../store/watch-cache.ts';
import { type Answer, apiVersionOf, type Call, prefixOf, type WatchEvent } from './core.ts';
import { badRevision, revisionOf, selectorOf } from './list-options.ts';
import { presented } from './presenting.ts';
import { done, expired, invalidOptions, refused, serverError, statusOf } from './refusals.ts';
import type { Selector } from './selectors.ts';

const BOOKMARK_EVERY_MS = 20_000;
/** How long before its end a watch sends a last bookmark. */
const BOOKMARK_BEFORE_END_MS = 2_000;

interface WatchOptions {
  /** `null`: from what is there now. */
  readonly after: number | null;
  readonly initial: boolean;
  readonly marksEnd: boolean;
  readonly bookmarks: boolean;
  readonly lastsMs: number;
  readonly selector: Selector;
}

/** `watch`. Refusals come before the stream; a revision that is too old comes as its first event. */
export async function watchObjects(call: Call): Promise<Attempt<Answer>> {
  const options = watchOptions(call);
  if (!options.ok) return options;
  const { after } = options.value;
  if (after === null) {
    // What is there now means: what etcd has now.
    const current = await call.core.store.revision(call.left());
    await call.core.cache.reaches(current, 200);
  }
  return done({ is: 'watch', run: (emit, signal) => stream(call, options.value, emit, signal) });
}

function watchOptions(call: Call): Attempt<WatchOptions> {
  const { query } = call;
  const selected = selectorOf(call);
  if (!selected.ok) return selected;
  const asked = query.get('sendInitialEvents');
  const marksEnd = asked === 'true' || asked === '1';
  const match = query.get('resourceVersionMatch') ?? '';
  if (marksEnd && match !== 'NotOlderThan') {
    const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    return refused(
      invalidOptions('ListOptions', { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' }),
    );
  }
  const text = query.get('resourceVersion') ?? '';
  const revision = text === '' ? 0 : revisionOf(text);
  if (revision === null) return refused(serverError(badRevision(text)));
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  return done({
    after: marksEnd || revision === 0 ? null : revision,
    initial: marksEnd || (revision === 0 && asked === null),
    marksEnd,
    bookmarks: query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1',
    lastsMs: seconds > 0 ? seconds * 1_000 : 1_800_000 * (1 + Math.random()),
    selector: selected.value.selector,
  });
}

function stream(
  call: Call,
  options: WatchOptions,
  emit: (event: WatchEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { kind, core } = call;
  const prefix = prefixOf(kind, call.namespace);
  const { promise, resolve } = Promise.withResolvers<void>();
  const after = options.after ?? core.cache.revision();
  function bookmark(annotations: Fields = {}): void {
    emit({ type: 'BOOKMARK', object: bookmarkOf(call, Math.max(core.cache.revision(), after), annotations) });
  }
  if (options.initial) for (const event of initial(core.cache.list(prefix), call, options.selector)) emit(event);
  if (options.marksEnd && options.bookmarks) bookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
  const follower = {
    onEvents(events: readonly CacheEvent[]): void {
      for (const event of events) {
        const seen = seenThrough(call, options.selector, event);
        if (seen !== null) emit(seen);
      }
    },
    onReset: resolve,
  };
  const stop = core.cache.follow(prefix, after, follower);
  if (typeof stop === 'number') {
    const { details: _, ...object } = statusOf(expired(`too old resource version: ${after} (${stop})`));
    emit({ type: 'ERROR', object });
    return Promise.resolve();
  }
  const timers = [
    setTimeout(resolve, options.lastsMs),
    ...(options.bookmarks
      ? [
          setInterval(bookmark, BOOKMARK_EVERY_MS),
          setTimeout(bookmark, Math.max(options.lastsMs - BOOKMARK_BEFORE_END_MS, options.lastsMs / 2)),
        ]
      : []),
  ];
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => {
    stop();
    for (const timer of timers) clearTimeout(timer);
  });
}

function initial(held: readonly Held[], call: Call, selector: Selector): readonly WatchEvent[] {
  return held
    .filter(({ object }) => selector(object))
    .map(({ object }) => ({ type: 'ADDED', object: presented(call.kind, object) }));
}

function bookmarkOf(call: Call, revision: number, metadata: Fields): ApiObject {
  return {
    kind: call.kind.kind,
    apiVersion: apiVersionOf(call.kind),
    metadata: { resourceVersion: String(revision), ...metadata },
  };
}

/** What a watcher with a selector sees of a change: objects that come into it are added, those that leave it deleted. */
function seenThrough(call: Call, selector: Selector, event: CacheEvent): WatchEvent | null {
  const was = event.previous !== null && selector(event.previous);
  const is = event.type !== 'DELETED' && selector(event.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: presented(call.kind, event.object) };
  if (!was) return null;
  // Its last state that was selected, at the revision of the change.
  const object =
    event.type === 'DELETED'
      ? event.object
      : {
          ...(event.previous ?? event.object),
          metadata: { ...event.previous?.metadata, resourceVersion: String(event.revision) },
        };
  return { type: 'DELETED', object: presented(call.kind, object) };
}
