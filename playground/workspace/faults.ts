/** What a Web API call is to suffer instead of, or besides, its ordinary answer. */
export type Fault =
  /** HTTP 429 with Retry-After in seconds. */
  | { readonly kind: 'rate-limited'; readonly retryAfter: number }
  /** An HTTP status without a JSON body, for example 500. */
  | { readonly kind: 'status'; readonly status: number }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** The connection is reset, nothing was done. */
  | { readonly kind: 'reset' }
  /** The call is carried out, then the connection is reset: the caller does not know. */
  | { readonly kind: 'lost-answer' }
  /** Answers late by `ms`. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** `{ok: false, error}`, for example `channel_not_found`. */
  | { readonly kind: 'error'; readonly error: string };

/**
 * Switches for the faults of each Web API method; `*` stands for every method without its own. `response_url` stands for
 * answers to a response address, `upload` for the bytes of a file.
 */
export interface Faults {
  /** Switches a fault on, for the next `times` calls (default: until cleared). A later one replaces an earlier one. */
  set(method: string, fault: Fault, options?: { readonly times?: number }): void;
  /** Switches off the fault of one method, or all of them. */
  clear(method?: string): void;
}

/** The switches, and the question the server asks before each call. */
export interface FaultTable extends Faults {
  /** The fault for this call; counts down. */
  take(method: string): Fault | undefined;
}

/** Makes a table without faults. */
export function createFaults(): FaultTable {
  const table = new Map<string, { readonly fault: Fault; left: number }>();
  return {
    set(method, fault, { times = Number.POSITIVE_INFINITY } = {}) {
      table.set(method, { fault, left: times });
    },
    clear(method) {
      if (method === undefined) table.clear();
      else table.delete(method);
    },
    take(method) {
      const key = table.has(method) ? method : '*';
      const entry = table.get(key);
      if (entry === undefined) return undefined;
      entry.left -= 1;
      if (entry.left <= 0) table.delete(key);
      return entry.fault;
    },
  };
}
