import { listAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { acceptedOrGone, type Client } from './client.ts';
import { staysSeconds } from './node-health.ts';
import { hasEnded, identity, isGoing, orderedConditions, podPath, timeOf } from './objects.ts';
import { queueOver, type Scene } from './scene.ts';

/** Deletes pods from nodes with NoExecute taints, when their tolerations are over. */
export function evictByTaints(scene: Scene): void {
  const nodes = scene.mirrors.of('/api/v1/nodes');
  const pods = scene.mirrors.of('/api/v1/pods');
  /** Since when a pod has been on a node with such taints, by its uid. */
  const since = new Map<string, number>();
  function podsOn(name: string): readonly ApiObject[] {
    return pods.all().filter((pod) => textAt(pod, 'spec', 'nodeName') === name);
  }
  function tainted(): readonly string[] {
    return nodes
      .all()
      .filter(hasEvicting)
      .flatMap((node) => podsOn(identity(node).name))
      .map((pod) => identity(pod).uid);
  }
  const queue = queueOver(scene, [nodes, pods], tainted, async (uid) => {
    const pod = pods.get(uid);
    const node = pod === undefined ? undefined : nodes.named('', textAt(pod, 'spec', 'nodeName'));
    const stays = pod === undefined || node === undefined ? null : staysSeconds(pod, listAt(node, 'spec', 'taints'));
    if (pod === undefined || stays === null || isGoing(pod) || hasEnded(pod)) {
      since.delete(uid);
      return;
    }
    const begun = since.get(uid) ?? performance.now();
    since.set(uid, begun);
    const left = begun + stays * 1_000 * scene.pace - performance.now();
    if (left > 0) return queue.askIn(uid, left);
    await evict(scene.client, pod);
    await pods.seesEnd(uid);
  });
  nodes.onChange(({ before, after }) => {
    const [was, is] = [evicting(before), evicting(after)];
    if (after !== null && !sameJson(was, is))
      for (const pod of podsOn(identity(after).name)) queue.ask(identity(pod).uid);
  });
  pods.onChange(({ before, after }) => {
    if (after === null) since.delete(identity(before).uid);
    const node = after === null ? undefined : nodes.named('', textAt(after, 'spec', 'nodeName'));
    if (after !== null && node !== undefined && hasEvicting(node)) queue.ask(identity(after).uid);
  });
}

function evicting(node: ApiObject | null): readonly unknown[] {
  return listAt(node, 'spec', 'taints').filter((taint) => textAt(taint, 'effect') === 'NoExecute');
}

function hasEvicting(node: ApiObject): boolean {
  return evicting(node).length > 0;
}

async function evict(client: Client, pod: ApiObject): Promise<void> {
  const { name, namespace, uid } = identity(pod);
  const message = `Marking for deletion Pod ${namespace}/${name}`;
  client.note(pod, {
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message,
    source: 'taint-eviction-controller',
  });
  await markDisrupted(client, pod, 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint');
  acceptedOrGone(await client.remove(podPath(pod), { preconditions: { uid } }));
}

/** Notes on a pod why it is taken away. */
export async function markDisrupted(
  client: Client,
  pod: ApiObject,
  reason: string,
  message: string,
  phase?: 'Failed',
): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata['generation'],
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timeOf(Date.now()),
    reason,
    message,
  };
  const status = { ...(phase === undefined ? {} : { phase }), ...orderedConditions(pod, [condition]) };
  acceptedOrGone(await client.strategic(`${podPath(pod)}/status`, { metadata: { uid: identity(pod).uid }, status }));
}
