/** Work by name, one at a time. What is asked for again while it is done is done again; what fails is tried again later. */
export interface WorkQueue {
  ask(name: string): void;
  /** Asks for it in so many ms; an earlier time that was asked for stays. */
  askIn(name: string, ms: number): void;
  /** Does what was asked for before it was ready. */
  wake(): void;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 10_000;

/** What a queue does. */
export interface Work {
  readonly signal: AbortSignal;
  /** Nothing is done before this holds; {@link WorkQueue.wake} it when it does. */
  readonly ready: () => boolean;
  /** Throws: it is tried again, after 20 ms and then twice as long each time, up to 10 s. */
  readonly run: (name: string) => Promise<void>;
}

/** Makes a queue; it works until the signal. */
export function createWorkQueue({ signal, ready, run }: Work): WorkQueue {
  const asked = new Set<string>();
  const timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  const failures = new Map<string, number>();
  let busy = false;
  signal.addEventListener('abort', () => {
    for (const { timer } of timers.values()) clearTimeout(timer);
    timers.clear();
  });

  function askIn(name: string, ms: number): void {
    const at = performance.now() + ms;
    const set = timers.get(name);
    if (signal.aborted || (set !== undefined && set.at <= at)) return;
    clearTimeout(set?.timer);
    const timer = setTimeout(() => {
      timers.delete(name);
      ask(name);
    }, ms);
    timer.unref();
    timers.set(name, { at, timer });
  }
  function ask(name: string): void {
    asked.add(name);
    void work();
  }
  async function work(): Promise<void> {
    if (busy || !ready()) return;
    busy = true;
    for (const name of asked) {
      if (signal.aborted) break;
      asked.delete(name);
      try {
        await run(name);
        failures.delete(name);
      } catch {
        const count = failures.get(name) ?? 0;
        failures.set(name, count + 1);
        askIn(name, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS));
      }
    }
    busy = false;
  }
  return { ask, askIn, wake: () => void work() };
}
