import { type Answer, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand, type RunWord } from '../src/core/command.ts';
import { runToDecide } from '../src/core/decide.ts';
import { reply } from '../src/core/order.ts';
import { stateInWords } from '../src/core/wording.ts';

/** `/kube approve <run> [answer]` */
export const approve = defineCommand({
  name: 'approve',
  group: 'runs',
  summary: 'Approve the plan that a run waits with, as its button does.',
  details: [
    'Counts for the plan that stands now. The person who asked does not count, unless the policy says so; one person counts once.',
    'Name the run, and it counts also where you may not see its cluster, as long as its plan waits for you.',
    '`latest` counts only while no other run waits for a decision.',
    'Where the card asks for a typed word or a choice, write it after the run.',
  ],
  examples: ['/kube approve latest', '/kube approve defrag-prod-7f3k'],
  policyVerb: null,
  arguments: { subject: 'run', targets: null, flags: {}, rest: { name: 'answer', required: false } },
  runbook: null,
  decides: true,
  handle: async (context, args) => {
    const found = await runToDecide(context.desk, args.subject ?? '');
    if ('answer' in found) return reply(found.answer);
    return reply(answerOf(await context.desk.vote(found.run, 'approve', args.rest === '' ? null : args.rest)));
  },
});

function answerOf(word: RunWord): Answer {
  if (!word.ok) return refusedAnswer(word.reason, word.why);
  return word.settled === 'approved'
    ? okAnswer(`You approved ${word.state.id}.`, ['It goes on now; its card shows the progress.'])
    : okAnswer(`Your approval of ${word.state.id} is counted.`, [`${stateInWords(word.state)}.`]);
}
