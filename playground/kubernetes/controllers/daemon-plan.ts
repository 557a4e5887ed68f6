import { at, fieldsOf, listAt, numberAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { availableIn, hasEnded, identity, isGoing, isReady } from './objects.ts';
import { fitsNode, untolerated } from './placement.ts';
import { positive } from './replica-plan.ts';

/** Label of a DaemonSet's pods that names their template. */
export const TEMPLATE = 'controller-revision-hash';

const TOLERATED = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
] as const;

/** The tolerations of a daemon's pods: those of its template, and what every daemon tolerates. */
export function daemonTolerations(spec: Fields): readonly unknown[] {
  const own = listAt(spec, 'tolerations');
  const keys: readonly (readonly [string, string])[] =
    spec['hostNetwork'] === true ? [...TOLERATED, ['node.kubernetes.io/network-unavailable', 'NoSchedule']] : TOLERATED;
  const added = keys.map(([key, effect]) => ({ key, operator: 'Exists', effect }));
  return [...own, ...added.filter((each) => !own.some((one) => sameJson(one, each)))];
}

/** Whether a daemon is to run on a node, and whether it may go on there. */
export function belongsOn(set: ApiObject, node: ApiObject): { readonly runs: boolean; readonly stays: boolean } {
  const spec = fieldsOf(at(set, 'spec', 'template', 'spec'));
  const name = textAt(spec, 'nodeName');
  if ((name !== '' && name !== identity(node).name) || !fitsNode(spec, node)) return { runs: false, stays: false };
  const taints = listAt(node, 'spec', 'taints');
  const tolerations = daemonTolerations(spec);
  return {
    runs: untolerated(tolerations, taints, ['NoSchedule', 'NoExecute']).length === 0,
    stays: untolerated(tolerations, taints, ['NoExecute']).length === 0,
  };
}

/** What a DaemonSet does next. */
export interface DaemonPlan {
  /** Names of nodes. */
  readonly create: readonly string[];
  readonly remove: readonly ApiObject[];
}

/** The node that a daemon's pod is for, also before it is scheduled. */
export function nodeOf(pod: ApiObject): string {
  const path = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms'];
  const [term] = listAt(pod, 'spec', ...path);
  const [field] = listAt(term, 'matchFields');
  const [wanted] = listAt(field, 'values');
  return textAt(pod, 'spec', 'nodeName') || (typeof wanted === 'string' ? wanted : '');
}

/** One pod for each node; what failed, is too much, or is on the wrong node goes; then as many old ones as may be missing. */
export function daemonPlan(
  set: ApiObject,
  nodes: readonly ApiObject[],
  pods: readonly ApiObject[],
  template: string,
): DaemonPlan {
  const create: string[] = [];
  const remove: ApiObject[] = [];
  const kept: ApiObject[] = [];
  const byNode = Map.groupBy(pods, nodeOf);
  for (const node of nodes) {
    const { runs, stays } = belongsOn(set, node);
    const there = byNode.get(identity(node).name) ?? [];
    const failed = there.filter((pod) => hasEnded(pod) && !isGoing(pod));
    const [first, ...more] = there.filter((pod) => !hasEnded(pod) && !isGoing(pod)).toSorted(oldest);
    remove.push(...failed, ...more);
    if (first === undefined) {
      if (runs && !there.some(isGoing) && failed.length === 0) create.push(identity(node).name);
    } else if (runs || stays) kept.push(first);
    else remove.push(first);
  }
  if (create.length > 0 || remove.length > 0) return { create, remove };
  return { create, remove: outdated(set, nodes.filter((node) => belongsOn(set, node).runs).length, kept, template) };
}

function oldest(a: ApiObject, b: ApiObject): number {
  return textAt(a, 'metadata', 'creationTimestamp') < textAt(b, 'metadata', 'creationTimestamp') ? -1 : 1;
}

/** Old pods to replace now: those that do not serve at once, others while not too many are missing. */
function outdated(set: ApiObject, wanted: number, pods: readonly ApiObject[], template: string): readonly ApiObject[] {
  if (textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return [];
  const allowed = at(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable') ?? 1;
  const percent = typeof allowed === 'string' ? Number.parseInt(allowed, 10) : Number.NaN;
  const most = typeof allowed === 'number' ? allowed : Math.ceil((percent * wanted) / 100);
  const old = pods.filter((pod) => textAt(pod, 'metadata', 'labels', TEMPLATE) !== template);
  const missing = wanted - pods.filter(isReady).length;
  const idle = old.filter((pod) => !isReady(pod));
  const serving = old.filter(isReady);
  return [...idle, ...serving.slice(0, Math.max(0, Math.max(most, 1) - missing))];
}

/** The status of a DaemonSet. */
export function daemonStatus(
  set: ApiObject,
  nodes: readonly ApiObject[],
  pods: readonly ApiObject[],
  facts: { readonly template: string; readonly now: number },
): Fields {
  const minReady = numberAt(set, 'spec', 'minReadySeconds') ?? 0;
  const live = Map.groupBy(
    pods.filter((pod) => !isGoing(pod)),
    nodeOf,
  );
  const should = nodes.filter((node) => belongsOn(set, node).runs);
  const present = should.flatMap((node) => live.get(identity(node).name)?.slice(0, 1) ?? []);
  const available = present.filter((pod) => availableIn(pod, minReady, facts.now) === 0).length;
  const updated = present.filter((pod) => textAt(pod, 'metadata', 'labels', TEMPLATE) === facts.template).length;
  const astray = nodes.filter((node) => !should.includes(node) && live.has(identity(node).name)).length;
  return {
    currentNumberScheduled: present.length,
    numberMisscheduled: astray,
    desiredNumberScheduled: should.length,
    numberReady: present.filter(isReady).length,
    ...positive('observedGeneration', numberAt(set, 'metadata', 'generation') ?? 0),
    ...positive('updatedNumberScheduled', updated),
    ...positive('numberAvailable', available),
    ...positive('numberUnavailable', should.length - available),
  };
}
