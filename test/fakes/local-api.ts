import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ApiObject, Fields, LocalApi, LocalRequest } from '../../playground/kubernetes/contracts.ts';

/** An API server in memory, with what a node's agent uses: objects, graceful deletion, status patches, following. */
export interface FakeLocalApi extends LocalApi {
  /** While away, every call throws and every follower is cut. */
  away(isAway: boolean): void;
  get(path: string): ApiObject | undefined;
  list(collection: string): readonly ApiObject[];
  /** Every request that was answered: `METHOD path status`. */
  readonly calls: readonly string[];
}

type Event = Parameters<Parameters<LocalApi['follow']>[2]>[0];

const Body = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
const Options = z.looseObject({
  gracePeriodSeconds: z.number().optional(),
  preconditions: z.object({ uid: z.string() }).optional(),
});
const StatusPatch = z.object({ status: z.record(z.string(), z.unknown()) });

/** Makes an empty one. Paths are those of the real server, without knowing kinds: `…/<plural>/<name>[/status]`. */
export function createFakeLocalApi(): FakeLocalApi {
  const objects = new Map<string, ApiObject>();
  const calls: string[] = [];
  const followers = new Set<{
    collection: string;
    node: string | null;
    tell: (event: Event) => void;
    cut: () => void;
  }>();
  let revision = 0;
  let isAway = false;

  function store(path: string, object: Fields, type: Event['type']): ApiObject {
    revision += 1;
    const metadata = { ...asFields(object['metadata']), resourceVersion: String(revision) };
    const stored = { apiVersion: 'v1', kind: 'Thing', ...object, metadata };
    if (type === 'DELETED') objects.delete(path);
    else objects.set(path, stored);
    for (const follower of followers) if (matches(follower, path, stored)) follower.tell({ type, object: stored });
    return stored;
  }
  function post(collection: string, body: unknown): Answer {
    const object = Body.parse(body);
    const path = `${collection}/${object.metadata.name}`;
    if (objects.has(path)) return { status: 409, body: { reason: 'AlreadyExists' } };
    const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: new Date().toISOString() };
    return { status: 201, body: store(path, { ...object, metadata }, 'ADDED') };
  }
  function remove(path: string, live: ApiObject, body: unknown): Answer {
    const options = Options.parse(body ?? {});
    if (options.preconditions !== undefined && options.preconditions.uid !== live.metadata['uid']) return CONFLICT;
    const seconds =
      options.gracePeriodSeconds ?? asNumber(asFields(live['spec'])['terminationGracePeriodSeconds']) ?? 30;
    if (live.kind !== 'Pod' || seconds === 0) return { status: 200, body: store(path, live, 'DELETED') };
    const deletionTimestamp = new Date(Date.now() + seconds * 1_000).toISOString();
    const metadata = { ...live.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds };
    return { status: 200, body: store(path, { ...live, metadata }, 'MODIFIED') };
  }
  function answer({ method, path: whole, body }: LocalRequest): Answer {
    const [path = ''] = whole.split('?');
    if (method === 'POST') return post(path, body);
    const isStatus = path.endsWith('/status');
    const at = isStatus ? path.slice(0, -'/status'.length) : path;
    const live = objects.get(at);
    if (live === undefined && method === 'GET' && path.endsWith('s'))
      return { status: 200, body: { items: list(whole) } };
    if (live === undefined) return { status: 404, body: { reason: 'NotFound' } };
    if (method === 'GET') return { status: 200, body: live };
    if (method === 'DELETE') return remove(at, live, body);
    if (method === 'PUT') return { status: 200, body: store(at, { ...live, ...Body.parse(body) }, 'MODIFIED') };
    const uid = asFields(asFields(body)['metadata'])['uid'];
    if (uid !== undefined && uid !== live.metadata['uid']) return CONFLICT;
    return { status: 200, body: store(at, { ...live, status: patched(live, body) }, 'MODIFIED') };
  }
  function list(whole: string): readonly ApiObject[] {
    const follower = readQuery(whole);
    return [...objects].filter(([path, object]) => matches(follower, path, object)).map(([, object]) => object);
  }
  return {
    calls,
    get: (path) => objects.get(path),
    list,
    away(next) {
      isAway = next;
      if (next) for (const follower of followers) follower.cut();
    },
    request(request) {
      if (isAway) return Promise.reject(new Error('connect ECONNREFUSED'));
      const done = answer(request);
      calls.push(`${request.method} ${request.path} ${done.status}`);
      return Promise.resolve(done);
    },
    async follow(path, signal, onEvent) {
      if (isAway) throw new Error('connect ECONNREFUSED');
      const end = Promise.withResolvers<void>();
      const follower = { ...readQuery(path), tell: onEvent, cut: () => end.reject(new Error('cut')) };
      for (const object of list(path)) onEvent({ type: 'ADDED', object });
      followers.add(follower);
      signal.addEventListener('abort', () => end.resolve(), { once: true });
      try {
        await end.promise;
      } finally {
        followers.delete(follower);
      }
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const CONFLICT: Answer = { status: 409, body: { reason: 'Conflict' } };

function readQuery(whole: string): { readonly collection: string; readonly node: string | null } {
  const url = new URL(whole, 'http://fake');
  const selector = url.searchParams.get('fieldSelector');
  return { collection: url.pathname, node: selector === null ? null : selector.replace('spec.nodeName=', '') };
}

/** `/api/v1/pods` also holds what is in namespaces. */
function matches(
  asked: { readonly collection: string; readonly node: string | null },
  path: string,
  object: ApiObject,
): boolean {
  const plain = path.replace(/\/namespaces\/[^/]+(?=\/)/, '');
  const inside = [path, plain].some((each) => each.slice(0, each.lastIndexOf('/')) === asked.collection);
  return inside && (asked.node === null || asFields(object['spec'])['nodeName'] === asked.node);
}

function patched(live: ApiObject, body: unknown): Fields {
  const { status } = StatusPatch.parse(body);
  const before = asFields(live['status']);
  const next = asList(status['conditions']);
  const kept = asList(before['conditions']).filter((old) => !next.some((each) => each['type'] === old['type']));
  return { ...before, ...status, conditions: [...kept, ...next] };
}

function asFields(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).catch({}).parse(value);
}

function asList(value: unknown): readonly Record<string, unknown>[] {
  return z.array(z.record(z.string(), z.unknown())).catch([]).parse(value);
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
