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

  async function keep(found: StaticPod, worker: PodWorker, nodeUid: string): Promise<boolean> {
    const mirror = known.get(podKey(found.pod));
    if (mirror === undefined) {
      if (worker.terminating()) return true;
      const path = `/api/v1/namespaces/${found.pod.metadata.namespace}/pods`;
      await api.call('POST', path, mirrorOf(found, { name: node, uid: nodeUid }, seen));
      // Its event brings the next round.
      return false;
    }
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
