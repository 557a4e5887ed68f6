import type { KubernetesErrorCode } from '../../src/core/ports/kubernetes.ts';
import type { NotYet } from '../../src/core/runbook.ts';

const NOT_NOW: ReadonlySet<KubernetesErrorCode> = new Set([
  'unreachable',
  'unknown-outcome',
  'throttled',
  'server-error',
  'cancelled',
  'no-space',
  'conflict',
]);

/** Whether a call that failed so may succeed when it is tried again. */
export function isForNow(code: KubernetesErrorCode): boolean {
  return NOT_NOW.has(code);
}

/**
 * What a cleanup answers to a call that failed: whether it is worth trying for longer, and what to type when that is in vain.
 *
 * @param why without a period
 * @param byHand the whole command
 */
export function notPutBack(code: KubernetesErrorCode, why: string, byHand: string): string | NotYet {
  const words = `${why}. By hand: ${byHand}`;
  return isForNow(code) ? { notYet: words } : words;
}
