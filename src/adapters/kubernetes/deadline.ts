import type { KubernetesCall, KubernetesError } from '../../core/ports/kubernetes.ts';

/** The end of one call: by its time, its caller, or the closing of the port. */
export interface Deadline {
  /** Fires at the end, whatever ended it. */
  readonly signal: AbortSignal;
  /** What is left, ms; 0 when it is over. */
  leftMs(): number;
  /** Why it is over; `null`: it is not. `sent`: whether the server may have seen the request. */
  over(sent: boolean): KubernetesError | null;
  /** Waits, or less when the call ends before. */
  pause(ms: number): Promise<void>;
}

/** Makes the deadline of one call. */
export function startDeadline(call: KubernetesCall, closed: AbortSignal): Deadline {
  const end = performance.now() + call.timeoutMs;
  const own = AbortSignal.timeout(Math.max(1, Math.min(Math.ceil(call.timeoutMs), 2 ** 31 - 1)));
  const signal = AbortSignal.any([own, closed, ...(call.signal === undefined ? [] : [call.signal])]);
  return {
    signal,
    leftMs: () => Math.max(0, end - performance.now()),
    over: (sent) => why(call, closed, own, sent),
    pause: (ms) => pause(ms, signal),
  };
}

function why(call: KubernetesCall, closed: AbortSignal, own: AbortSignal, sent: boolean): KubernetesError | null {
  if (call.signal?.aborted === true) return { code: 'cancelled', message: 'the call was cancelled' };
  if (closed.aborted) return { code: 'cancelled', message: 'the connection to this cluster was closed' };
  if (!own.aborted) return null;
  const seconds = `${Math.round(call.timeoutMs / 100) / 10} s`;
  return sent
    ? { code: 'unknown-outcome', message: `no answer within ${seconds}` }
    : { code: 'unreachable', message: `not connected within ${seconds}; nothing was sent` };
}

/** Waits `ms`, or until the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = setTimeout(done, ms);
  signal.addEventListener('abort', done, { once: true });
  function done(): void {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    resolve();
  }
  return promise;
}

/** The value, or a rejection as soon as the signal fires; what the promise does later is nobody's concern. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  function abort(): void {
    reject(new Error('aborted'));
  }
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
