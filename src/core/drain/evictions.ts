import type { NodeSettings } from '../cluster-profile.ts';
import { leftOn } from './advance.ts';
import { type Allowances, allowancesOf, isUnderWay } from './allowances.ts';
import { asksNoBudget } from './budget-standing.ts';
import { classify } from './classify.ts';
import { nodeNamed } from './coverage.ts';
import type { Cursor } from './cursor.ts';
import { belongsTo } from './owners.ts';
import type { StuckPod } from './stuck.ts';
import { type DrainConsents, type DrainPod, type DrainView, podName } from './view.ts';

/** Limits of one drain, and what people consented to. Times in ms. */
export interface WaveLimits extends Readonly<NodeSettings['drain']> {
  readonly consents: DrainConsents;
}

/** A pod that is to be asked to go now. `budget`: name of the one that it counts against; `null`: of none. */
export interface Eviction {
  readonly pod: DrainPod;
  readonly budget: string | null;
}

/** A pod that cannot go as things are: the server says no whenever it is asked. `why`: without a period. */
export interface Blocker {
  readonly pod: DrainPod;
  readonly why: string;
}

/** So many pods of one owner may come to a node after its drain began: the scheduler had placed them before it saw the cordon. */
const RETURNS = 2;

const PASSED_OVER: Allowances = { take: () => ({ kind: 'free', budget: null }) };

function allowancesFor(view: DrainView, cursor: Cursor, { consents }: WaveLimits, nowMs: number): Allowances {
  return consents.ignoreBudgets ? PASSED_OVER : allowancesOf(view, cursor, nowMs);
}

/** Nodes whose drain has begun and is not over. */
export function nodesUnderWay({ nodes }: Cursor): readonly Cursor['nodes'][number][] {
  return nodes.filter(({ begunMs, emptyMs }) => begunMs !== null && emptyMs === null);
}

/** Whether a node of this name is there and cordoned. */
export function isCordoned(view: DrainView, name: string): boolean {
  return nodeNamed(view, name)?.cordoned === true;
}

/**
 * The evictions of one look, the earlier nodes first. None while budgets are not known or the server asked for a pause; none from a node that is
 * not cordoned, or where a pod may not go.
 */
export function evictionsOf(
  view: DrainView,
  cursor: Cursor,
  limits: WaveLimits,
  stuck: readonly StuckPod[],
  nowMs: number,
): readonly Eviction[] {
  const { consents, parallelPods } = limits;
  if (cursor.holdMs > nowMs || (view.budgets === null && !consents.ignoreBudgets)) return [];
  const allowances = allowancesFor(view, cursor, limits, nowMs);
  return nodesUnderWay(cursor).flatMap((node) => {
    if (!isCordoned(view, node.name)) return [];
    const left = leftOn(view, node, consents, nowMs);
    if (left.some((pod) => classify(pod, { view, consents, nowMs }).kind === 'refuse')) return [];
    const { going, askable } = apart(view, cursor, left, nowMs);
    const idle = stuck.filter(({ pod }) => pod.node === node.name).length;
    return taken(askable, allowances, parallelPods - going + idle);
  });
}

function taken(pods: readonly DrainPod[], allowances: Allowances, slots: number): readonly Eviction[] {
  const evict: Eviction[] = [];
  for (const pod of pods.toSorted(cheapFirst)) {
    if (evict.length >= slots) break;
    const allowed = allowances.take(pod);
    if (allowed.kind === 'blocked') continue;
    evict.push({ pod, budget: allowed.budget === null ? null : podName(allowed.budget) });
  }
  return evict;
}

/** How many of these pods are on their way, and those that may be asked now. */
function apart(
  view: DrainView,
  cursor: Cursor,
  left: readonly DrainPod[],
  nowMs: number,
): { readonly going: number; readonly askable: readonly DrainPod[] } {
  const asked = new Map(cursor.asked.map((each) => [each.uid, each]));
  const staying = left.filter(({ uid, deletedAt }) => {
    const sent = asked.get(uid);
    return deletedAt === null && (sent === undefined || !isUnderWay(sent, nowMs));
  });
  const askable = staying.filter((pod) => {
    return (asked.get(pod.uid)?.againMs ?? 0) <= nowMs && !hasReturned(view, cursor, pod);
  });
  return { going: left.length - staying.length, askable };
}

/** Pods that ask no budget go first, then those that are not ready. */
function cheapFirst(a: DrainPod, b: DrainPod): number {
  return rankOf(a) - rankOf(b) || (podName(a) < podName(b) ? -1 : 1);
}

function rankOf(pod: DrainPod): number {
  return asksNoBudget(pod) ? 0 : pod.ready ? 2 : 1;
}

function hasReturned(view: DrainView, { newest, returned }: Cursor, pod: DrainPod): boolean {
  if (pod.createdAt <= (newest[pod.node] ?? pod.createdAt)) return false;
  const owner = belongsTo(view, pod);
  return returned.some((each) => each.node === pod.node && each.owner === owner && each.times > RETURNS);
}

/** Owners whose pods come back to a drained node again and again, in words without a period. They are not evicted again. */
export function returningOf({ returned }: Cursor): readonly string[] {
  const again = returned.filter(({ times }) => times > RETURNS);
  return again.map(({ owner, node, times }) => {
    return `${owner} came back to node ${node} ${times} times after its drain began: its pods tolerate the cordon`;
  });
}

/** Pods of nodes under way that cannot go as things are. */
export function hopelessOf(view: DrainView, cursor: Cursor, limits: WaveLimits, nowMs: number): readonly Blocker[] {
  const said = new Map(cursor.asked.flatMap(({ uid, hopeless, words }) => (hopeless ? [[uid, words] as const] : [])));
  const allowances = allowancesFor(view, cursor, limits, nowMs);
  const left = nodesUnderWay(cursor).flatMap((node) => leftOn(view, node, limits.consents, nowMs));
  return left.flatMap((pod) => {
    const words = said.get(pod.uid);
    if (words !== undefined) return [{ pod, why: words }];
    const allowed = allowances.take(pod);
    return allowed.kind === 'blocked' && allowed.by === null ? [{ pod, why: 'several budgets select it' }] : [];
  });
}
