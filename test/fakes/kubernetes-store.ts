import { type Json, JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject, ObjectKind, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import { leavesOf, same, type Tree, treeAt } from './kubernetes-fields.ts';
import { BUILT_IN, type FakeKind } from './kubernetes-kinds.ts';

/** An object with what the fake knows of it. */
export interface Entry {
  readonly kind: FakeKind;
  readonly object: JsonObject;
  /** Owners of fields by path: `apply` (Drydock's own applies) or `update` (everything else). */
  readonly owners: ReadonlyMap<string, ReadonlySet<'apply' | 'update'>>;
}

/** What happened to an object. `before` null: it is new; `after` null: it is gone. */
export interface Change {
  readonly before: Entry | null;
  readonly after: Entry | null;
}

/** All objects of a fake cluster. */
export interface FakeStore {
  readonly kinds: FakeKind[];
  kindOf(kind: ObjectKind): FakeKind | null;
  entries(): Iterable<Entry>;
  read(ref: ObjectRef): Entry | null;
  /** Stores as a server does: uid, revision, generation; the last finalizer of a deleted object takes it away. */
  write(kind: FakeKind, object: JsonObject, owners: Entry['owners']): Entry | null;
  remove(ref: ObjectRef): void;
  revision(): string;
  onChange(listener: (change: Change) => void): () => void;
}

/** Makes an empty cluster: namespaces `default`, `kube-system`, `kube-node-lease`. */
export function createFakeStore(now: () => string): FakeStore {
  const kinds = [...BUILT_IN];
  const all = new Map<string, Entry>();
  const listeners = new Set<(change: Change) => void>();
  let revision = 1000;
  let uids = 0;

  function tell(change: Change): void {
    for (const listener of listeners) listener(change);
  }

  const store: FakeStore = {
    kinds,
    kindOf: (kind) => kinds.find((each) => each.apiVersion === kind.apiVersion && each.kind === kind.kind) ?? null,
    entries: () => all.values(),
    read: (ref) => all.get(keyOf(ref)) ?? null,
    write(kind, object, owners) {
      const key = keyOf(refOf(object));
      const before = all.get(key) ?? null;
      const metadata: Tree = { ...treeAt(object, 'metadata') };
      metadata['uid'] ??= `00000000-0000-4000-8000-${String((uids += 1)).padStart(12, '0')}`;
      metadata['creationTimestamp'] ??= now();
      if (Object.hasOwn(object, 'spec')) {
        const known = before === null ? 0 : Number(treeAt(before.object, 'metadata')['generation'] ?? 0);
        metadata['generation'] = before !== null && same(before.object['spec'], object['spec']) ? known : known + 1;
      }
      const next: JsonObject = { ...object, metadata };
      if (before !== null && same(withoutRevision(before.object), withoutRevision(next))) return before;
      metadata['resourceVersion'] = String((revision += 1));
      const after = { kind, object: next, owners };
      const finalizers = metadata['finalizers'];
      const held = Array.isArray(finalizers) && finalizers.length > 0;
      const grace = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
      if (metadata['deletionTimestamp'] !== undefined && !held && grace === 0) {
        all.delete(key);
        tell({ before, after: null });
        return after;
      }
      all.set(key, after);
      tell({ before, after });
      return after;
    },
    remove(ref) {
      const before = all.get(keyOf(ref)) ?? null;
      if (before === null) return;
      revision += 1;
      all.delete(keyOf(ref));
      tell({ before, after: null });
    },
    revision: () => String(revision),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  for (const name of ['default', 'kube-system', 'kube-node-lease']) {
    const namespace = BUILT_IN.find((each) => each.kind === 'Namespace');
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } };
    if (namespace !== undefined) store.write(namespace, object, new Map());
  }
  return store;
}

function withoutRevision(object: JsonObject): JsonObject {
  const { resourceVersion: _, ...metadata } = treeAt(object, 'metadata');
  return { ...object, metadata };
}

/** Names an object that is stored or sent. */
export function refOf(object: JsonObject): ObjectRef {
  const metadata = treeAt(object, 'metadata');
  const { apiVersion, kind } = object;
  return {
    apiVersion: text(apiVersion),
    kind: text(kind),
    namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : null,
    name: text(metadata['name']),
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function keyOf(ref: ObjectRef): string {
  return [ref.apiVersion, ref.kind, ref.namespace ?? '', ref.name].join('|');
}

/** A copy of an object as the port hands it out. */
export function shown(entry: Entry): KubernetesObject {
  const copy = JsonObject.parse(structuredClone(entry.object));
  const metadata = treeAt(copy, 'metadata');
  const { name, uid, resourceVersion } = metadata;
  return {
    ...copy,
    apiVersion: entry.kind.apiVersion,
    kind: entry.kind.kind,
    metadata: { ...metadata, name: text(name), uid: text(uid), resourceVersion: text(resourceVersion) },
  };
}

/** Owners after an update: who changes a field owns it. */
export function ownedByUpdate(before: Entry | null, object: JsonObject): Entry['owners'] {
  const old = before === null ? new Map<string, Json>() : leavesOf(content(before.object));
  const owners = new Map<string, ReadonlySet<'apply' | 'update'>>();
  for (const [path, value] of leavesOf(content(object))) {
    const known = before?.owners.get(path);
    owners.set(path, known !== undefined && same(old.get(path), value) ? known : new Set(['update']));
  }
  return owners;
}

/** The part of an object whose fields have owners. */
export function content(object: JsonObject): JsonObject {
  const { apiVersion: _a, kind: _k, metadata: _m, status: _s, ...rest } = object;
  const { labels = {}, annotations = {} } = treeAt(object, 'metadata');
  return { ...rest, metadata: { labels, annotations } };
}
