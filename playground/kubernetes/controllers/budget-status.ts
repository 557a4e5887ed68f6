import { at, fieldsOf, numberAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { isReady, withCondition, withDisruptionAllowed } from '../eviction/budget.ts';

/** How long a disrupted pod may still be there until it counts again. */
const DELETION_MS = 120_000;

/** What a budget wants. */
export interface Wanted {
  /** Pods that should be there. */
  readonly expected: number;
  /** Of those, how many have to be ready. */
  readonly desired: number;
}

/** Whether a budget's numbers need the scale of the pods' controllers: `maxUnavailable`, or a percentage. */
export function needsScale(budget: ApiObject): boolean {
  return at(budget, 'spec', 'maxUnavailable') !== undefined || typeof at(budget, 'spec', 'minAvailable') === 'string';
}

/**
 * A text: why it cannot be said.
 *
 * @param pods how many the budget selects
 * @param scale the sum of the replicas that their controllers want; only looked at when {@link needsScale}
 */
export function wantedBy(budget: ApiObject, pods: number, scale: number): Wanted | string {
  const most = at(budget, 'spec', 'maxUnavailable');
  const least = at(budget, 'spec', 'minAvailable');
  if (most === undefined && typeof least === 'number') return { expected: pods, desired: least };
  if (most === undefined && least === undefined) return { expected: 0, desired: 0 };
  const share = scaled(most ?? least, scale);
  if (share === null) return `invalid value for IntOrString: ${JSON.stringify(most ?? least)}`;
  return { expected: scale, desired: most === undefined ? share : Math.max(0, scale - share) };
}

/** A number as it is, a percentage of the whole rounded up; `null`: neither. */
function scaled(value: unknown, whole: number): number | null {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '')?.[1];
  return percent === undefined ? null : Math.ceil((Number(percent) * whole) / 100);
}

/** The status of a budget, and when it has to be looked at again without anything having changed. */
export interface Reckoned {
  readonly status: Fields;
  /** Milliseconds since 1970; `null`: never. */
  readonly again: number | null;
}

/** Counts the pods that a budget selects. `now`: milliseconds since 1970. */
export function reckoned(budget: ApiObject, pods: readonly ApiObject[], wanted: Wanted, now: number): Reckoned {
  const disrupted = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter(
    (pod) =>
      textAt(pod, 'metadata', 'deletionTimestamp') === '' &&
      disrupted[textAt(pod, 'metadata', 'name')] === undefined &&
      isReady(pod),
  ).length;
  const free = currentHealthy - wanted.desired;
  const disruptionsAllowed = wanted.expected <= 0 || free <= 0 ? 0 : free;
  const observedGeneration = numberAt(budget, 'metadata', 'generation') ?? 0;
  const observed = { ...budget, status: { ...fieldsOf(budget['status']), observedGeneration } };
  const ends = Object.values(disrupted).map((time) => Date.parse(time) + DELETION_MS);
  return {
    status: {
      observedGeneration,
      ...(ends.length === 0 ? {} : { disruptedPods: disrupted }),
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy: wanted.desired,
      expectedPods: wanted.expected,
      conditions: withDisruptionAllowed(observed, disruptionsAllowed, now),
    },
    again: ends.length === 0 ? null : Math.min(...ends),
  };
}

/** Pods that the API server let go and that have not begun to; they are taken back after two minutes. */
function stillDisrupted(budget: ApiObject, pods: readonly ApiObject[], now: number): Readonly<Record<string, string>> {
  const noted = fieldsOf(at(budget, 'status', 'disruptedPods'));
  const kept = pods
    .filter((pod) => textAt(pod, 'metadata', 'deletionTimestamp') === '')
    .map((pod) => textAt(pod, 'metadata', 'name'))
    .map((name) => [name, textAt(noted, name)] as const)
    .filter(([, time]) => time !== '' && Date.parse(time) + DELETION_MS >= now);
  return Object.fromEntries(kept);
}

/** The status when the numbers cannot be found out: nothing may be disrupted. */
export function failed(budget: ApiObject, message: string, now: number): Fields {
  const conditions = withCondition(budget, { status: 'False', reason: 'SyncFailed', message, now });
  return { ...fieldsOf(budget['status']), disruptionsAllowed: 0, conditions };
}

/** Whether two states say the same. */
export function sameStatus(budget: ApiObject, status: Fields): boolean {
  return sameJson(budget['status'], status);
}
