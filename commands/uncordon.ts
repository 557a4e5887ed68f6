import { defineCommand } from '../src/core/command.ts';
import { MOST_NODES } from '../src/core/drain/facts.ts';
import { orderNodesRun } from '../src/core/order.ts';

/** `/kube uncordon <cluster> node/NAME …` */
export const uncordon = defineCommand({
  name: 'uncordon',
  group: 'nodes',
  summary: 'Let nodes take pods again.',
  details: [
    'Says first who cordoned each node, as far as it can be told: a run of Drydock, the owner of the machine, or somebody else.',
    'Nothing is moved back: pods that left go where the scheduler puts them. A node that takes pods already is left alone.',
    'Never touches a node that a run is draining: that run holds the lock on the nodes.',
  ],
  examples: ['/kube uncordon prod node/worker-2', '/kube uncordon prod node/worker-2 node/worker-3 --dry-run'],
  policyVerb: 'uncordon',
  arguments: { subject: 'cluster', targets: { kinds: ['node'], min: 1, max: MOST_NODES }, flags: {}, rest: null },
  runbook: 'uncordon',
  notScheduled: 'Somebody says when the work on a node is over: that cannot be scheduled.',
  handle: async (context, args) => {
    const nodes = args.targets.map(({ name }) => name);
    return await Promise.resolve(orderNodesRun(context, 'uncordon', args, { nodes }));
  },
});
