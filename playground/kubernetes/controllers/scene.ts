import type { LocalApi } from '../contracts.ts';
import { type Client, createClient } from './client.ts';
import { createMirrors, type Mirror, type Mirrors } from './mirror.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** What every controller works with. */
export interface Scene {
  readonly api: LocalApi;
  readonly signal: AbortSignal;
  readonly mirrors: Mirrors;
  /** Asks as `kube-controller-manager`. */
  readonly client: Client;
  /** Scales the waits that are the controllers' own, and tolerationSeconds. 1: as the real ones. */
  readonly pace: number;
}

/** Makes it; everything ends with the signal. */
export function createScene(api: LocalApi, signal: AbortSignal, pace: number): Scene {
  return {
    api,
    signal,
    mirrors: createMirrors(api, signal),
    client: createClient(api, 'kube-controller-manager'),
    pace,
  };
}

/** A queue that begins when all these mirrors have been read, and is asked for everything whenever one was read again. */
export function queueOver(
  scene: Scene,
  mirrors: readonly Mirror[],
  everything: () => readonly string[],
  run: (name: string) => Promise<void>,
): WorkQueue {
  const queue = createWorkQueue({
    signal: scene.signal,
    ready: () => mirrors.every((mirror) => mirror.filled()),
    run,
  });
  for (const mirror of mirrors) {
    mirror.onFilled(() => {
      for (const name of everything()) queue.ask(name);
      queue.wake();
    });
  }
  return queue;
}
