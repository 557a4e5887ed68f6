import { visibleClusters } from '../src/core/access.ts';
import { type Answer, okAnswer } from '../src/core/answer.ts';
import { type ClusterProfile, hasManagedEtcd } from '../src/core/cluster-profile.ts';
import { type CommandContext, defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';

const ACCESS = {
  exec: 'etcdctl in its pods',
  tunnel: 'gRPC through a port-forward',
  direct: 'gRPC to its endpoints',
} as const;

/** `/kube clusters` */
export const clusters = defineCommand({
  name: 'clusters',
  group: 'read',
  summary: 'The clusters you may see, and how each is reached.',
  details: ['Lists the clusters whose status you may ask for. Other clusters are not mentioned.'],
  examples: ['/kube clusters'],
  policyVerb: null,
  arguments: { subject: 'none', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context) => reply(listed(context)),
});

function listed(context: CommandContext): Answer {
  const visible = visibleClusters(context.policy, context.clusters, context.actor, {
    channel: context.origin.channel,
    nowMs: context.nowMs(),
  });
  if (visible.length === 0) {
    return okAnswer('There is no cluster that you may see.', [
      'Ask an administrator of Drydock for a rule that lets you ask for a status.',
    ]);
  }
  const rows = visible.map((cluster) => [cluster.name, cluster.platform, etcdOf(cluster)]);
  return okAnswer(
    visible.length === 1 ? 'One cluster' : `${visible.length} clusters`,
    [['State of one: ', { code: `/kube status ${visible[0]?.name ?? ''}` }]],
    {
      title: 'Clusters',
      columns: ['cluster', 'platform', 'etcd'],
      rows,
    },
  );
}

function etcdOf(cluster: ClusterProfile): string {
  if (hasManagedEtcd(cluster.platform)) return 'run by the provider';
  return cluster.etcdAccess === null ? 'not configured' : ACCESS[cluster.etcdAccess];
}
