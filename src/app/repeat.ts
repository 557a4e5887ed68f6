import type { Clock, Log } from '../core/ports/runtime.ts';

/**
 * Does something again and again, `everyMs` after it was done, until the signal fires. A failure is logged, once until
 * it works again. Resolves when it has stopped; never rejects.
 */
export async function repeat(
  everyMs: number,
  signal: AbortSignal,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await work();
      if (failing) log.info('works again', { what });
      failing = false;
    } catch (error) {
      if (!failing) log.warn('failed and will be tried again', { what, error });
      failing = true;
    }
    // The only thing that ends a sleep early is the signal, and the loop looks at it.
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
