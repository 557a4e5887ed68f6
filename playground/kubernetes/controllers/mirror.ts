import { setTimeout as delay } from 'node:timers/promises';
import { isObject, listAt, textAt } from '../api/reading.ts';
import type { ApiObject, LocalApi } from '../contracts.ts';

/** One change of a mirrored object. `before` null: it is new; `after` null: it is gone. */
export interface Change {
  readonly before: ApiObject | null;
  readonly after: ApiObject | null;
}

/** All objects of one kind as the API server tells of them. Keeps its memory while the API server is away. */
export interface Mirror {
  readonly path: string;
  all(): readonly ApiObject[];
  /** By uid. */
  get(uid: string): ApiObject | undefined;
  /** By name; namespace empty for objects of the cluster. */
  named(namespace: string, name: string): ApiObject | undefined;
  /** Told of every change from now on. */
  onChange(listener: (change: Change) => void): void;
  /** Told whenever everything has been read: at first, and when the API server is back. */
  onFilled(listener: () => void): void;
  /** False also while the API server is away. */
  filled(): boolean;
  /** Waits until an own write is seen: the object at this revision or a later one, or gone. @throws Error after 20 s. */
  sees(written: unknown): Promise<void>;
  /** Waits until this object is gone or going. @throws Error after 20 s. */
  seesEnd(uid: string): Promise<void>;
}

const RETRY_MS = 200;
const PATIENCE_MS = 20_000;

/** Mirrors that all controllers share, one for each path. */
export interface Mirrors {
  /** A path over all namespaces: `/api/v1/pods`. It is followed from the first time it is asked for. */
  of(path: string): Mirror;
  /** Follows a path no more, and forgets what was there. */
  drop(path: string): void;
}

/** Makes mirrors that follow until the signal. */
export function createMirrors(api: LocalApi, signal: AbortSignal): Mirrors {
  const made = new Map<string, { readonly mirror: Mirror; readonly end: AbortController }>();
  return {
    of(path) {
      const present = made.get(path);
      if (present !== undefined) return present.mirror;
      const end = new AbortController();
      const mirror = startMirror(api, path, AbortSignal.any([signal, end.signal]));
      made.set(path, { mirror, end });
      return mirror;
    },
    drop(path) {
      made.get(path)?.end.abort();
      made.delete(path);
    },
  };
}

interface Memory {
  readonly byUid: Map<string, ApiObject>;
  readonly byName: Map<string, ApiObject>;
  /** uids whose end was told since the reading began: a list that was made before must not bring them back. */
  readonly ended: Set<string>;
  readonly listeners: ((change: Change) => void)[];
}

function startMirror(api: LocalApi, path: string, signal: AbortSignal): Mirror {
  const memory: Memory = { byUid: new Map(), byName: new Map(), ended: new Set(), listeners: [] };
  const fillings: (() => void)[] = [];
  let filled = false;
  void keepUp(api, path, memory, signal, (is) => {
    filled = is;
    if (is) for (const listener of fillings) listener();
  });
  return {
    path,
    all: () => [...memory.byUid.values()],
    get: (uid) => memory.byUid.get(uid),
    named: (namespace, name) => memory.byName.get(`${namespace}/${name}`),
    onChange: (listener) => memory.listeners.push(listener),
    onFilled: (listener) => fillings.push(listener),
    filled: () => filled,
    sees(written) {
      const uid = textAt(written, 'metadata', 'uid');
      const revision = Number(textAt(written, 'metadata', 'resourceVersion'));
      return until(memory, path, () => {
        const seen = memory.byUid.get(uid);
        return seen === undefined ? memory.ended.has(uid) : revisionOf(seen) >= revision;
      });
    },
    seesEnd: (uid) =>
      until(memory, path, () => {
        const seen = memory.byUid.get(uid);
        return seen === undefined || textAt(seen, 'metadata', 'deletionTimestamp') !== '';
      }),
  };
}

function until({ listeners }: Memory, path: string, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`${path}: a write was not seen`)), PATIENCE_MS);
  timer.unref();
  function look(): void {
    if (holds()) resolve();
  }
  listeners.push(look);
  return promise.finally(() => {
    clearTimeout(timer);
    listeners.splice(listeners.indexOf(look), 1);
  });
}

async function keepUp(
  api: LocalApi,
  path: string,
  memory: Memory,
  signal: AbortSignal,
  setFilled: (is: boolean) => void,
): Promise<void> {
  while (!signal.aborted) {
    const round = new AbortController();
    const either = AbortSignal.any([signal, round.signal]);
    const before = new Set(memory.byUid.keys());
    memory.ended.clear();
    try {
      const following = api.follow(path, either, ({ type, object }) => {
        if (type === 'DELETED') forget(memory, object);
        else takeAnyway(memory, object);
      });
      const filling = fill(api, path, memory, before, either).then((done) => (done ? setFilled(true) : undefined));
      await Promise.all([following, filling]);
    } catch {
      // The API server is away, or etcd is; both come back.
    } finally {
      round.abort();
      setFilled(false);
    }
    await pause(RETRY_MS, signal);
  }
}

/** What the following cannot tell: what is gone since the last time. Asked for after the following began. */
async function fill(
  api: LocalApi,
  path: string,
  memory: Memory,
  before: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const { status, body } = await api.request({ method: 'GET', path: `${path}?resourceVersion=0` });
    if (status === 200) {
      const items = listAt(body, 'items').filter(isObject);
      const present = new Set(items.map((item) => textAt(item, 'metadata', 'uid')));
      for (const uid of before) if (!present.has(uid)) forgetUid(memory, uid);
      for (const item of items) take(memory, item);
      return true;
    }
    await pause(RETRY_MS, signal);
  }
  return false;
}

/** Of a list, which may be older than what was told meanwhile. */
function take(memory: Memory, object: ApiObject): void {
  const uid = textAt(object, 'metadata', 'uid');
  const before = memory.byUid.get(uid);
  if (memory.ended.has(uid) || (before !== undefined && revisionOf(before) >= revisionOf(object))) return;
  takeAnyway(memory, object);
}

/** What is told in order holds, also after etcd was restored from a backup: then revisions and deleted objects come back. */
function takeAnyway(memory: Memory, object: ApiObject): void {
  const uid = textAt(object, 'metadata', 'uid');
  const before = memory.byUid.get(uid) ?? null;
  memory.ended.delete(uid);
  if (before !== null && revisionOf(before) === revisionOf(object)) return;
  const name = nameIn(object);
  const predecessor = memory.byName.get(name);
  if (predecessor !== undefined && predecessor.metadata['uid'] !== uid) forget(memory, predecessor);
  memory.byUid.set(uid, object);
  memory.byName.set(name, object);
  tell(memory, { before, after: object });
}

function forget(memory: Memory, object: ApiObject): void {
  forgetUid(memory, textAt(object, 'metadata', 'uid'));
}

function forgetUid(memory: Memory, uid: string): void {
  memory.ended.add(uid);
  const before = memory.byUid.get(uid);
  if (before === undefined) return;
  memory.byUid.delete(uid);
  if (memory.byName.get(nameIn(before))?.metadata['uid'] === uid) memory.byName.delete(nameIn(before));
  tell(memory, { before, after: null });
}

function tell({ listeners }: Memory, change: Change): void {
  for (const listener of listeners.slice()) listener(change);
}

function nameIn(object: ApiObject): string {
  return `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`;
}

function revisionOf(object: ApiObject): number {
  return Number(textAt(object, 'metadata', 'resourceVersion'));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
