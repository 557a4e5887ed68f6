import type {
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectQuery,
  WatchEvent,
} from '../../src/core/ports/kubernetes.ts';
import { done, type FakeCalls, type FakeMethod, refused } from './kubernetes-calls.ts';
import { labelsFit, treeAt } from './kubernetes-fields.ts';
import { groupOf } from './kubernetes-kinds.ts';
import { type Entry, type FakeStore, refOf, shown } from './kubernetes-store.ts';

type Methods = Pick<KubernetesPort, 'serves' | 'groupVersions' | 'list' | 'eachPage' | 'watch'>;

/** Lists and watches of a fake cluster. `restart` fires when watches shall lose their past. */
export function fakeListMethods(store: FakeStore, calls: FakeCalls, restart: EventTarget): Methods {
  function ask<T>(
    method: FakeMethod,
    query: ObjectQuery,
    limits: { readonly timeoutMs: number; readonly signal?: AbortSignal },
    work: () => KubernetesResult<T> | Promise<KubernetesResult<T>>,
  ): Promise<KubernetesResult<T>> {
    const kind = store.kindOf(query);
    const resource = kind?.resource ?? query.kind;
    const what = { verb: method === 'watch' ? 'watch' : 'list', resource, namespace: query.namespace };
    const detail = `${resource}${query.namespace === null ? '' : ` in ${query.namespace}`}`;
    return calls.answer({ method, detail }, limits, what, () => {
      if (kind === null) return refused('no-such-kind', `${query.kind} (${query.apiVersion}) is not served`);
      return isSelectable(query) ? work() : refused('invalid', 'the selector is none');
    });
  }
  function all(query: ObjectQuery): KubernetesObject[] {
    return [...store.entries()]
      .filter((entry) => isSelected(query, entry))
      .map(shown)
      .toSorted(byName);
  }
  return {
    serves: (wanted, call) =>
      calls.answer({ method: 'serves', detail: `${wanted.apiVersion} ${wanted.kind}` }, call, null, () => {
        const kind = store.kindOf(wanted);
        return done(kind && { namespaced: kind.namespaced, resource: kind.resource });
      }),
    groupVersions: (group, call) =>
      calls.answer({ method: 'groupVersions', detail: group }, call, null, () => {
        const mine = store.kinds.filter((kind) => groupOf(kind.apiVersion) === group);
        return done([...new Set(mine.map((kind) => kind.apiVersion.split('/').at(-1) ?? ''))]);
      }),
    list: (query, call) =>
      ask('list', query, call, () => {
        const items = call.metadataOnly === true ? all(query).map(metadataOf) : all(query);
        return done({ items, resourceVersion: store.revision() });
      }),
    eachPage: (query, call, onPage) =>
      ask('eachPage', query, call, () => {
        const items = all(query);
        const size = call.pageSize ?? 500;
        for (let from = 0; from === 0 || from < items.length; from += size) onPage(items.slice(from, from + size));
        return done({ resourceVersion: store.revision() });
      }),
    watch: (query, { signal }, onEvent) =>
      ask('watch', query, { timeoutMs: Number.MAX_SAFE_INTEGER }, () =>
        follow(store, calls.closed, restart, query, signal, onEvent, () => all(query)),
      ),
  };
}

async function follow(
  store: FakeStore,
  closed: AbortSignal,
  restart: EventTarget,
  query: ObjectQuery,
  signal: AbortSignal,
  onEvent: (event: WatchEvent) => void,
  all: () => readonly KubernetesObject[],
): Promise<KubernetesResult<null>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const both = AbortSignal.any([signal, closed]);
  const queue: WatchEvent[] = [];
  function tell(...events: readonly WatchEvent[]): void {
    queue.push(...events);
    // Never inside the call that made the change.
    queueMicrotask(() => {
      for (const event of queue.splice(0)) if (!both.aborted) onEvent(event);
    });
  }
  function begin(): void {
    tell({ kind: 'restarted' }, ...all().map((object) => ({ kind: 'present', object }) as const), { kind: 'synced' });
  }
  const stop = store.onChange(({ before, after }) => {
    const was = before !== null && isSelected(query, before);
    const is = after !== null && isSelected(query, after);
    const seen = after ?? before;
    if (seen === null || (!was && !is)) return;
    tell({ kind: is ? (was ? 'modified' : 'added') : 'deleted', object: shown(seen) });
  });
  restart.addEventListener('restart', begin);
  begin();
  if (both.aborted) resolve();
  both.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  stop();
  restart.removeEventListener('restart', begin);
  return signal.aborted ? done(null) : refused('cancelled', 'the port was closed');
}

function metadataOf({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  return { apiVersion, kind, metadata };
}

function byName(a: KubernetesObject, b: KubernetesObject): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

const FIELDS = new Set(['metadata.name', 'metadata.namespace', 'spec.nodeName', 'status.phase']);
const SECRET_FIELDS = new Set([...FIELDS, 'type']);

function fieldsOf(selector: string): readonly (readonly [string, string, boolean])[] {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, field = '', sign = '', value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
      return [field, value, sign === '!='] as const;
    });
}

function isSelectable({ kind, labelSelector, fieldSelector }: ObjectQuery): boolean {
  if (labelSelector !== undefined && labelsFit({}, labelSelector) === null) return false;
  const fields = kind === 'Secret' ? SECRET_FIELDS : FIELDS;
  return fieldsOf(fieldSelector ?? '').every(([field]) => fields.has(field));
}

/** Whether an object is one of those asked for. */
export function isSelected(query: ObjectQuery, entry: Entry): boolean {
  const ref = refOf(entry.object);
  if (entry.kind.kind !== query.kind || entry.kind.apiVersion !== query.apiVersion) return false;
  if (query.namespace !== null && ref.namespace !== query.namespace) return false;
  const fits = fieldsOf(query.fieldSelector ?? '').every(([field, value, isNot]) => {
    const [top = '', name] = field.split('.');
    const is = name === undefined ? entry.object[top] : treeAt(entry.object, top)[name];
    return ((is ?? '') === value) !== isNot;
  });
  return fits && labelsFit(labelsOf(entry), query.labelSelector ?? '') === true;
}

/** Labels of an object. */
export function labelsOf({ object }: Entry): Readonly<Record<string, string>> {
  const labels = treeAt(treeAt(object, 'metadata'), 'labels');
  return Object.fromEntries(
    Object.entries(labels).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}
