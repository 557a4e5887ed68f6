import type { EtcdMember } from './etcd-member.ts';
import { type EtcdRing, ringOf } from './etcd-ring.ts';
import type { ClusterNode, PlaygroundCluster } from './kubernetes/cluster.ts';
import { waitFor } from './waiting.ts';

/** How long a killed member may take to come back: the kubelet's back-off grows with every crash, ms. */
const BACK_MS = 120_000;

/**
 * The etcd ring of a cluster, whose members are static pods on its control-plane nodes of the moment. A killed member comes back by itself: its kubelet starts it again.
 * Ending and starting cannot be asked for, so `start` waits for the kubelet.
 */
export function ringOfCluster(cluster: PlaygroundCluster): EtcdRing {
  const { etcd, directory } = cluster;
  return ringOf({
    directory,
    members: () => cluster.nodes.filter(({ role }) => role === 'control-plane').map(memberOf),
    tls: etcd.tls,
    remove: async () => await Promise.resolve(),
  });
}

function memberOf(node: ClusterNode): EtcdMember {
  const { name, clientUrl, peerUrl, etcd } = node;
  return {
    name,
    clientUrl,
    peerUrl,
    dataDirectory: `${node.root}/var/lib/etcd`,
    pid: () => etcd.pid(),
    output: () => '',
    pause: () => etcd.freeze(),
    resume: () => etcd.thaw(),
    kill: async () => await etcd.kill(),
    stop: async () => await etcd.kill(),
    start: async () => {
      await waitFor(`the kubelet of ${node.name} to start etcd`, () => etcd.pid(), {
        timeoutMs: BACK_MS,
        everyMs: 100,
      });
    },
    healthy: async () => await etcd.healthy(),
  };
}
