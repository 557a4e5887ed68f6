import type { EtcdError, EtcdErrorCode } from '../../core/ports/etcd.ts';
import type { KubernetesError, KubernetesErrorCode } from '../../core/ports/kubernetes.ts';

/** What does not appear here means that nothing was sent to etcd. */
const CODES: Partial<Record<KubernetesErrorCode, EtcdErrorCode>> = {
  'unknown-outcome': 'unknown-outcome',
  cancelled: 'cancelled',
  unauthorized: 'access-refused',
  forbidden: 'access-refused',
  'not-configured': 'access-unusable',
  'too-large': 'refused',
};

/** The node's agent says so when the process that would be asked is not there. */
const NOT_RUNNING = /container not found|is not running|not created or running|container .* terminated/i;

/** Answers that came instead of a start. Texts of others tell nothing: a program that ran may have ended with its container. */
const NOT_STARTED: ReadonlySet<KubernetesErrorCode> = new Set<KubernetesErrorCode>([
  'server-error',
  'refused',
  'invalid',
  'not-found',
  'conflict',
]);

/** A failed call of the way to etcd, as a failed call of etcd. `readOnly`: nothing was to be changed. */
export function kubernetesFailure(error: KubernetesError, what: string, readOnly: boolean): EtcdError {
  const message = `${what}: ${error.message}`;
  if (NOT_STARTED.has(error.code) && NOT_RUNNING.test(error.message))
    return { code: 'unreachable', message, refusesConnections: true };
  // The answer of a change was cut: the change may have been made.
  if (error.code === 'too-large' && !readOnly) return { code: 'unknown-outcome', message };
  if (error.code === 'server-error' && !readOnly) return { code: 'unknown-outcome', message };
  const code = CODES[error.code] ?? 'unreachable';
  return code === 'unreachable' && isRefusal(error) ? { code, message, apiRefused: true } : { code, message };
}

/** What the API server says of a node that it cannot reach. */
const NODE_AWAY = /dialing backend/i;

/** Whether the API server answered that it does not pass a call on. */
export function isRefusal({ code, status, message }: KubernetesError): boolean {
  return status !== undefined && status >= 400 && code !== 'unknown-outcome' && !NODE_AWAY.test(message);
}

/** What the pod's side of a port-forward reports. The same words about the node's agent or the API server say nothing of etcd. */
const OF_POD = /\bport \d+ (?:of|to) pod /;
const NOBODY_LISTENS = /connection refused|is not running|container .* terminated/i;

/** Whether a port-forward failed because no process listens on that port of the pod. */
export function portRefused(problem: KubernetesError): boolean {
  const { message } = problem;
  return OF_POD.test(message) && NOBODY_LISTENS.test(message) && !NODE_AWAY.test(message);
}
