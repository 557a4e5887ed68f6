import { z } from 'zod';
import type {
  KubernetesError,
  KubernetesErrorCode,
  KubernetesResult,
  ObjectQuery,
  WatchEvent,
} from '../../core/ports/kubernetes.ts';
import type { Session } from './address.ts';
import { type Deadline, pause } from './deadline.ts';
import { jsonLines, TooLongLine } from './json-lines.ts';
import { perform, within } from './link.ts';
import { collectionOf, pages } from './lists.ts';
import { answered, failed } from './outcome.ts';
import { readObject } from './shape.ts';
import { errorOfRefusal } from './status-error.ts';

/** Times of a watch, ms. */
export interface WatchTimes {
  /** The server is asked to end the stream after this long, plus up to as much again: many watches shall not end at once. */
  readonly streamMs: number;
  /** A stream without any line for so long counts as dead. Servers send a bookmark about once a minute. */
  readonly silenceMs: number;
  /** First pause after a failure; doubled up to `longestPauseMs`. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** Most time for one list. */
  readonly listMs: number;
}

/** As good clients have it; a server that shuts down may keep a watch open in silence for 60 s. */
export const WATCH_TIMES: WatchTimes = {
  streamMs: 300_000,
  silenceMs: 90_000,
  pauseMs: 200,
  longestPauseMs: 30_000,
  listMs: 300_000,
};

/** What passes by itself; everything else ends a watch. */
const PASSING: ReadonlySet<KubernetesErrorCode> = new Set([
  'unreachable',
  'unknown-outcome',
  'throttled',
  'server-error',
  'expired',
]);

const PAGE = 500;
const MOST_LINE = 16 << 20;

const Line = z.object({
  type: z.string(),
  object: z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional() }),
});

/** Lists and follows, until the signal fires. */
export async function watch(
  session: Session,
  query: ObjectQuery,
  signal: AbortSignal,
  times: WatchTimes,
  onEvent: (event: WatchEvent) => void,
): Promise<KubernetesResult<null>> {
  const { closed } = session.link;
  const both = AbortSignal.any([signal, closed]);
  let from: string | null = null;
  let failures = 0;
  for (;;) {
    const began = performance.now();
    const step = await next(session, query, from, both, times, onEvent);
    if (signal.aborted) return answered(null);
    if (closed.aborted) return failed('cancelled', 'the connection to this cluster was closed');
    from = step.from;
    if (step.error === null) {
      failures = 0;
      continue;
    }
    if (!PASSING.has(step.error.code)) return { ok: false, error: step.error };
    // A stream that lived a while before it broke is no repeated failure.
    failures = performance.now() - began > times.longestPauseMs ? 1 : failures + 1;
    if (step.error.code === 'expired' && failures === 1) continue;
    const wait = Math.min(times.longestPauseMs, times.pauseMs * 2 ** (failures - 1));
    await pause(Math.max(step.error.retryAfterMs ?? 0, wait * (0.5 + Math.random() / 2)), both);
  }
}

/** Where to go on: `from` null means with a list. */
interface Step {
  readonly from: string | null;
  readonly error: KubernetesError | null;
}

function next(
  session: Session,
  query: ObjectQuery,
  from: string | null,
  signal: AbortSignal,
  times: WatchTimes,
  onEvent: (event: WatchEvent) => void,
): Promise<Step> {
  if (from === null) {
    return within(session.link, { timeoutMs: times.listMs, signal }, (deadline) =>
      listNow(session, query, deadline, onEvent),
    );
  }
  const streamMs = Math.round(times.streamMs * (1 + Math.random()));
  // The server ends the stream in time; if it does not, we do.
  return within(session.link, { timeoutMs: streamMs + times.silenceMs, signal }, (deadline) =>
    follow(session, { query, from, streamMs, silenceMs: times.silenceMs }, deadline, onEvent),
  );
}

async function listNow(
  session: Session,
  query: ObjectQuery,
  deadline: Deadline,
  onEvent: (event: WatchEvent) => void,
): Promise<Step> {
  const address = await collectionOf(session, query, deadline);
  if (!address.ok) return { from: null, error: address.error };
  let told = false;
  const end = await pages(session, address.value, query, deadline, { pageSize: PAGE, metadataOnly: false }, (items) => {
    if (!told) onEvent({ kind: 'restarted' });
    told = true;
    for (const object of items) onEvent({ kind: 'present', object });
  });
  if (!end.ok) return { from: null, error: end.error };
  onEvent({ kind: 'synced' });
  return { from: end.value.resourceVersion, error: null };
}

/** One stream of a watch. */
interface Stream {
  readonly query: ObjectQuery;
  readonly from: string;
  readonly streamMs: number;
  readonly silenceMs: number;
}

async function follow(
  session: Session,
  stream: Stream,
  deadline: Deadline,
  onEvent: (event: WatchEvent) => void,
): Promise<Step> {
  const { query, from, streamMs } = stream;
  const address = await collectionOf(session, query, deadline);
  if (!address.ok) return { from, error: address.error };
  let last = from;
  const state: Tail = {
    deadline,
    silenceMs: stream.silenceMs,
    bug: null,
    onVersion: (version) => {
      last = version;
    },
    onEvent,
  };
  const result = await perform(
    session.link,
    {
      method: 'GET',
      path: address.value.path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: from,
        timeoutSeconds: Math.max(1, Math.round(streamMs / 1000)),
        labelSelector: query.labelSelector,
        fieldSelector: query.fieldSelector,
      },
      what: address.value.attributes('watch'),
      isStream: true,
    },
    deadline,
    ({ body }) => readEvents(session, body, state, address.value.attributes('watch')),
  );
  if (state.bug !== null) throw state.bug.thrown;
  if (result.ok) return { from: last, error: null };
  if (result.error.code === 'no-such-kind') session.discovery.doubt();
  return { from: result.error.code === 'expired' ? null : last, error: result.error };
}

interface Tail {
  readonly deadline: Deadline;
  readonly silenceMs: number;
  readonly onVersion: (version: string) => void;
  readonly onEvent: (event: WatchEvent) => void;
  /** What the caller's own function threw: no fault of the connection. */
  bug: { readonly thrown: unknown } | null;
}

const KINDS = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

async function readEvents(
  session: Session,
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
  tail: Tail,
  what: Parameters<typeof errorOfRefusal>[1]['what'],
): Promise<KubernetesResult<null>> {
  let isSilent = false;
  const silence = setTimeout(() => {
    isSilent = true;
    body.destroy();
  }, tail.silenceMs);
  try {
    for await (const raw of jsonLines(body, MOST_LINE)) {
      silence.refresh();
      const line = Line.safeParse(raw);
      if (!line.success) return failed('server-error', 'a line of the watch is no event');
      const { type, object } = line.data;
      if (type === 'ERROR') return { ok: false, error: streamError(object, what, session) };
      const version = object.metadata?.resourceVersion;
      if (type !== 'BOOKMARK') {
        const kind = Object.entries(KINDS).find(([name]) => name === type)?.[1];
        const read = readObject(object);
        if (kind === undefined || !read.ok)
          return failed('server-error', `the watch has an event ${type} that is not known`);
        deliver(tail, { kind, object: read.value });
      }
      if (version !== undefined) tail.onVersion(version);
    }
    return answered(null);
  } catch (error) {
    if (isSilent) return answered(null);
    if (error instanceof TooLongLine) return failed('too-large', error.message);
    throw error;
  } finally {
    clearTimeout(silence);
    body.destroy();
  }
}

function deliver(tail: Tail, event: WatchEvent): void {
  try {
    tail.onEvent(event);
  } catch (thrown) {
    tail.bug = { thrown };
    throw thrown;
  }
}

function streamError(
  object: unknown,
  what: Parameters<typeof errorOfRefusal>[1]['what'],
  session: Session,
): KubernetesError {
  const code = z.object({ code: z.number() }).safeParse(object);
  const refusal = {
    status: code.success ? code.data.code : 500,
    contentType: 'application/json',
    retryAfter: null,
    body: JSON.stringify(object),
  };
  return errorOfRefusal(refusal, { what }, session.link.redact);
}
