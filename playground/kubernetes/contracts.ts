import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A JSON object as the API server stores and sends it. */
export interface Fields {
  readonly [name: string]: unknown;
}

/** An object of the simulated cluster. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Fields;
  readonly [name: string]: unknown;
}

/** Who asks. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What is asked, in the words of RBAC. A path of no resource has `path` and an empty `resource`. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** One kind of object that the server serves, in one version. Built-in ones are data; custom ones come from their definition. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** `status`, `scale`, `eviction`, `log`, `exec`, `portforward`, `binding`, `token` … */
  readonly subresources: readonly string[];
  /** Below `/registry/`, without a slash at either end: `pods`, `minions`, `deployments`, `cluster.x-k8s.io/machines`. As the real server's. */
  readonly storagePath: string;
  /** Whether `metadata.generation` grows with the spec. */
  readonly hasGeneration: boolean;
  /** The `openAPIV3Schema` of a custom kind; `null`: built in. */
  readonly schema: Fields | null;
}

/** An answer that is not the object itself: what a real server puts into `Status`. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** How a patch is written. The media types of the API. */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** Something was asked that the server refuses; becomes the answer's `Status`. */
export interface Refusal {
  readonly status: number;
  /** `NotFound`, `Conflict`, …; empty: none is sent. */
  readonly reason: string;
  readonly message: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
  readonly details?: Fields;
  /** Of the `Status`: the continue token of an expired list. */
  readonly metadata?: Fields;
}

/** A value, or why not. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/**
 * The arithmetic of fields: pure, knows nothing of storage or HTTP. Objects come and go as plain JSON; nothing is changed in place.
 */
export interface FieldRules {
  /** Fills in what the server fills in (built in, or by the custom kind's schema), and prunes what a custom schema does not know. */
  defaulted(kind: ResourceKind, object: ApiObject): ApiObject;
  /** What is wrong with it. `old` null: it is being created. */
  problems(kind: ResourceKind, object: ApiObject, old: ApiObject | null, subresource: string): readonly StatusCause[];
  /** A value of the wrong JSON type in a built-in kind, in the words of decoding (400): `json: cannot unmarshal …`; `null`: none. */
  decodingProblem?(kind: ResourceKind, object: ApiObject): string | null;
  /** Paths that the kind does not know, as `strict decoding error` names them: `unknown field "spec.foo"`. */
  unknownFields(kind: ResourceKind, object: ApiObject): readonly string[];
  /** The object after a JSON, merge or strategic patch. */
  patched(kind: ResourceKind, type: Exclude<PatchType, 'apply'>, live: ApiObject, patch: unknown): Attempt<ApiObject>;
  /** The object after a server-side apply, with `managedFields`. `live` null: it does not exist yet. */
  applied(
    kind: ResourceKind,
    live: ApiObject | null,
    applied: ApiObject,
    who: { readonly manager: string; readonly force: boolean; readonly subresource: string; readonly time: string },
  ): Attempt<ApiObject>;
  /** The object with the `managedFields` of an update by this manager. */
  tracked(
    kind: ResourceKind,
    live: ApiObject | null,
    next: ApiObject,
    who: { readonly manager: string; readonly subresource: string; readonly time: string },
  ): ApiObject;
}

/** Who may come in, and what they may do. */
export interface Guard {
  /** `null`: the credentials are wrong (401). Nobody's credentials are `system:anonymous`. */
  authenticate(request: IncomingMessage): Promise<User | null>;
  authorize(user: User, what: Attributes): Promise<{ readonly allowed: boolean; readonly reason: string }>;
  /** Whom the request speaks for, when it has `Impersonate-` headers. Asked after {@link authenticate}; absent: the headers are ignored. */
  actsAs?(user: User, what: Attributes, request: IncomingMessage): Promise<Attempt<User>>;
}

/** One request inside the process, with everything that HTTP would bring but the bytes. */
export interface LocalRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its query: `/api/v1/namespaces/kube-system/pods?limit=10`. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly user?: User;
  /** First part of the user agent; becomes the field manager. */
  readonly agent?: string;
}

/** The API server from inside: what controllers and node agents use. Same checks, same storage, no TLS. */
export interface LocalApi {
  request(request: LocalRequest): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Events of a path like `/api/v1/pods`, first those of every object that is there; begins anew by itself after 410 and lost etcd. */
  follow(
    path: string,
    signal: AbortSignal,
    onEvent: (event: { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }) => void,
  ): Promise<void>;
}

/** Answers of a node's agent to `exec`, `attach`, `log` and `portforward`: the API server hands the connection over. */
export interface NodeGate {
  /** `log`: text, or a refusal as the kubelet words it. */
  logs(pod: ApiObject, query: URLSearchParams): Promise<Attempt<AsyncIterable<Uint8Array>>>;
  /** `exec` and `portforward`: takes over the socket of an upgrade request (WebSocket v4/v5 channels or SPDY/3.1). */
  upgrade(
    what: 'exec' | 'attach' | 'portforward',
    pod: ApiObject,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void;
}

/** One write on its way into the storage. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly kind: ResourceKind;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** Of a deletion: what is to go. */
  readonly object: ApiObject;
  /** `null`: it is being created. */
  readonly old: ApiObject | null;
  readonly user: User;
  readonly dryRun: boolean;
  readonly api: LocalApi;
  /** Becomes a `Warning` header. */
  warn(text: string): void;
}

/** Looks at a write, and gives back the object to go on with, or refuses. They run in their order, before validation. */
export type Admission = (request: AdmissionRequest) => Attempt<ApiObject> | Promise<Attempt<ApiObject>>;

/** A request for a subresource or a review, as its handler gets it. */
export interface HandlerCall {
  /** In the words of RBAC: `create`, `get`, `update`, `patch`. */
  readonly verb: string;
  readonly kind: Pick<ResourceKind, 'group' | 'version' | 'kind' | 'plural' | 'namespaced'>;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly query: URLSearchParams;
  /** The parsed body; `undefined`: none. */
  readonly body: unknown;
  readonly user: User;
  /** First part of the user agent. */
  readonly agent: string;
  readonly dryRun: boolean;
  readonly api: LocalApi;
}

/** Answers a subresource (`pods/eviction`, `serviceaccounts/token`) or a review (`selfsubjectaccessreviews`). */
export type Handler = (call: HandlerCall) => Promise<Attempt<{ readonly status: number; readonly body: unknown }>>;
