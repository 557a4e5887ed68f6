import { at, listAt, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { conditionOf, timeOf } from './objects.ts';
import { tolerates } from './placement.ts';

/** `--node-monitor-grace-period` of kube-controller-manager. */
export const GRACE_MS = 50_000;

const PREFIX = 'node.kubernetes.io/';
const REPORTED = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: 'memory-pressure',
  DiskPressure: 'disk-pressure',
  PIDPressure: 'pid-pressure',
  NetworkUnavailable: 'network-unavailable',
};
const OWN = new Set(
  ['not-ready', 'unreachable', 'unschedulable', ...Object.values(PRESSURES)].map((name) => PREFIX + name),
);

/** The taints of a node as its conditions and its cordon want them; `null`: they are so already. Others stay as they are. */
export function wantedTaints(node: ApiObject, now: number): readonly unknown[] | null {
  const wanted = ownTaints(node);
  const present = listAt(node, 'spec', 'taints');
  const kept = present.filter((taint) => !isOwn(taint) || wanted.some((each) => same(each, taint)));
  const missing = wanted.filter((each) => !present.some((taint) => same(each, taint)));
  if (missing.length === 0 && kept.length === present.length) return null;
  return [...kept, ...missing.map(({ key, effect }) => ({ key, effect, timeAdded: timeOf(now) }))];
}

interface Taint extends Fields {
  readonly key: string;
  readonly effect: 'NoSchedule' | 'NoExecute';
}

function ownTaints(node: ApiObject): readonly Taint[] {
  const ready = conditionOf(node, 'Ready')['status'];
  const pressures = Object.entries(PRESSURES).flatMap(([type, name]) =>
    conditionOf(node, type)['status'] === 'True' ? taints(name, 'NoSchedule') : [],
  );
  return [
    // A node that never said anything keeps what it was created with.
    ...(ready === undefined ? taints('not-ready', 'NoSchedule') : []),
    ...(ready === 'False' ? taints('not-ready', 'NoSchedule', 'NoExecute') : []),
    ...(ready === 'Unknown' ? taints('unreachable', 'NoSchedule', 'NoExecute') : []),
    ...pressures,
    ...(at(node, 'spec', 'unschedulable') === true ? taints('unschedulable', 'NoSchedule') : []),
  ];
}

function taints(name: string, ...effects: readonly Taint['effect'][]): readonly Taint[] {
  return effects.map((effect) => ({ key: PREFIX + name, effect }));
}

function isOwn(taint: unknown): boolean {
  return OWN.has(textAt(taint, 'key')) && textAt(taint, 'effect') !== 'PreferNoSchedule';
}

function same(a: Taint, b: unknown): boolean {
  return a.key === textAt(b, 'key') && a.effect === textAt(b, 'effect');
}

/** What shows that a kubelet lives: its lease and its last report. */
export function signOfLife(node: ApiObject, lease: ApiObject | undefined): string {
  return `${textAt(lease, 'spec', 'renewTime')} ${textAt(conditionOf(node, 'Ready'), 'lastHeartbeatTime')}`;
}

/** Conditions for a node whose kubelet is silent; empty: they say so already. */
export function silentConditions(node: ApiObject, now: number): readonly Fields[] {
  const time = timeOf(now);
  return REPORTED.flatMap((type) => {
    const { status } = conditionOf(node, type);
    if (status === 'Unknown') return [];
    const unknown = { type, status: 'Unknown', lastTransitionTime: time };
    if (status !== undefined)
      return [{ ...unknown, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }];
    const lastHeartbeatTime = textAt(node, 'metadata', 'creationTimestamp');
    const message = 'Kubelet never posted node status.';
    return [{ ...unknown, lastHeartbeatTime, reason: 'NodeStatusNeverUpdated', message }];
  });
}

/** Seconds that a pod may stay on a node with these taints; `null`: for ever. */
export function staysSeconds(pod: unknown, taintsOfNode: readonly unknown[]): number | null {
  const evicting = taintsOfNode.filter((taint) => textAt(taint, 'effect') === 'NoExecute');
  const tolerations = listAt(pod, 'spec', 'tolerations');
  if (evicting.some((taint) => !tolerations.some((each) => tolerates(each, taint)))) return 0;
  const used = evicting.flatMap((taint) => tolerations.filter((each) => tolerates(each, taint)));
  const limits = used
    .map((each) => at(each, 'tolerationSeconds'))
    .filter((seconds) => typeof seconds === 'number')
    .map((seconds) => Math.max(0, seconds));
  return limits.length === 0 ? null : Math.min(...limits);
}

/** Whether a node that is out of service has nobody who could end its pods. */
export function isOutOfService(node: ApiObject): boolean {
  const tainted = listAt(node, 'spec', 'taints').some((taint) => textAt(taint, 'key') === `${PREFIX}out-of-service`);
  return tainted && conditionOf(node, 'Ready')['status'] !== 'True';
}
