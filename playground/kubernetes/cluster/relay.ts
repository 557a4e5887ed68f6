import type { LocalApi } from '../contracts.ts';

/** The API server from inside, also before there is one and while it is away: then every call throws. */
export interface Relay extends LocalApi {
  /** Says which server answers from now on; followers of the one before are cut. Undefined: none does. */
  point(target: LocalApi | undefined): void;
}

/** Makes a relay that points nowhere. */
export function createRelay(): Relay {
  let target: LocalApi | undefined;
  let present = new AbortController();
  function now(): LocalApi {
    if (target === undefined) throw new Error('the API server is away');
    return target;
  }
  return {
    point(next) {
      target = next;
      present.abort();
      present = new AbortController();
    },
    request: async (request) => now().request(request),
    follow: async (path, signal, onEvent) => now().follow(path, AbortSignal.any([signal, present.signal]), onEvent),
  };
}
