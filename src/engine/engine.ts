import { type Advanced, advance } from './advance.ts';
import type { EngineDeps } from './deps.ts';
import { sweep } from './sweep.ts';

/** The engine of a worker. */
export interface Engine {
  /** Advances one run as far as it goes now. Never throws. */
  advance(runId: string, shutdown: AbortSignal): Promise<Advanced>;
  /** Rings what is due. Throws when the store cannot be reached. */
  sweep(): Promise<number>;
  /** Reduces finished runs whose time is over to their audit entries. */
  prune(): Promise<number>;
}

/** Makes an engine. */
export function createEngine(deps: EngineDeps): Engine {
  return {
    advance: async (runId, shutdown) => await advance(deps, runId, shutdown),
    sweep: async () => await sweep(deps),
    prune: async () => await deps.store.prune(deps.clock.nowMs()),
  };
}
