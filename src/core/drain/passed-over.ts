import { formatDuration } from '../duration.ts';
import type { Check } from '../plan.ts';
import { spanAsSet } from '../time.ts';
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

/** What `--skip-ending` is beside, times in ms. */
interface Order {
  readonly consents: DrainConsents;
  /** `--grace`: what each pod gets to end before it counts as late; `null`: its own. */
  readonly graceMs: number | null;
  /** For one node, and for all together. */
  readonly limits: { readonly nodeMs: number; readonly wholeMs: number };
}

/**
 * Says what `--skip-ending` means, and whom it concerns already; blocks where a node is given up before it could take effect. Only where it
 * was asked for.
 */
export function passedOverCheck(
  view: DrainView,
  nodes: readonly string[],
  { consents, graceMs, limits }: Order,
  nowMs: number,
): readonly Check[] {
  const { skipEndingMs } = consents;
  if (skipEndingMs === undefined) return [];
  const leastMs = Math.min(limits.nodeMs, limits.wholeMs);
  if (skipEndingMs + (graceMs ?? 0) >= leastMs) return [tooLate(skipEndingMs, graceMs ?? 0, limits)];
  const pods = passedOver(view, nodes, consents, nowMs).map((pod) => `${podName(pod)} on ${pod.node}`);
  const now = pods.length === 0 ? 'none yet' : `now ${counted(pods.length, 'pod')}: ${someOf(pods)}`;
  const goes = (pod: DrainPod): boolean => classify(pod, { view, consents, nowMs }).kind === 'evict';
  const leaving = nodes.flatMap((node) => podsOn(view, node)).filter(goes);
  const patient = graceMs === null ? patientWords(leaving, leastMs - skipEndingMs) : '';
  const evidence = `${spanAsSet(skipEndingMs)} after their time; ${now}. Their processes may still run on the node and write there${patient}`;
  return [{ id: 'passed-over', verdict: 'warn', title: 'Pods that do not end are not waited for', evidence }];
}

/** Pods whose own time to end is so long that their node may be given up before they count as late. Empty: none. */
function patientWords(leaving: readonly DrainPod[], leftMs: number): string {
  const pods = leaving.filter((pod) => pod.graceSeconds * 1000 >= leftMs);
  if (pods.length === 0) return '';
  const names = pods.map((pod) => `${podName(pod)} (${spanAsSet(pod.graceSeconds * 1000)})`);
  return `. Too long a time to end by itself for that, so that its node may be given up before: ${someOf(names)}; \`--grace\` shortens it`;
}

function tooLate(skipEndingMs: number, graceMs: number, { nodeMs, wholeMs }: Order['limits']): Check {
  const longer = 2 * (skipEndingMs + graceMs);
  const more = longer > wholeMs ? '' : `, or more time: \`--timeout ${formatDuration(longer)}\``;
  const given = nodeMs <= wholeMs ? `a node has ${spanAsSet(nodeMs)}` : `all nodes have ${spanAsSet(wholeMs)}`;
  const own = graceMs === 0 ? '' : `, which is ${spanAsSet(graceMs)} (--grace)`;
  const evidence = `${given}, and pods are to be waited for ${spanAsSet(skipEndingMs)} after their time${own}. Give a shorter --skip-ending${more}`;
  const title = 'A node would be given up before --skip-ending takes effect';
  return { id: 'passed-over', verdict: 'block', title, evidence };
}

/** The same at the end, a sentence; empty: none is there. */
export function passedOverWords(pods: readonly DrainPod[]): string {
  if (pods.length === 0) return '';
  return `Not waited for: ${someOf(pods.map((pod) => `${podName(pod)} on ${pod.node}`))}; ${pods.length === 1 ? 'its process' : 'their processes'} may still run there.`;
}
