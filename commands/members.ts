import { defineCommand } from '../src/core/command.ts';
import { orderEtcdRun } from '../src/core/order.ts';

/** `/kube members <cluster>` */
export const members = defineCommand({
  name: 'members',
  group: 'read',
  summary: 'Members of the etcd ring: how each of them is and why, where it runs, version, role.',
  details: [
    'Asks every member itself and, when one is not well, whoever sees it: other members, its pod, node, machine or host. Changes nothing and asks nobody.',
    'A member that does not answer is listed with what speaks for its condition.',
  ],
  examples: ['/kube members prod'],
  policyVerb: 'members',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: 'members',
  handle: async (context, args) => orderEtcdRun(context, 'members', args, {}),
});
