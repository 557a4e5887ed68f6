import { defineCommand } from '../src/core/command.ts';
import { orderEtcdRun } from '../src/core/order.ts';

/** `/kube alarms <cluster>` */
export const alarms = defineCommand({
  name: 'alarms',
  group: 'read',
  summary: 'Active alarms of the etcd ring (NOSPACE, CORRUPT) and what to do about each.',
  details: [
    'Changes nothing. It never disarms an alarm: `defrag` clears NOSPACE once there is space, CORRUPT needs a person.',
  ],
  examples: ['/kube alarms prod'],
  policyVerb: 'alarms',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: 'alarms',
  handle: async (context, args) => orderEtcdRun(context, 'alarms', args, {}),
});
