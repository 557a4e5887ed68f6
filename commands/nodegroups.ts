import { defineCommand } from '../src/core/command.ts';
import { orderNodesRun } from '../src/core/order.ts';

/** `/kube nodegroups <cluster>` */
export const nodegroups = defineCommand({
  name: 'nodegroups',
  group: 'read',
  summary: 'Groups of nodes: version, how many nodes have it, how they are replaced, what is under way.',
  details: [
    'Says who knows the groups: Cluster API, or labels of the nodes. Names are as `/kube upgrade` and `/kube drain` take them.',
    'The version of a group is that of its machines and nodes, each looked at. Changes nothing and asks nobody.',
  ],
  examples: ['/kube nodegroups capi'],
  policyVerb: 'nodegroups',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: 'nodegroups',
  handle: async (context, args) => await Promise.resolve(orderNodesRun(context, 'nodegroups', args, {})),
});
