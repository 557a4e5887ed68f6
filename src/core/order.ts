import { etcdOutOfReach } from './access.ts';
import type { Answer } from './answer.ts';
import { refusedAnswer } from './answer.ts';
import type { ClusterProfile } from './cluster-profile.ts';
import type { CommandArguments, CommandContext, CommandReply } from './command.ts';
import type { JsonObject } from './json.ts';

/** The reply that starts a run on the cluster a command names. */
export function orderRun(runbook: string, args: CommandArguments, params: JsonObject): CommandReply {
  return {
    kind: 'run',
    order: {
      runbook,
      cluster: args.subject ?? '',
      params,
      dryRun: args.flags['dry-run'] === true,
      waitForLock: args.flags['wait'] === true,
    },
  };
}

/** The reply that starts a run on the etcd ring of a cluster, or the refusal where the provider runs etcd itself. */
export function orderEtcdRun(
  context: Pick<CommandContext, 'clusters'>,
  runbook: string,
  args: CommandArguments,
  params: JsonObject,
): CommandReply {
  const cluster = clusterOf(context, args);
  if (cluster === null) return reply(refusedAnswer('unknown-cluster', ''));
  const obstacle = etcdOutOfReach(cluster);
  return obstacle === null ? orderRun(runbook, args, params) : reply(refusedAnswer('not-applicable', obstacle));
}

/** The reply that starts a run on the nodes of a cluster, or the refusal where there is no Kubernetes. */
export function orderNodesRun(
  context: Pick<CommandContext, 'clusters'>,
  runbook: string,
  args: CommandArguments,
  params: JsonObject,
): CommandReply {
  const cluster = clusterOf(context, args);
  if (cluster === null) return reply(refusedAnswer('unknown-cluster', ''));
  return cluster.platform === 'etcd'
    ? reply(refusedAnswer('not-applicable', `${cluster.name} is a bare etcd ring: it has no nodes.`))
    : orderRun(runbook, args, params);
}

/** A reply that is an answer. */
export function reply(answer: Answer): CommandReply {
  return { kind: 'answer', answer };
}

function clusterOf(context: Pick<CommandContext, 'clusters'>, args: CommandArguments): ClusterProfile | null {
  return context.clusters.find((each) => each.name === args.subject) ?? null;
}
