import type { Check } from '../plan.ts';
import { formatSpan } from '../time.ts';
import { classify } from './classify.ts';
import { podsOn } from './coverage.ts';
import { type DrainConsents, type DrainPod, type DrainView, podName } from './view.ts';
import { counted, someOf } from './words.ts';

/** Pods that are still on these nodes and are not waited for, because they have been ending for longer than people said. */
export function passedOver(
  view: DrainView,
  nodes: readonly string[],
  consents: DrainConsents,
  nowMs: number,
): readonly DrainPod[] {
  return nodes.flatMap((node) =>
    podsOn(view, node).filter((pod) => {
      const of = classify(pod, { view, consents, nowMs });
      return of.kind === 'skip' && of.why === 'terminating-long';
    }),
  );
}

/** Says what `--skip-ending` means, and whom it concerns already. Only where it was asked for. */
export function passedOverCheck(
  view: DrainView,
  nodes: readonly string[],
  consents: DrainConsents,
  nowMs: number,
): readonly Check[] {
  const { skipEndingMs } = consents;
  if (skipEndingMs === undefined) return [];
  const pods = passedOver(view, nodes, consents, nowMs).map((pod) => `${podName(pod)} on ${pod.node}`);
  const now = pods.length === 0 ? 'none yet' : `now ${counted(pods.length, 'pod')}: ${someOf(pods)}`;
  const evidence = `${formatSpan(skipEndingMs)} after their time; ${now}. Their processes may still run on the node and write there`;
  return [{ id: 'passed-over', verdict: 'warn', title: 'Pods that do not end are not waited for', evidence }];
}

/** The same at the end, a sentence; empty: none is there. */
export function passedOverWords(pods: readonly DrainPod[]): string {
  if (pods.length === 0) return '';
  return `Not waited for: ${someOf(pods.map((pod) => `${podName(pod)} on ${pod.node}`))}; ${pods.length === 1 ? 'its process' : 'their processes'} may still run there.`;
}
