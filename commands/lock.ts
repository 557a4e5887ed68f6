import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';

/** `/kube lock <cluster> <reason>` */
export const lock = defineCommand({
  name: 'lock',
  group: 'control',
  summary: 'Keep every run away from a cluster while you look at it yourself.',
  details: [
    'The lock stands beside those of runs: while a run holds one on the cluster, yours is refused, and while yours stands no run takes one.',
    'Runs are still planned and approved. One that meets your lock waits (`--wait`) or ends; both name you and your reason.',
    'It stands until somebody unlocks it.',
  ],
  examples: ['/kube lock prod "investigating latency"'],
  policyVerb: 'lock',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: { name: 'reason', required: true } },
  runbook: null,
  handle: async (context, args) => {
    const cluster = args.subject ?? '';
    const told = await context.control.lock(cluster, args.rest);
    if (!told.ok) return reply(refusedAnswer(told.reason, told.why));
    return reply(
      okAnswer(`You locked ${cluster}`, [
        `Reason: ${told.value.reason}. No run begins a change until it is unlocked.`,
        ['When you are done: ', { code: `/kube unlock ${cluster}` }],
      ]),
    );
  },
});
