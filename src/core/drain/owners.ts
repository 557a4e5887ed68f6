import { groupOf } from '../kubernetes/api-group.ts';
import { podsOn, workloadOf } from './coverage.ts';
import { type DrainPod, type DrainView, type Owner, podName, type Workload } from './view.ts';

/** Owners above owners end somewhere. */
const DEEPEST = 5;

/**
 * Who owns a pod at the root: the Deployment and not its ReplicaSet, the CronJob and not its Job. An owner that was not listed is the
 * root. `null`: nobody owns it.
 */
export function rootOwner(view: DrainView, { owner }: DrainPod): Owner | null {
  let root = owner;
  for (let depth = 0; root !== null && depth < DEEPEST; depth += 1) {
    const above: Owner | null = workloadOf(view, root.uid)?.owner ?? null;
    if (above === null) return root;
    root = above;
  }
  return root;
}

/** The object at the root above a pod, with its replicas; `null`: nobody owns the pod, or its root is of another kind. */
export function rootWorkload(view: DrainView, pod: DrainPod): Workload | null {
  const root = rootOwner(view, pod);
  return root === null ? null : workloadOf(view, root.uid);
}

/** Who a pod belongs to, for people: `Deployment web/nginx`; a pod without an owner is named itself: `pod web/once`. */
export function belongsTo(view: DrainView, pod: DrainPod): string {
  const root = rootOwner(view, pod);
  return root === null ? `pod ${podName(pod)}` : `${root.kind} ${pod.namespace}/${root.name}`;
}

/** Who these pods belong to, each once, in the order of their names. */
export function ownersOf(view: DrainView, pods: readonly DrainPod[]): readonly string[] {
  return [...new Set(pods.map((pod) => belongsTo(view, pod)))].toSorted();
}

const LISTED: ReadonlySet<string> = new Set(['apps', 'batch', '']);

/** Owners of pods on these nodes that are of a listed kind and not in the view: its list of workloads is too old to be relied on. */
export function ownersUnread(view: DrainView, nodes: readonly string[]): readonly Owner[] {
  const owners = nodes.flatMap((node) => podsOn(view, node).flatMap(({ owner }) => owner ?? []));
  const unread = owners.filter(({ uid, apiVersion, kind }) => {
    return kind !== 'Node' && LISTED.has(groupOf(apiVersion)) && workloadOf(view, uid) === null;
  });
  return [...new Map(unread.map((owner) => [owner.uid, owner])).values()];
}
