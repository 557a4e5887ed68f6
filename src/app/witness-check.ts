import type { Check } from '../core/plan.ts';
import type { KubernetesErrorCode, KubernetesPort } from '../core/ports/kubernetes.ts';

const LIST_MS = 5000;

/** What does not pass between the plan and the call. */
const FOR_GOOD: ReadonlySet<KubernetesErrorCode> = new Set([
  'forbidden',
  'unauthorized',
  'not-configured',
  'no-such-kind',
]);

/**
 * Whether the cluster could be told of the calls of a plan that changes something. Without that no call is made, so people
 * must know before they approve. `null`: it could, as far as reading its notes shows.
 */
export async function witnessCheck(
  kubernetes: Pick<KubernetesPort, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Check | null> {
  const query = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace };
  const listed = await kubernetes.list(query, { timeoutMs: LIST_MS, signal });
  if (listed.ok || listed.error.code === 'cancelled') return null;
  const { code, message } = listed.error;
  const verdict = FOR_GOOD.has(code) ? 'block' : 'warn';
  const title = 'The cluster cannot be told of the calls, and without that none is made';
  const help = code === 'not-configured' ? '; name its kubeconfig, or configure the ring as platform: etcd' : '';
  return { id: 'witness', verdict, title, evidence: `Leases in ${namespace} cannot be read: ${message}${help}` };
}
