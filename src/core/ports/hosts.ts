import type { ExecOutcome } from './kubernetes.ts';

/** What Drydock knows of every machine of a bare ring, as configured. */
export interface HostFacts {
  /** Service that runs etcd, for instance `etcd.service`. */
  readonly service: string;
  /** Where etcd keeps its data, absolute. */
  readonly dataDirectory: string;
  /** The file with etcd's settings that the service reads, absolute. */
  readonly environmentFile: string;
}

/**
 * Why a call gave no answer of the program.
 *
 * - `not-configured`: there is no access to hosts of this cluster, or its files (key, known hosts) cannot be used.
 * - `unreachable`: no connection; nothing was run.
 * - `key-changed`: the host shows another key than the pinned one, or none is pinned; nothing was run.
 * - `refused`: the host does not accept the user or the key, or does not open a session; nothing was run.
 * - `unknown-outcome`: the program was started and its end was not seen (time-out, lost connection). Look.
 * - `too-large`: it printed more than the call allows; it may have done everything.
 * - `cancelled`: the caller's signal ended it; the program may still have run.
 */
export type HostErrorCode =
  | 'not-configured'
  | 'unreachable'
  | 'key-changed'
  | 'refused'
  | 'unknown-outcome'
  | 'too-large'
  | 'cancelled';

/** A failed call: code for decisions, message for people (no credentials). */
export interface HostError {
  readonly code: HostErrorCode;
  readonly message: string;
}

/** Answer of one call. A failed call is a value; only bugs throw. */
export type HostResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: HostError };

/** Limits of one call. */
export interface HostCall {
  /** Hard limit in ms, connecting included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** What the program reads from its standard input; absent: nothing. */
  readonly stdin?: Uint8Array;
  /** Most bytes of output, both streams together; absent: the adapter's own limit. */
  readonly maxBytes?: number;
}

/** The machines of a bare ring. One call is one program, sent at most once. */
export interface HostPort {
  /** `null`: no access to hosts is configured; every call answers `not-configured`. */
  readonly facts: HostFacts | null;
  /**
   * Runs one program on a host, argument by argument: nothing is expanded by a shell.
   *
   * @param host name or address as the ring's peer URLs have it
   * @param argv the program and its arguments; the adapter puts what it needs for rights before it
   * @returns What it printed and its exit code, whatever that is.
   */
  run(host: string, argv: readonly string[], call: HostCall): Promise<HostResult<ExecOutcome>>;
  close(): Promise<void>;
}
