import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { runToDecide } from '../src/core/decide.ts';
import { reply } from '../src/core/order.ts';

/** `/kube reject <run> <reason>` */
export const reject = defineCommand({
  name: 'reject',
  group: 'runs',
  summary: 'Reject the plan that a run waits with, and say why.',
  details: [
    'One rejection ends the run. Whoever may approve may reject. The reason is shown in the thread of the card.',
    'Name the run, and it counts also where you may not see its cluster, as long as its plan waits for you.',
    '`latest` counts only while no other run waits for a decision.',
  ],
  examples: ['/kube reject latest not during the release', '/kube reject defrag-prod-7f3k wait for the backup'],
  policyVerb: null,
  arguments: { subject: 'run', targets: null, flags: {}, rest: { name: 'reason', required: true } },
  runbook: null,
  decides: true,
  handle: async (context, args) => {
    const found = await runToDecide(context.desk, args.subject ?? '');
    if ('answer' in found) return reply(found.answer);
    const word = await context.desk.vote(found.run, 'reject', args.rest);
    if (!word.ok) return reply(refusedAnswer(word.reason, word.why));
    return reply(
      okAnswer(`You rejected ${word.state.id}.`, [
        'Nothing further is done. The person who asked sees your reason on the card.',
      ]),
    );
  },
});
