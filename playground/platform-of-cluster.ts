import { z } from 'zod';
import type { ClusterNode, PlaygroundCluster } from './kubernetes/cluster.ts';
import type { LocalApi } from './kubernetes/contracts.ts';
import type { PlatformMember } from './platforms.ts';

/** The members of a cluster's etcd, one on each control-plane node of the moment. */
export function membersOfCluster(cluster: Pick<PlaygroundCluster, 'api' | 'nodes'>): readonly PlatformMember[] {
  return cluster.nodes.filter(({ role }) => role === 'control-plane').map((node) => memberOfNode(node, cluster.api));
}

function memberOfNode(node: ClusterNode, api: LocalApi): PlatformMember {
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
    kubelet: {
      stop: async () => await node.stopKubelet(),
      start,
      notReadySince: async () => await notReadySince(api, name),
    },
  };
}

const Node = z.looseObject({
  status: z.looseObject({
    conditions: z
      .array(z.looseObject({ type: z.string(), status: z.string(), lastTransitionTime: z.string().default('') }))
      .default([]),
  }),
});

async function notReadySince(api: LocalApi, name: string): Promise<Date | null> {
  const { status, body } = await api.request({ method: 'GET', path: `/api/v1/nodes/${name}` });
  const read = status === 200 ? Node.safeParse(body) : undefined;
  const ready = read?.data?.status.conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? null : new Date(ready.lastTransitionTime);
}
