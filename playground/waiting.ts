import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often to ask. */
export interface WaitOptions {
  /** Default 50 s. */
  readonly timeoutMs?: number;
  /** Default 50 ms. */
  readonly everyMs?: number;
}

/**
 * Asks until the answer is neither undefined nor false, and returns it.
 *
 * @param what completes the sentence "waited for …" of the error
 * @throws Error when the time is over, and whatever `ask` throws.
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 50_000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${(timeoutMs / 1000).toFixed(1)} s in vain for ${what}`);
    await delay(options.everyMs ?? 50);
  }
}
