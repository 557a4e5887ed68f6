import { okAnswer, refusedAnswer, withMentions } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { holderInWords } from '../src/core/lock.ts';
import { reply } from '../src/core/order.ts';

/** `/kube unlock <cluster>` */
export const unlock = defineCommand({
  name: 'unlock',
  group: 'control',
  summary: 'Remove a lock that was set by hand, if it is still the one that was shown.',
  details: [
    'Your own lock goes at once. The lock of somebody else is shown first, with the command that removes exactly that one; if it changed meanwhile, nothing is removed.',
    'What a run holds is never unlocked: wait for its end, or cancel it.',
  ],
  examples: ['/kube unlock prod', '/kube unlock prod --seen x7k2'],
  policyVerb: 'unlock',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: { seen: { type: 'text', summary: 'Mark of the lock as it was shown.', example: 'x7k2' } },
    rest: null,
  },
  runbook: null,
  handle: async (context, args) => {
    const cluster = args.subject ?? '';
    const { seen } = args.flags;
    const told = await context.control.unlock(cluster, typeof seen === 'string' ? seen : null);
    if (!told.ok) return reply(refusedAnswer(told.reason, told.why));
    const was = withMentions(`It was: ${holderInWords(told.value)}.`);
    return reply(okAnswer(`${cluster} is unlocked`, [was, 'Runs that waited for it go on by themselves.']));
  },
});
