import type { DryRunAnswer } from '../../../src/core/drain/checks.ts';
import type { DrainPod } from '../../../src/core/drain/view.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';

/** Requests at once. */
const AT_ONCE = 10;
const CALL_MS = 10_000;

/** How the pods would be asked to go. */
export interface Asking {
  /** Budgets are passed over: pods are deleted. */
  readonly ignoreBudgets: boolean;
  readonly graceSeconds: number | null;
}

/** Asks the server for each eviction as a dry run: it checks budgets, webhooks and rights, and changes nothing. In the order of the pods. */
export async function dryRunEvictions(
  kubernetes: Pick<KubernetesPort, 'evict' | 'delete'>,
  pods: readonly DrainPod[],
  asking: Asking,
  signal: AbortSignal,
): Promise<readonly DryRunAnswer[]> {
  const answers: DryRunAnswer[] = [];
  for (let from = 0; from < pods.length; from += AT_ONCE) {
    const some = pods.slice(from, from + AT_ONCE);
    answers.push(...(await Promise.all(some.map(async (pod) => await ask(kubernetes, pod, asking, signal)))));
  }
  return answers;
}

async function ask(
  kubernetes: Pick<KubernetesPort, 'evict' | 'delete'>,
  pod: DrainPod,
  { ignoreBudgets, graceSeconds }: Asking,
  signal: AbortSignal,
): Promise<DryRunAnswer> {
  const { namespace, name, uid } = pod;
  const grace = graceSeconds === null ? {} : { gracePeriodSeconds: graceSeconds };
  const how = { timeoutMs: CALL_MS, signal, dryRun: true, ...grace };
  if (!ignoreBudgets) return { pod, answer: await kubernetes.evict({ namespace, name, uid }, how) };
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  return { pod, answer: await kubernetes.delete(ref, { ...how, preconditions: { uid } }) };
}
