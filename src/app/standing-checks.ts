import { DRYDOCK_LABEL, hostingCheck, installedPod } from '../core/kubernetes/hosting.ts';
import type { Check } from '../core/plan.ts';
import type { KubernetesPort } from '../core/ports/kubernetes.ts';

const LIST_MS = 5000;

/**
 * What stands beside the checks of every plan on a cluster with an API server: whether it hosts Drydock. That it cannot be seen
 * is no reason against a plan, and is said unless there is no way at all to ask.
 */
export async function standingChecks(
  kubernetes: Pick<KubernetesPort, 'list'>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: null, labelSelector: DRYDOCK_LABEL };
  const listed = await kubernetes.list(query, { timeoutMs: LIST_MS, signal });
  if (listed.ok) {
    const check = hostingCheck(listed.value.items.map(installedPod));
    return check === null ? [] : [check];
  }
  const { code } = listed.error;
  if (code === 'not-configured' || code === 'cancelled') return [];
  const title = 'It cannot be seen whether this cluster hosts Drydock';
  const why =
    code === 'forbidden' || code === 'unauthorized'
      ? 'Drydock may not list its pods'
      : 'its pods could not be listed just now';
  const evidence = `${why}; if it does host Drydock or its Redis, the run may stand still while these are away`;
  return [{ id: 'hosts-unseen', verdict: 'warn', title, evidence }];
}
