import { textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { accepted, acceptedOrGone } from './client.ts';
import type { Mirror } from './mirror.ts';
import { GRACE_MS, signOfLife, silentConditions, wantedTaints } from './node-health.ts';
import { conditionOf, identity, isReady, orderedConditions, podPath, timeOf } from './objects.ts';
import { queueOver, type Scene } from './scene.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Says of nodes whose kubelet is silent that nothing is known of them, and keeps the taints that follow from conditions and cordons. */
export function watchNodes(scene: Scene): void {
  const nodes = scene.mirrors.of('/api/v1/nodes');
  const leases = scene.mirrors.of(LEASES);
  const pods = scene.mirrors.of('/api/v1/pods');
  /** When a new sign of life was last seen, by uid of the node; in this process's time, as clocks differ. */
  const seen = new Map<string, { readonly sign: string; readonly at: number }>();
  // While the API server is away nobody can be heard: everyone gets the whole grace again.
  nodes.onFilled(() => seen.clear());
  function everyNode(): readonly string[] {
    return nodes.all().map((node) => identity(node).uid);
  }
  const queue = queueOver(scene, [nodes, leases, pods], everyNode, async (uid) => {
    const node = nodes.get(uid);
    if (node === undefined) return;
    const silentFor =
      performance.now() - sawSign(uid, signOfLife(node, leases.named('kube-node-lease', identity(node).name)));
    const left = GRACE_MS * scene.pace - silentFor;
    if (left <= 0) {
      if (!(await isHealthy(scene))) {
        seen.clear();
        throw new Error('etcd was away: nobody could say that it lives');
      }
      await markSilent(scene, nodes, node);
    }
    await keepTaints(scene, nodes, nodes.get(uid) ?? node);
    if (conditionOf(nodes.get(uid) ?? node, 'Ready')['status'] === 'Unknown') await markPods(scene, pods, node);
    else queue.askIn(uid, Math.max(left, 0) + 5);
  });
  function sawSign(uid: string, sign: string): number {
    const before = seen.get(uid);
    if (before?.sign === sign) return before.at;
    seen.set(uid, { sign, at: performance.now() });
    return performance.now();
  }
  nodes.onChange(({ after, before }) => {
    if (after !== null) queue.ask(identity(after).uid);
    else if (before !== null) seen.delete(identity(before).uid);
  });
  leases.onChange(({ after }) => {
    const node = after === null ? undefined : nodes.named('', identity(after).name);
    if (node !== undefined) queue.ask(identity(node).uid);
  });
}

const HEALTHY_WITHIN_MS = 2_000;

/** Whether the API server answers from etcd without delay. While it does not, the real controllers lose their own lease and begin anew. */
async function isHealthy({ client }: Scene): Promise<boolean> {
  const begun = performance.now();
  const { status } = await client.get(`${LEASES}?limit=1`);
  return status === 200 && performance.now() - begun < HEALTHY_WITHIN_MS;
}

async function markSilent({ client }: Scene, nodes: Mirror, node: ApiObject): Promise<void> {
  const conditions = silentConditions(node, Date.now());
  if (conditions.length === 0) return;
  const path = `/api/v1/nodes/${identity(node).name}/status`;
  const answer = await client.strategic(path, {
    metadata: { uid: identity(node).uid },
    status: orderedConditions(node, conditions),
  });
  const written = acceptedOrGone(answer);
  if (written === null) return;
  await nodes.sees(written);
  const message = `Node ${identity(node).name} status is now: NodeNotReady`;
  client.note(node, { type: 'Normal', reason: 'NodeNotReady', message, source: 'node-controller' });
}

async function keepTaints({ client }: Scene, nodes: Mirror, node: ApiObject): Promise<void> {
  const taints = wantedTaints(node, Date.now());
  if (taints === null) return;
  const { resourceVersion } = node.metadata;
  const answer = await client.merge(`/api/v1/nodes/${identity(node).name}`, {
    metadata: { resourceVersion },
    spec: { taints: taints.length === 0 ? null : taints },
  });
  if (answer.status === 404) return;
  await nodes.sees(accepted(answer));
}

/** Pods of a node of which nothing is known are not ready. */
async function markPods({ client }: Scene, pods: Mirror, node: ApiObject): Promise<void> {
  const { name } = identity(node);
  for (const pod of pods.all().filter((each) => textAt(each, 'spec', 'nodeName') === name && isReady(each))) {
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timeOf(Date.now()) };
    acceptedOrGone(await client.strategic(`${podPath(pod)}/status`, { status: orderedConditions(pod, [condition]) }));
  }
}
