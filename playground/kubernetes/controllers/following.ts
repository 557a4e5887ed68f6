import { setTimeout as delay } from 'node:timers/promises';
import type { ApiObject, LocalApi } from '../contracts.ts';

const RETRY_MS = 200;

/** As `LocalApi.follow`, also over the end of one API server and the start of the next, until the signal. */
export async function followSteadily(
  api: LocalApi,
  path: string,
  signal: AbortSignal,
  onObject: (object: ApiObject) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await api.follow(path, signal, ({ object }) => onObject(object));
    } catch {
      // The API server is away, or etcd is; both come back.
    }
    await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Work that is asked for by name and done one after the other; what is asked for again meanwhile is done again. */
export interface Chores {
  ask(name: string): void;
}

/** Does the work until the signal. What fails is tried again. */
export function keepDoing(signal: AbortSignal, work: (name: string) => Promise<void>): Chores {
  const asked = new Set<string>();
  let running = false;
  async function run(): Promise<void> {
    running = true;
    for (let name = first(asked); name !== undefined && !signal.aborted; name = first(asked)) {
      asked.delete(name);
      try {
        await work(name);
      } catch {
        asked.add(name);
        await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    running = false;
  }
  return {
    ask(name) {
      asked.add(name);
      if (!running && !signal.aborted) void run();
    },
  };
}

function first(names: ReadonlySet<string>): string | undefined {
  for (const name of names) return name;
  return undefined;
}
