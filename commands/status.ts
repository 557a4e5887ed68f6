import { defineCommand } from '../src/core/command.ts';
import { orderRun } from '../src/core/order.ts';

/** `/kube status <cluster>` */
export const status = defineCommand({
  name: 'status',
  group: 'read',
  summary: 'State of a cluster: members, leader, sizes, alarms, health.',
  details: [
    'Reads the cluster and posts what it saw, with the time it was read. Changes nothing and asks nobody.',
    'Says what could not be seen, and why.',
  ],
  examples: ['/kube status prod'],
  policyVerb: 'status',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: 'status',
  handle: async (_context, args) => orderRun('status', args, {}),
});
