import { textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { acceptedOrGone, type Client } from './client.ts';
import { isOutOfService } from './node-health.ts';
import { hasEnded, identity, isGoing, podPath } from './objects.ts';
import { queueOver, type Scene } from './scene.ts';
import { markDisrupted } from './taint-eviction.ts';

/** How long the node of a pod must be missing. */
const QUARANTINE_MS = 40_000;
/** The real collector looks every 20 s: on average a pod waits half of that. */
const OUT_OF_SERVICE_MS = 10_000;

/** Removes pods that no kubelet will ever end: of nodes that are no more, and going ones of nodes out of service. */
export function collectPods(scene: Scene): void {
  const { client, pace } = scene;
  const nodes = scene.mirrors.of('/api/v1/nodes');
  const pods = scene.mirrors.of('/api/v1/pods');
  /** When a pod was first found so, by its uid. */
  const since = new Map<string, number>();
  const queue = queueOver(
    scene,
    [nodes, pods],
    () => pods.all().map((pod) => identity(pod).uid),
    async (uid) => {
      const pod = pods.get(uid);
      const why = pod === undefined ? null : lost(pod);
      if (pod === undefined || why === null) {
        since.delete(uid);
        return;
      }
      const begun = since.get(uid) ?? performance.now();
      since.set(uid, begun);
      const left = begun + (why === 'no node' ? QUARANTINE_MS : OUT_OF_SERVICE_MS) * pace - performance.now();
      if (left > 0) return queue.askIn(uid, left);
      if (why === 'no node' && (await exists(client, pod))) return;
      await remove(client, pod, why);
    },
  );
  function lost(pod: ApiObject): 'no node' | 'out of service' | null {
    const name = textAt(pod, 'spec', 'nodeName');
    if (name === '') return null;
    const node = nodes.named('', name);
    if (node === undefined) return 'no node';
    return isGoing(pod) && isOutOfService(node) ? 'out of service' : null;
  }
  pods.onChange(({ after }) => {
    if (after !== null && lost(after) !== null) queue.ask(identity(after).uid);
  });
  nodes.onChange(({ before, after }) => {
    const was = before !== null && isOutOfService(before);
    if (after !== null && (was || !isOutOfService(after))) return;
    const { name } = identity(after ?? before);
    for (const pod of pods.all()) if (textAt(pod, 'spec', 'nodeName') === name) queue.ask(identity(pod).uid);
  });
}

async function exists(client: Client, pod: ApiObject): Promise<boolean> {
  return acceptedOrGone(await client.get(`/api/v1/nodes/${textAt(pod, 'spec', 'nodeName')}`)) !== null;
}

async function remove(client: Client, pod: ApiObject, why: 'no node' | 'out of service'): Promise<void> {
  const phase = hasEnded(pod) ? undefined : 'Failed';
  const message = 'PodGC: node no longer exists';
  if (why === 'no node') await markDisrupted(client, pod, 'DeletionByPodGC', message, phase);
  const preconditions = { uid: identity(pod).uid };
  acceptedOrGone(await client.remove(podPath(pod), { gracePeriodSeconds: 0, preconditions }));
}
