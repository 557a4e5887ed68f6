import { mirrorOf, type StaticPod } from './manifests.ts';
import { type NodeApi, podPath } from './node-api.ts';
import { isMirror, type Pod, podKey } from './pod-spec.ts';
import { apiTime } from './pod-status.ts';
import type { PodWorker } from './pod-worker.ts';
import type { StaticPods } from './static-pods.ts';

/** What the mirrors of a node are made from. */
export interface MirrorScene {
  readonly api: NodeApi;
  readonly node: string;
  readonly statics: StaticPods;
  /** The node's pods at the API server by `namespace/name`. */
  readonly known: ReadonlyMap<string, Pod>;
  readonly sendStatus: (worker: PodWorker, target: Pod) => Promise<boolean>;
}

const AGAIN_AFTER_MS = 1_000;

/**
 * Makes the keeper of the mirror pods: one for every static pod, made anew when it was deleted or its manifest changed,
 * deleted when the static pod has ended. Its rounds resolve true when nothing is left to do.
 */
export function createMirrorSync({
  api,
  node,
  statics,
  known,
  sendStatus,
}: MirrorScene): (nodeUid: string) => Promise<boolean> {
  const seen = apiTime(new Date());
  const missingSince = new Map<string, number>();
  const had = new Set<string>();

  /** A mirror that was there is made anew at the kubelet's next look, not at once: whoever deleted it sees it gone. */
  function mayMake(found: StaticPod): boolean {
    if (!had.has(found.hash)) return true;
    const since = missingSince.get(found.hash) ?? performance.now();
    missingSince.set(found.hash, since);
    return performance.now() - since >= AGAIN_AFTER_MS;
  }

  async function keep(found: StaticPod, worker: PodWorker, nodeUid: string): Promise<boolean> {
    const mirror = known.get(podKey(found.pod));
    if (mirror === undefined) {
      if (worker.terminating()) return true;
      if (!mayMake(found)) return false;
      const path = `/api/v1/namespaces/${found.pod.metadata.namespace}/pods`;
      await api.call('POST', path, mirrorOf(found, { name: node, uid: nodeUid }, seen));
      // Its event brings the next round.
      return false;
    }
    had.add(found.hash);
    missingSince.delete(found.hash);
    const isCurrent = mirror.metadata.annotations['kubernetes.io/config.mirror'] === found.hash;
    if (isCurrent && mirror.metadata.deletionTimestamp === undefined) return sendStatus(worker, mirror);
    await api.remove(podPath(mirror), mirror.metadata.uid);
    return false;
  }
  return async (nodeUid) => {
    const entries = statics.entries();
    let done = true;
    for (const { found, worker } of entries) if (!(await keep(found, worker, nodeUid))) done = false;
    for (const pod of known.values()) {
      if (!isMirror(pod) || entries.some(({ found }) => podKey(found.pod) === podKey(pod))) continue;
      await api.remove(podPath(pod), pod.metadata.uid);
      done = false;
    }
    return done;
  };
}
