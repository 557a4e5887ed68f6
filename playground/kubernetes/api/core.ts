import type {
  Admission,
  ApiObject,
  Attempt,
  FieldRules,
  Fields,
  Handler,
  LocalApi,
  NodeGate,
  User,
} from '../contracts.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { WatchCache } from '../store/watch-cache.ts';
import type { KindRegistry } from './kind-registry.ts';
import type { ServedKind } from './kinds.ts';

/** What all requests share. */
export interface Core {
  /** What `/version` says: `v1.36.2`. */
  readonly version: string;
  readonly store: ObjectStore;
  readonly cache: WatchCache;
  readonly kinds: KindRegistry;
  readonly rules: FieldRules;
  readonly admission: readonly Admission[];
  /** By `plural/subresource`, or `plural` of a review. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly nodeGate: NodeGate | null;
  readonly api: LocalApi;
}

/** One request for objects of one kind. */
export interface Call {
  readonly core: Core;
  readonly kind: ServedKind;
  /** Empty: none in the path. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly subresource: string;
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
  readonly user: User;
  readonly agent: string;
  /** Milliseconds until nobody waits any more; at least 1. */
  left(): number;
  /** Becomes a `Warning` header. */
  warn(text: string): void;
}

/** One event of a watch, before it takes its form. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Fields;
}

/** An answer before it takes its form. */
export type Answer =
  | { readonly is: 'object'; readonly status: number; readonly body: Fields }
  | {
      readonly is: 'list';
      readonly body: Fields;
      readonly items: readonly ApiObject[];
    }
  | {
      readonly is: 'text';
      readonly status: number;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly is: 'bytes'; readonly chunks: AsyncIterable<Uint8Array> }
  | {
      readonly is: 'watch';
      /** Ends with the signal, or when the server has nothing more to say. */
      run(emit: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>;
    };

/** 404 of a path that nothing serves. */
export const pageNotFound: Answer = {
  is: 'text',
  status: 404,
  text: '404 page not found\n',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};

/** What a verb does. */
export type Verb = (call: Call) => Promise<Attempt<Answer>>;

/** `/registry/pods/default/`, of one namespace or of all. */
export function prefixOf(kind: ServedKind, namespace: string): string {
  const root = `/registry/${kind.storagePath}/`;
  return kind.namespaced && namespace !== '' ? `${root}${namespace}/` : root;
}

/** `/registry/pods/default/web-1`. */
export function keyOf(kind: ServedKind, namespace: string, name: string): string {
  return `${prefixOf(kind, kind.namespaced ? namespace : '')}${name}`;
}

/** `apps/v1`, `v1`. */
export function apiVersionOf(kind: Pick<ServedKind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}
