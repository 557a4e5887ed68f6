import { okAnswer, refusedAnswer, withMentions } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { freezeInWords } from '../src/core/freeze.ts';
import { reply } from '../src/core/order.ts';

/** `/kube thaw <cluster>` */
export const thaw = defineCommand({
  name: 'thaw',
  group: 'control',
  summary: 'End the freeze of a cluster before its time.',
  details: ['Requests are accepted again at once. Runs that ended because of the freeze are to be asked for again.'],
  examples: ['/kube thaw prod'],
  policyVerb: 'thaw',
  arguments: { subject: 'cluster', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const cluster = args.subject ?? '';
    const told = await context.control.thaw(cluster);
    if (!told.ok) return reply(refusedAnswer(told.reason, told.why));
    const was = withMentions(`It was: ${freezeInWords(told.value)}.`);
    return reply(okAnswer(`${cluster} is not frozen any more`, [was, 'Requests are accepted again.']));
  },
});
