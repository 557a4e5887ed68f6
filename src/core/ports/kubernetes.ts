import type { Json, JsonObject } from '../json.ts';
import type { ServerMetrics } from './server-metrics.ts';

/** Names a kind of object: `v1` + `Pod`, `apps/v1` + `Deployment`, `cluster.x-k8s.io/v1beta1` + `Machine`. */
export interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Names one object. `namespace` null: cluster-scoped. */
export interface ObjectRef extends ObjectKind {
  readonly namespace: string | null;
  readonly name: string;
}

/** Who owns an object. */
export interface OwnerReference extends ObjectKind {
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** The metadata that runbooks rely on; the rest is there as it came. */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

/** An object as the API server gave it; only what every object has was looked at. Read the rest through a schema. */
export interface KubernetesObject extends ObjectKind {
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Which objects of a kind. `namespace` null: all of them. */
export interface ObjectQuery extends ObjectKind {
  readonly namespace: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * Why a call gave no answer.
 *
 * - `unreachable`: no connection; the request was not sent.
 * - `unknown-outcome`: sent, no certain answer (time-out, lost connection, 504). A change may have happened. Look.
 * - `unauthorized`: the credentials are not accepted, also after they were renewed once (401).
 * - `forbidden`: the credentials do not allow it (403); the message names verb, resource, namespace and the rule that would.
 * - `not-found`: no such object (404).
 * - `no-such-kind`: the server does not serve this kind or subresource.
 * - `already-exists`: an object of this name exists (409).
 * - `conflict`: another revision, uid or owner of a field (409, or a failed `test` of a JSON patch); nothing was changed.
 * - `expired`: the revision or page is too old (410).
 * - `invalid`: the server does not accept the object or request (400, 413, 415, 422).
 * - `budget`: a disruption budget does not allow the eviction now (429); `causes` names it.
 * - `blocked-for-good`: the eviction can never succeed as things are: several budgets select the pod (500), or a negative allowance (403).
 * - `throttled`: too many requests, or not ready yet (429 without a budget); `retryAfterMs` says when to come back.
 * - `terminating`: its namespace is being deleted (403, cause `NamespaceTerminating`).
 * - `quota`: a resource quota is used up (403).
 * - `no-space`: etcd of the cluster is over its quota (500); nothing was changed. Reads and deletes still work.
 * - `refused`: a webhook or the server refused for another definite reason; nothing was changed.
 * - `server-error`: the server could not (5xx); a change is unlikely but not excluded. Look.
 * - `too-large`: the answer is larger than the call allows.
 * - `not-configured`: the access to this cluster cannot be made (kubeconfig, plug-in, certificate).
 * - `cancelled`: the caller's signal ended it; a change may still happen.
 */
export type KubernetesErrorCode =
  | 'unreachable'
  | 'unknown-outcome'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'no-such-kind'
  | 'already-exists'
  | 'conflict'
  | 'expired'
  | 'invalid'
  | 'budget'
  | 'blocked-for-good'
  | 'throttled'
  | 'terminating'
  | 'quota'
  | 'no-space'
  | 'refused'
  | 'server-error'
  | 'too-large'
  | 'not-configured'
  | 'cancelled';

/** A failed call: code for decisions, message for people (no credentials). */
export interface KubernetesError {
  readonly code: KubernetesErrorCode;
  readonly message: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** When the server said to come back, ms from now. */
  readonly retryAfterMs?: number;
  /** The causes that the server names (`details.causes`). */
  readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
}

/** Answer of one call. A failed call is a value; only bugs throw. */
export type KubernetesResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: KubernetesError };
/** Limits of one call. */
export interface KubernetesCall {
  /** Hard limit in ms, credentials and connecting included. Required: no call is without one. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** How a change is made. */
export interface ChangeOptions extends KubernetesCall {
  /** The server checks everything and changes nothing. */
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale';
}

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** What must hold of the object for a change; both are checked by the server. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** How an object is deleted. */
export interface DeleteOptions extends KubernetesCall {
  readonly preconditions: Preconditions;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Seconds; omitted: the object's own. */
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

/** One event of a watch. After `restarted` (410, or the first list: forget what was known) come all objects as `present`, then `synced`. */
export type WatchEvent =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: KubernetesObject }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'present'; readonly object: KubernetesObject }
  | { readonly kind: 'synced' };

/** A list with the revision it is of. */
export interface ObjectList {
  readonly items: readonly KubernetesObject[];
  readonly resourceVersion: string;
}

/** What a program in a container answered. Exit code as the container's runtime told it. */
export interface ExecOutcome {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** A way to a port of a pod: a listener on 127.0.0.1 of this machine, open until closed. */
export interface Forward {
  /** Port on 127.0.0.1. Each connection to it is a connection to the pod's port. */
  readonly localPort: number;
  /** Why the last connection that failed did; `null`: none failed yet. Who connects here sees only a reset. */
  readonly lastProblem?: () => KubernetesError | null;
  close(): Promise<void>;
}

/** A pod and, so that no namesake is touched, its uid. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  /** Checked before use: a pod of the same name with another uid is `conflict`. */
  readonly uid?: string;
}

/**
 * One cluster's API server. What changes something is sent at most once; reads again inside the limit when the connection failed. A server
 * that says when to come back is asked again: after 429 (reads inside their limit, others for 5 s), reads after 503 too. Credentials are renewed once.
 * Source: Kubernetes API conventions; answers as kube-apiserver 1.36 gives them.
 */
export interface KubernetesPort extends ServerMetrics {
  /** Version of the API server, for instance `v1.36.2`. */
  version(call: KubernetesCall): Promise<KubernetesResult<{ readonly gitVersion: string }>>;
  /** Whether the server serves this kind, and whether its objects live in namespaces. */
  serves(
    kind: ObjectKind,
    call: KubernetesCall,
  ): Promise<KubernetesResult<{ readonly namespaced: boolean; readonly resource: string } | null>>;
  /** The versions of a group that the server serves, preferred first; empty: none. */
  groupVersions(group: string, call: KubernetesCall): Promise<KubernetesResult<readonly string[]>>;
  get(ref: ObjectRef, call: KubernetesCall): Promise<KubernetesResult<KubernetesObject>>;
  /** All of them, read in pages; one that expired begins the list anew once. `metadataOnly`: the server sends nothing else, no data of a Secret. */
  list(
    query: ObjectQuery,
    call: KubernetesCall & { readonly pageSize?: number; readonly metadataOnly?: boolean },
  ): Promise<KubernetesResult<ObjectList>>;
  /**
   * As {@link list}, but each page is handed over and forgotten: memory is that of one page. Answers the revision. A page that expired
   * is `expired`: what was handed over is to be forgotten, and the list begun anew by the caller.
   */
  eachPage(
    query: ObjectQuery,
    call: KubernetesCall & { readonly pageSize?: number },
    onPage: (items: readonly KubernetesObject[]) => void,
  ): Promise<KubernetesResult<{ readonly resourceVersion: string }>>;
  /**
   * Follows the objects until the signal fires: lists, then watches, and goes on by itself after lost connections, silence and 410.
   * Ends with an error only when that does not pass by itself (`forbidden`, `no-such-kind`, `not-configured`, `unauthorized`, `invalid`).
   */
  watch(
    query: ObjectQuery,
    call: { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent) => void,
  ): Promise<KubernetesResult<null>>;
  create(object: JsonObject, options: ChangeOptions): Promise<KubernetesResult<KubernetesObject>>;
  /** Replaces the object. Give `metadata.resourceVersion` and `metadata.uid`: a PUT without may recreate what was deleted. */
  replace(object: JsonObject, options: ChangeOptions): Promise<KubernetesResult<KubernetesObject>>;
  /** Server-side apply with Drydock's field manager. `force` takes over fields that others own. */
  apply(
    object: JsonObject,
    options: ChangeOptions & { readonly force?: boolean },
  ): Promise<KubernetesResult<KubernetesObject>>;
  patchJson(
    ref: ObjectRef,
    operations: readonly PatchOperation[],
    options: ChangeOptions,
  ): Promise<KubernetesResult<KubernetesObject>>;
  /** Merge patch (RFC 7386); preconditions go into its metadata. */
  patchMerge(
    ref: ObjectRef,
    patch: JsonObject,
    options: ChangeOptions & { readonly preconditions?: Preconditions },
  ): Promise<KubernetesResult<KubernetesObject>>;
  /** Answers what is left of it: `null`, or the object that waits for its end. Already gone is `not-found`. */
  delete(ref: ObjectRef, options: DeleteOptions): Promise<KubernetesResult<KubernetesObject | null>>;
  /** Asks to evict exactly this pod. Success means neither "gone" nor "I did it": look. */
  evict(
    pod: PodRef & { readonly uid: string },
    options: KubernetesCall & { readonly dryRun?: boolean; readonly gracePeriodSeconds?: number },
  ): Promise<KubernetesResult<null>>;
  logs(
    pod: PodRef,
    options: KubernetesCall & {
      readonly container?: string;
      readonly tailLines?: number;
      readonly previous?: boolean;
      /** Most bytes of the answer; default 1 MiB. */
      readonly maxBytes?: number;
    },
  ): Promise<KubernetesResult<string>>;
  /**
   * Runs a program, argument by argument, without a shell. Any exit code is an answer; lost after the start is `unknown-outcome`. A
   * function gives the arguments when they go out, from the ms that the call has left then, anew with each try.
   */
  exec(
    pod: PodRef,
    argv: readonly string[] | ((leftMs: number) => readonly string[]),
    options: KubernetesCall & {
      readonly container?: string;
      readonly stdin?: Uint8Array;
      /** Most bytes of stdout and stderr together; more is `too-large`. Default 4 MiB. */
      readonly maxBytes?: number;
    },
  ): Promise<KubernetesResult<ExecOutcome>>;
  /** As {@link exec}, for long output: chunks of stdout are handed over as they come, and awaited. */
  execStream(
    pod: PodRef,
    argv: readonly string[],
    options: KubernetesCall & { readonly container?: string },
    onStdout: (chunk: Uint8Array) => Promise<void>,
  ): Promise<KubernetesResult<{ readonly exitCode: number; readonly stderr: Uint8Array }>>;
  /** Opens a way to a port of a pod. Ends with the port. */
  forward(pod: PodRef, port: number, call: KubernetesCall): Promise<KubernetesResult<Forward>>;
  /** Whether these credentials may do this (SelfSubjectAccessReview); with `name` to that one object, else to all of them. */
  mayI(
    what: {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly namespace: string | null;
      readonly subresource?: string;
      readonly name?: string;
    },
    call: KubernetesCall,
  ): Promise<KubernetesResult<boolean>>;
  /** Ends every connection; further calls answer `cancelled`. */
  close(): Promise<void>;
}
