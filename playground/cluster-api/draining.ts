import { apiTime, fieldsOf, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { controllerOf } from '../kubernetes/controllers/objects.ts';

/** One pod that a drain has to end, and what came of it. */
export interface DrainedPod {
  /** `web/nginx-1`. */
  readonly name: string;
  /** `null`: it is going; else why it is not, in the words of the server. */
  readonly refusal: string | null;
}

/** Label of pods that Cluster API leaves where they are, with the value `skip`. */
const DRAIN = 'cluster.x-k8s.io/drain';
/** An unreachable kubelet ends nothing: pods that go for longer than this do not count. */
const UNREACHABLE_MS = 1_000;

/** Whether a drain leaves a pod alone. Pure. Source: cluster-api core/reconcilers/machine/drain/filters.go */
export function isIgnored(pod: ApiObject, { reachable, nowMs }: { reachable: boolean; nowMs: number }): boolean {
  const owner = controllerOf(pod);
  const gone = Date.parse(textAt(pod, 'metadata', 'deletionTimestamp'));
  return (
    textAt(owner, 'kind') === 'DaemonSet' ||
    fieldsOf(pod.metadata['annotations'])['kubernetes.io/config.mirror'] !== undefined ||
    textAt(pod, 'metadata', 'labels', DRAIN).toLowerCase() === 'skip' ||
    (!reachable && nowMs - gone > UNREACHABLE_MS)
  );
}

const NAMED = 3;

/** What a drain that is not done says. Pure. Source: cluster-api core/reconcilers/machine/drain/drain.go ConditionMessage */
export function drainMessage(startedMs: number, pods: readonly DrainedPod[]): string {
  const going = pods.filter(({ refusal }) => refusal === null).map(({ name }) => name);
  const reasons = [...new Set(pods.flatMap(({ refusal }) => refusal ?? []))].toSorted();
  const lines = [
    ...(going.length === 0 ? [] : [`* ${named(going)}: deletionTimestamp set, but still not removed from the Node`]),
    ...reasons.map(
      (why) => `* ${named(pods.filter(({ refusal }) => refusal === why).map(({ name }) => name))}: ${why}`,
    ),
  ];
  return [`Drain not completed yet (started at ${apiTime(new Date(startedMs))}):`, ...lines].join('\n');
}

function named(pods: readonly string[]): string {
  const more = pods.length > NAMED ? `, ... (${pods.length - NAMED} more)` : '';
  return `Pod${pods.length === 1 ? '' : 's'} ${pods.slice(0, NAMED).join(', ')}${more}`;
}

/** Why an eviction was refused, as a drain says it: with the budgets that a 429 names. Pure. */
export function refusalOf(status: number, body: unknown): string {
  const message = textAt(body, 'message') || String(status);
  if (status !== 429) return `failed to evict Pod, ${message}`;
  const causes = listAt(body, 'details', 'causes')
    .filter((each) => textAt(each, 'reason') === 'DisruptionBudget')
    .map((each) => textAt(each, 'message'));
  return ["cannot evict pod as it would violate the pod's disruption budget.", ...causes].join(' ');
}
