import type { Json, JsonObject } from '../../src/core/json.ts';
import type {
  ChangeOptions,
  DeleteOptions,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectRef,
} from '../../src/core/ports/kubernetes.ts';
import { done, type FakeCalls, type FakeMethod, refused } from './kubernetes-calls.ts';
import { isTree, jsonPatched, leavesOf, mergePatched, same, type Tree, treeAt } from './kubernetes-fields.ts';
import type { FakeKind } from './kubernetes-kinds.ts';
import { content, type Entry, type FakeStore, ownedByUpdate, refOf, shown } from './kubernetes-store.ts';

type Methods = Pick<KubernetesPort, 'get' | 'create' | 'replace' | 'apply' | 'patchJson' | 'patchMerge' | 'delete'>;

/** Single objects of a fake cluster. */
export function fakeObjectMethods(store: FakeStore, calls: FakeCalls, now: () => string): Methods {
  async function at(
    method: FakeMethod,
    verb: string,
    ref: ObjectRef,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly subresource?: string },
    work: (kind: FakeKind, entry: Entry | null) => KubernetesResult<KubernetesObject>,
  ): Promise<KubernetesResult<KubernetesObject>> {
    const kind = store.kindOf(ref);
    const { subresource } = options;
    const resource = `${kind?.resource ?? ref.kind}${subresource === undefined ? '' : `/${subresource}`}`;
    const detail = `${ref.kind} ${ref.namespace === null ? '' : `${ref.namespace}/`}${ref.name}`;
    return calls.answer({ method, detail }, options, { verb, resource, namespace: ref.namespace }, () => {
      if (kind === null) return refused('no-such-kind', `${ref.kind} (${ref.apiVersion}) is not served`);
      if (subresource !== undefined && !kind.subresources.includes(subresource)) {
        return refused('no-such-kind', `${ref.kind} has no ${subresource}`);
      }
      if (kind.namespaced === (ref.namespace === null)) return refused('invalid', `${detail}: namespace`);
      return work(kind, store.read(ref));
    });
  }

  /** Stores the next state of an object, or shows it only. */
  function commit(
    kind: FakeKind,
    next: JsonObject,
    before: Entry | null,
    options: ChangeOptions,
    owners?: Entry['owners'],
  ) {
    const problem = problemOf(store, kind, next, before);
    if (problem !== null) return problem;
    const final = withSubresource(kind, next, before, options.subresource);
    const all = owners ?? ownedByUpdate(before, final);
    if (options.dryRun === true) return done(shown({ kind, object: final, owners: all }));
    const written = store.write(kind, final, all);
    return written === null ? refused('server-error', 'not stored') : done(shown(written));
  }

  return {
    get: (ref, call) =>
      at('get', 'get', ref, call, (_kind, entry) => (entry === null ? missing(ref) : done(shown(entry)))),
    create: (object, options) =>
      at('create', 'create', named(object), options, (kind, entry) => {
        if (entry !== null) return refused('already-exists', `${named(object).name} exists`, { status: 409 });
        if (treeAt(object, 'metadata')['resourceVersion'] !== undefined) return refused('invalid', 'resourceVersion');
        return commit(kind, object, null, options);
      }),
    replace: (object, options) =>
      at('replace', 'update', named(object), options, (kind, entry) => {
        const { uid, resourceVersion } = treeAt(object, 'metadata');
        // As the real server: a PUT of a Lease that is gone makes a new one, unless a uid is named.
        if (entry === null) {
          if (kind.kind !== 'Lease') return missing(named(object));
          if (uid !== undefined) return refused('conflict', 'the object with this uid is gone', { status: 409 });
          return commit(kind, withoutRevision(object), null, options);
        }
        if (kind.kind === 'Lease' && resourceVersion === undefined) return refused('invalid', 'resourceVersion');
        return guarded(entry, uid, resourceVersion) ?? commit(kind, kept(object, entry), entry, options);
      }),
    apply: (object, options) =>
      at('apply', 'patch', named(object), options, (kind, entry) => {
        const { uid, resourceVersion } = treeAt(object, 'metadata');
        if (entry === null && uid !== undefined)
          return refused('conflict', 'the object with this uid is gone', { status: 409 });
        const guard = entry === null ? null : guarded(entry, uid, resourceVersion);
        return (
          guard ??
          applied(object, entry, options.force === true, (next, owners) => commit(kind, next, entry, options, owners))
        );
      }),
    patchJson: (ref, operations, options) =>
      at('patchJson', 'patch', ref, options, (kind, entry) => {
        if (entry === null) return missing(ref);
        const next = jsonPatched(entry.object, operations);
        const code = operations.some(({ op }) => op === 'test') ? 'conflict' : 'invalid';
        return next === null
          ? refused(code, 'the patch does not fit', { status: 422 })
          : commit(kind, next, entry, options);
      }),
    patchMerge: (ref, patch, options) =>
      at('patchMerge', 'patch', ref, options, (kind, entry) => {
        if (entry === null) return missing(ref);
        const { uid, resourceVersion } = { ...treeAt(patch, 'metadata'), ...options.preconditions };
        const next = mergePatched(entry.object, patch);
        if (!isTree(next)) return refused('invalid', 'the patch is no object');
        return guarded(entry, uid, resourceVersion) ?? commit(kind, kept(next, entry), entry, options);
      }),
    delete: (ref, options) => remove(store, ref, options, now, (work) => at('delete', 'delete', ref, options, work)),
  };
}

function named(object: JsonObject): ObjectRef {
  const ref = refOf(object);
  const { generateName } = treeAt(object, 'metadata');
  return ref.name === '' && typeof generateName === 'string' ? { ...ref, name: `${generateName}x0001` } : ref;
}

function missing(ref: ObjectRef) {
  return refused('not-found', `${ref.kind} ${ref.name} is not there`, { status: 404 });
}

function guarded(entry: Entry, uid: unknown, resourceVersion: unknown) {
  const metadata = treeAt(entry.object, 'metadata');
  const fits =
    (uid === undefined || uid === metadata['uid']) &&
    (resourceVersion === undefined || resourceVersion === metadata['resourceVersion']);
  return fits ? null : refused('conflict', 'the object has been modified', { status: 409 });
}

/** What a writer cannot change stays. */
function kept(object: JsonObject, { object: old }: Entry): JsonObject {
  const was = treeAt(old, 'metadata');
  const metadata: Tree = { ...treeAt(object, 'metadata') };
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation']) {
    if (was[field] === undefined) delete metadata[field];
    else metadata[field] = was[field];
  }
  return { ...object, metadata };
}

function withoutRevision(object: JsonObject): JsonObject {
  const { resourceVersion: _, ...metadata } = treeAt(object, 'metadata');
  return { ...object, metadata };
}

/** The main resource does not write the status; the status subresource writes nothing else. */
function withSubresource(
  kind: FakeKind,
  next: JsonObject,
  before: Entry | null,
  subresource: string | undefined,
): JsonObject {
  if (!kind.subresources.includes('status') || before === null) return next;
  const { status: old, ...rest } = before.object;
  const { status, ...others } = next;
  if (subresource !== 'status') return { ...others, ...(old === undefined ? {} : { status: old }) };
  return { ...rest, ...(status === undefined ? {} : { status }) };
}

function problemOf(store: FakeStore, kind: FakeKind, next: JsonObject, before: Entry | null) {
  const { namespace } = refOf(next);
  if (before === null && namespace !== null) {
    const home = store.read({ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: namespace });
    if (home === null) return refused('not-found', `namespace ${namespace} is not there`, { status: 404 });
    if (treeAt(home.object, 'metadata')['deletionTimestamp'] !== undefined) {
      return refused('terminating', `namespace ${namespace} is being terminated`, { status: 403 });
    }
  }
  const { deletionTimestamp, finalizers } = treeAt(next, 'metadata');
  const old = before === null ? [] : treeAt(before.object, 'metadata')['finalizers'];
  const added = Array.isArray(finalizers)
    ? finalizers.filter((each) => !Array.isArray(old) || !old.includes(each))
    : [];
  if (deletionTimestamp !== undefined && added.length > 0) return refused('invalid', 'finalizers', { status: 422 });
  if (kind.kind !== 'Lease') return null;
  const times = ['renewTime', 'acquireTime']
    .map((field) => treeAt(next, 'spec')[field])
    .filter((time) => typeof time === 'string');
  return times.every((time) => /\.\d{6}Z$/.test(time))
    ? null
    : refused('invalid', 'a MicroTime has six decimals', { status: 422 });
}

function applied(
  object: JsonObject,
  entry: Entry | null,
  force: boolean,
  commit: (next: JsonObject, owners: Entry['owners']) => KubernetesResult<KubernetesObject>,
): KubernetesResult<KubernetesObject> {
  const wanted = leavesOf(content(object));
  const live = leavesOf(content(entry?.object ?? {}));
  const owners = new Map(entry?.owners ?? []);
  const taken = [...wanted].filter(
    ([path, value]) => live.has(path) && !same(live.get(path), value) && owners.get(path)?.has('update') === true,
  );
  if (taken.length > 0 && !force) {
    const causes = taken.map(([field]) => ({
      reason: 'FieldManagerConflict',
      message: 'conflict with "drydock" using v1',
      field,
    }));
    return refused('conflict', `Apply failed with ${taken.length} conflicts`, { status: 409, causes });
  }
  const dropped = [...owners].filter(([path, by]) => by.has('apply') && !wanted.has(path));
  let next = entry === null ? object : mergePatched(entry.object, withoutRevision(object));
  for (const [path, by] of dropped) {
    if (by.size > 1) owners.set(path, new Set(['update']));
    else {
      owners.delete(path);
      next = without(next, path);
    }
  }
  for (const [path, value] of wanted) {
    const shared = same(live.get(path), value) && owners.get(path)?.has('update') === true;
    owners.set(path, new Set(shared ? ['apply', 'update'] : ['apply']));
  }
  return isTree(next) ? commit(entry === null ? next : kept(next, entry), owners) : refused('invalid', 'no object');
}

/** An object without the field of a path as {@link leavesOf} writes it. Keys may have dots, so keys are tried. */
function without(tree: Json, path: string): Json {
  if (!isTree(tree)) return tree;
  const copy: Tree = { ...tree };
  for (const [key, value] of Object.entries(copy)) {
    if (path === `.${key}`) delete copy[key];
    else if (path.startsWith(`.${key}.`)) copy[key] = without(value, path.slice(key.length + 1));
  }
  return copy;
}

type Doer = (
  work: (kind: FakeKind, entry: Entry | null) => KubernetesResult<KubernetesObject>,
) => Promise<KubernetesResult<KubernetesObject>>;

/** Deletes as the real server: finalizers and a kubelet's grace keep the object until somebody ends it. */
async function remove(
  store: FakeStore,
  ref: ObjectRef,
  options: DeleteOptions,
  now: () => string,
  run: Doer,
): Promise<KubernetesResult<KubernetesObject | null>> {
  let left: KubernetesObject | null = null;
  const result = await run((kind, entry) => {
    if (entry === null) return missing(ref);
    const guard = guarded(entry, options.preconditions.uid, options.preconditions.resourceVersion);
    if (guard !== null) return guard;
    const next = terminating(entry, options, now());
    const { finalizers, deletionGracePeriodSeconds: grace } = treeAt(next, 'metadata');
    const waits = (Array.isArray(finalizers) && finalizers.length > 0) || Number(grace ?? 0) > 0;
    if (options.dryRun !== true) store.write(kind, next, entry.owners);
    left = waits ? shown(store.read(ref) ?? entry) : null;
    return done(shown(entry));
  });
  return result.ok ? done(left) : result;
}

/** The state of an object that is to go. A pod on a node waits for its kubelet, unless told not to; its time is over at `deletionTimestamp`. */
export function terminating(
  entry: Entry,
  options: { readonly gracePeriodSeconds?: number; readonly propagation?: string },
  now: string,
): JsonObject {
  const metadata: Tree = { ...treeAt(entry.object, 'metadata') };
  const spec = treeAt(entry.object, 'spec');
  const onNode = entry.kind.kind === 'Pod' && typeof spec['nodeName'] === 'string';
  const own = onNode ? Number(spec['terminationGracePeriodSeconds'] ?? 30) : 0;
  const wanted = onNode ? (options.gracePeriodSeconds ?? own) : 0;
  const known = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
  const end = metadata['deletionTimestamp'];
  const beganMs = typeof end === 'string' ? Date.parse(end) - known * 1000 : Date.parse(now);
  const grace = end === undefined ? wanted : Math.min(known, wanted);
  metadata['deletionTimestamp'] = new Date(beganMs + grace * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  metadata['deletionGracePeriodSeconds'] = grace;
  const word = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }[options.propagation ?? ''];
  const finalizers = Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
  if (word !== undefined && !finalizers.includes(word)) metadata['finalizers'] = [...finalizers, word];
  return { ...entry.object, metadata };
}
