import type { KubernetesErrorCode } from '../ports/kubernetes.ts';

const REFUSALS: ReadonlySet<KubernetesErrorCode> = new Set(['forbidden', 'unauthorized', 'not-configured', 'refused']);

/** Whether a call failed because Drydock may not make it, or has no way to that cluster: people mend a right or a setting, waiting does not help. */
export function isAccessRefused(code: KubernetesErrorCode): boolean {
  return REFUSALS.has(code);
}
