import type { KubernetesError } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';

/** The server's words of a refused eviction, without secrets and without a period: of the budget where it names one. */
export function serverWords({ message, causes = [] }: KubernetesError): string {
  const named = causes.find(({ reason }) => reason === 'DisruptionBudget')?.message ?? '';
  return withoutSecrets(named === '' ? message : named).replace(/\.$/, '');
}
