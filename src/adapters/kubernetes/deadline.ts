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
  /** What the server may still make this call wait, ms. */
  patienceMs(): number;
  /** As {@link pause}, because the server asked for it: uses patience up. */
  waitAsAsked(ms: number): Promise<void>;
}

/** A longer timer of Node fires at once, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why a call was over before it was answered. */
type Ending = 'time' | 'caller' | 'closed';

/**
 * Does one call's work within its limits. What watches for them ends with the work: signals that live as long as the process must not
 * collect something of every call.
 *
 * @param patienceMs how long the server may make it wait in all by saying when to come back
 */
export async function withDeadline<T>(
  call: KubernetesCall,
  closed: AbortSignal,
  patienceMs: number,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = performance.now() + call.timeoutMs;
  let ending: Ending | null = null;
  let patience = patienceMs;
  function stop(why: Ending): void {
    ending ??= why;
    controller.abort();
  }
  const onCaller = (): void => stop('caller');
  const onClosed = (): void => stop('closed');
  const timer = setTimeout(stop, Math.min(Math.max(1, Math.ceil(call.timeoutMs)), LONGEST_TIMER_MS), 'time');
  call.signal?.addEventListener('abort', onCaller);
  closed.addEventListener('abort', onClosed);
  if (call.signal?.aborted === true) onCaller();
  if (closed.aborted) onClosed();
  try {
    return await work({
      signal: controller.signal,
      leftMs: () => Math.max(0, end - performance.now()),
      over: (sent) => (ending === null ? null : errorOf(ending, call.timeoutMs, sent)),
      pause: (ms) => pause(ms, controller.signal),
      patienceMs: () => patience,
      waitAsAsked(ms) {
        patience -= ms;
        return pause(ms, controller.signal);
      },
    });
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', onCaller);
    closed.removeEventListener('abort', onClosed);
  }
}

function errorOf(ending: Ending, timeoutMs: number, sent: boolean): KubernetesError {
  if (ending === 'caller') return { code: 'cancelled', message: 'the call was cancelled' };
  if (ending === 'closed') return { code: 'cancelled', message: 'the connection to this cluster was closed' };
  const seconds = `${Math.round(timeoutMs / 100) / 10} s`;
  return sent
    ? { code: 'unknown-outcome', message: `no answer within ${seconds}` }
    : { code: 'unreachable', message: `not connected within ${seconds}; nothing was sent` };
}

/** Waits `ms`, or until the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS));
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
