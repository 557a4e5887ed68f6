import type { ClusterNode, PlaygroundCluster } from './kubernetes/cluster.ts';
import type { PlatformMember } from './platforms.ts';

/** The members of a cluster's etcd, one on each control-plane node of the moment. */
export function membersOfCluster(cluster: Pick<PlaygroundCluster, 'nodes'>): readonly PlatformMember[] {
  return cluster.nodes.filter(({ role }) => role === 'control-plane').map(memberOfNode);
}

function memberOfNode(node: ClusterNode): PlatformMember {
  const { name, clientUrl, root, etcd } = node;
  const start = async (): Promise<void> => await Promise.resolve(node.startKubelet());
  return {
    name,
    clientUrl,
    dataDirectory: `${root}/var/lib/etcd`,
    pid: () => etcd.pid(),
    output: () => etcd.output(),
    kill: async () => await etcd.kill(),
    async hold() {
      await node.stopKubelet();
      await etcd.kill();
    },
    release: start,
    powerOff: async () => await node.powerOff(),
    powerOn: start,
    kubelet: { stop: async () => await node.stopKubelet(), start },
  };
}
