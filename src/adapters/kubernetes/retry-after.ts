import type { KubernetesError, KubernetesResult } from '../../core/ports/kubernetes.ts';
import { type Attributes, describe } from './attributes.ts';
import type { Deadline } from './deadline.ts';
import { failed } from './outcome.ts';

/**
 * What may change something is waited for this long in all, ms: whoever asks has looked whether it is safe, and must look again when
 * that was longer ago. Also programs in pods and ways into them.
 */
export const CHANGE_PATIENCE_MS = 5000;
/** What only reads is waited for until its time is over. */
export const READ_PATIENCE_MS = Number.POSITIVE_INFINITY;

/** The repeated request needs some time too, ms. */
const LEAST_LEFT_MS = 500;
/** Servers ask for whole seconds; less would be a hammer. */
const LEAST_WAIT_MS = 1000;

/**
 * How long to wait before the same request goes again, ms; `null`: it does not. Only what was certainly not carried out goes again: a
 * 429 that has nothing to do with a disruption budget, with the time that the server asks for. After a 503 only a read goes again: a
 * proxy gives one also when the server has begun and the connection broke. Nothing goes again earlier than asked.
 *
 * @param limits `leftMs` of the call's time, and `patienceMs` of what the server may make it wait
 */
export function waitBeforeRepeat(
  error: Pick<KubernetesError, 'code' | 'status' | 'retryAfterMs'>,
  limits: { readonly leftMs: number; readonly patienceMs: number },
): number | null {
  // Only reads have no end of patience.
  const reads = limits.patienceMs === READ_PATIENCE_MS;
  const mayGoAgain = error.code === 'throttled' || (reads && error.code === 'server-error' && error.status === 503);
  if (!mayGoAgain || error.retryAfterMs === undefined) return null;
  const ms = Math.max(LEAST_WAIT_MS, error.retryAfterMs);
  return ms <= Math.min(limits.patienceMs, limits.leftMs - LEAST_LEFT_MS) ? ms : null;
}

/** Sends a request, again and again while the server says that it did nothing and when to come back, within the call's limits. */
export async function repeatAsAsked<T>(
  deadline: Deadline,
  what: Attributes,
  send: () => Promise<KubernetesResult<T>>,
): Promise<KubernetesResult<T>> {
  for (;;) {
    const result = await send();
    if (result.ok) return result;
    const limits = { leftMs: deadline.leftMs(), patienceMs: deadline.patienceMs() };
    const waitMs = waitBeforeRepeat(result.error, limits);
    if (waitMs === null) return result;
    await deadline.waitAsAsked(waitMs);
    const over = deadline.over(false);
    if (over !== null)
      return over.code === 'cancelled' ? failed(over.code, `${describe(what)}: ${over.message}`) : result;
  }
}
