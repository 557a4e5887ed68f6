import { fieldsOf, listAt, numberAt, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { availableIn, hasEnded, isGoing, isReady } from './objects.ts';

/** What a ReplicaSet does next. */
export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly ApiObject[];
}

/** Pods to create, or to remove: those that serve least go first. */
export function replicaPlan(wanted: number, pods: readonly ApiObject[]): ReplicaPlan {
  const active = activePods(pods);
  const missing = wanted - active.length;
  if (missing >= 0) return { create: missing, remove: [] };
  return { create: 0, remove: leastServing(active).slice(0, -missing) };
}

/** Pods that have not ended and are not going. */
export function activePods(pods: readonly ApiObject[]): readonly ApiObject[] {
  return pods.filter((pod) => !hasEnded(pod) && !isGoing(pod));
}

function leastServing(pods: readonly ApiObject[]): readonly ApiObject[] {
  const onNode = Map.groupBy(pods, (pod) => textAt(pod, 'spec', 'nodeName'));
  function rank(pod: ApiObject): readonly number[] {
    const node = textAt(pod, 'spec', 'nodeName');
    const ready = textAt(
      listAt(pod, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready'),
      'lastTransitionTime',
    );
    const restarts = listAt(pod, 'status', 'containerStatuses').map((each) => numberAt(each, 'restartCount') ?? 0);
    return [
      node === '' ? 0 : 1,
      ['Pending', 'Unknown', 'Running'].indexOf(textAt(pod, 'status', 'phase')),
      isReady(pod) ? 1 : 0,
      Number(textAt(pod, 'metadata', 'annotations', 'controller.kubernetes.io/pod-deletion-cost')),
      -(onNode.get(node)?.length ?? 0),
      -(Date.parse(ready) || 0),
      -Math.max(0, ...restarts),
      -Date.parse(textAt(pod, 'metadata', 'creationTimestamp')),
    ];
  }
  const ranked = pods.map((pod) => ({ pod, rank: rank(pod) }));
  return ranked.toSorted((a, b) => firstDifference(a.rank, b.rank)).map(({ pod }) => pod);
}

function firstDifference(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

/** The status of a ReplicaSet, and when time alone will change it. `failure`: why a pod could not be created. */
export function replicaSetStatus(
  set: ApiObject,
  pods: readonly ApiObject[],
  failure: Fields | null,
  now: number,
): { readonly status: Fields; readonly againIn: number | null } {
  const active = activePods(pods);
  const labels = Object.entries(fieldsOf(fieldsOf(fieldsOf(fieldsOf(set['spec'])['template'])['metadata'])['labels']));
  const complete = active.filter((pod) => {
    const own = fieldsOf(pod.metadata['labels']);
    return labels.every(([name, value]) => own[name] === value);
  });
  const waits = active.map((pod) => availableIn(pod, numberAt(set, 'spec', 'minReadySeconds') ?? 0, now));
  const pending = waits.filter((wait) => wait !== null && wait > 0);
  const status = {
    replicas: active.length,
    ...positive('fullyLabeledReplicas', complete.length),
    ...positive('readyReplicas', active.filter(isReady).length),
    ...positive('availableReplicas', waits.filter((wait) => wait === 0).length),
    terminatingReplicas: pods.filter((pod) => isGoing(pod) && !hasEnded(pod)).length,
    ...positive('observedGeneration', numberAt(set, 'metadata', 'generation') ?? 0),
    ...(failure === null ? {} : { conditions: [failure] }),
  };
  return { status, againIn: pending.length === 0 ? null : Math.min(...pending.map(Number)) };
}

/** A field that is left out when it is 0. */
export function positive(name: string, value: number): Fields {
  return value > 0 ? { [name]: value } : {};
}
