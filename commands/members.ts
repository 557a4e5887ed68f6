import { defineCommand } from '../src/core/command.ts';
import { orderEtcdRun } from '../src/core/order.ts';

/** `/kube members <cluster>` */
export const members = defineCommand({
  name: 'members',
  group: 'read',
  summary: 'Members of the etcd ring: version, role, size, space in use, health.',
  details: [
    'Asks every member itself. Changes nothing and asks nobody.',
    'A member that does not answer is listed with what it answered instead.',
  ],
  examples: ['/kube members prod'],
  policyVerb: 'members',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: 'members',
  handle: async (context, args) => orderEtcdRun(context, 'members', args, {}),
});
