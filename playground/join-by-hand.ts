import { throughAny } from './etcd-membership.ts';
import type { ClusterNode, PlaygroundCluster } from './kubernetes/cluster.ts';
import { joinControlPlane } from './kubernetes/kubeadm/join.ts';

/**
 * What a person does where a kubeadm cluster waits for a new control-plane host: takes the machine away whose member was removed, sets up
 * another one with the next free name, and joins it.
 *
 * @throws Error when every control-plane machine has its member: there is nothing to build.
 */
export async function joinByHand(cluster: PlaygroundCluster): Promise<string> {
  const listed = await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, (ring) => ring.list());
  const gone = cluster.nodes.filter(
    (node) => node.role === 'control-plane' && !listed.some((member) => member.peerUrls.includes(node.peerUrl)),
  );
  if (gone.length === 0) throw new Error('every control-plane machine has its member: nothing is to be built');
  const name = freeName(cluster.nodes);
  for (const node of gone) await cluster.removeNode(node.name);
  await joinControlPlane(cluster, cluster.addNode(name));
  return `took ${gone.map((node) => node.name).join(', ')} away, set up the machine ${name} and joined it with kubeadm`;
}

/** `cp-4` after `cp-1` to `cp-3`: the highest number and one. */
function freeName(nodes: readonly ClusterNode[]): string {
  const numbers = nodes.map((node) => Number(/^cp-(\d+)$/.exec(node.name)?.[1] ?? 0));
  return `cp-${Math.max(0, ...numbers) + 1}`;
}
