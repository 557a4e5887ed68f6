import { listAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { accepted, acceptedOrGone, type Client, createClient } from './client.ts';
import { conditionOf, hasEnded, identity, isGoing, orderedConditions, podPath, timeOf } from './objects.ts';
import { placed } from './placement.ts';
import { queueOver, type Scene } from './scene.ts';

const SOURCE = 'default-scheduler';

/** Gives every pod without a node one, or says why there is none. */
export function keepScheduling(scene: Scene): void {
  const client = createClient(scene.api, 'kube-scheduler');
  const pods = scene.mirrors.of('/api/v1/pods');
  const nodes = scene.mirrors.of('/api/v1/nodes');
  function waiting(): readonly string[] {
    return pods
      .all()
      .filter(waits)
      .map((pod) => identity(pod).uid);
  }
  const queue = queueOver(scene, [pods, nodes], waiting, async (uid) => {
    const pod = pods.get(uid);
    if (pod === undefined || !waits(pod)) return;
    const bound = pods.all().filter((each) => textAt(each, 'spec', 'nodeName') !== '');
    const found = placed(pod, nodes.all(), bound);
    if (found.node === null) return notePending(client, pod, found.why);
    await bind(client, pod, found.node);
    await pods.sees(accepted(await client.get(podPath(pod))));
  });
  pods.onChange(({ before, after }) => {
    if (after !== null && waits(after)) queue.ask(identity(after).uid);
    const freed = before !== null && (after === null || (hasEnded(after) && !hasEnded(before)));
    if (freed && textAt(before, 'spec', 'nodeName') !== '') for (const uid of waiting()) queue.ask(uid);
  });
  nodes.onChange(({ before, after }) => {
    const same = sameJson(facts(before), facts(after));
    if (!same) for (const uid of waiting()) queue.ask(uid);
  });
}

/** What of a node counts for its pods. */
function facts(node: ApiObject | null): unknown {
  return node === null ? null : [node.metadata['labels'], node['spec'], textAt(node, 'status', 'allocatable', 'pods')];
}

function waits(pod: ApiObject): boolean {
  return (
    textAt(pod, 'spec', 'nodeName') === '' &&
    textAt(pod, 'spec', 'schedulerName') === 'default-scheduler' &&
    listAt(pod, 'spec', 'schedulingGates').length === 0 &&
    !isGoing(pod)
  );
}

async function bind(client: Client, pod: ApiObject, node: string): Promise<void> {
  const { name, namespace, uid } = identity(pod);
  const target = { apiVersion: 'v1', kind: 'Node', name: node };
  const answer = await client.create(`${podPath(pod)}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target,
  });
  acceptedOrGone(answer);
  const message = `Successfully assigned ${namespace}/${name} to ${node}`;
  client.note(pod, { type: 'Normal', reason: 'Scheduled', message, source: SOURCE, action: 'Binding' });
}

async function notePending(client: Client, pod: ApiObject, message: string): Promise<void> {
  const before = conditionOf(pod, 'PodScheduled');
  if (before['message'] === message) return;
  client.note(pod, { type: 'Warning', reason: 'FailedScheduling', message, source: SOURCE, action: 'Scheduling' });
  const condition = {
    type: 'PodScheduled',
    observedGeneration: pod.metadata['generation'],
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: before['status'] === 'False' ? before['lastTransitionTime'] : timeOf(Date.now()),
    reason: 'Unschedulable',
    message,
  };
  acceptedOrGone(await client.strategic(`${podPath(pod)}/status`, { status: orderedConditions(pod, [condition]) }));
}
