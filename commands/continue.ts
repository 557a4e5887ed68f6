import { type Answer, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand, type RunWord } from '../src/core/command.ts';
import { runToDecide } from '../src/core/decide.ts';
import { reply } from '../src/core/order.ts';
import { openGate } from '../src/core/run-state.ts';

/** `/kube continue <run>` */
export const continueRun = defineCommand({
  name: 'continue',
  group: 'runs',
  summary: 'Say that the work is done which a run waits for, as its button does.',
  details: [
    'For runs that wait for work outside Drydock: a host that people build. Where Drydock can see the work itself, the run goes on without it.',
    'Counts from whoever may approve such a run or ask for it, the person who asked included. It approves nothing: plans are approved with `/kube approve`.',
    'Name the run, and it counts also where you may not see its cluster. `latest` counts only while no other run waits for people.',
  ],
  examples: ['/kube continue latest', '/kube continue replace-prod-7f3k'],
  policyVerb: null,
  arguments: { subject: 'run', targets: null, flags: {}, rest: null },
  runbook: null,
  decides: true,
  handle: async (context, args) => {
    const found = await runToDecide(context.desk, args.subject ?? '');
    if ('answer' in found) return reply(found.answer);
    const gate = openGate(found.run);
    if (gate !== null && gate.spec.kind !== 'continue') {
      const why = `${found.run.id} waits for a decision, not for work outside: ${gate.spec.title}. Use /kube approve.`;
      return reply(refusedAnswer('wrong-answer', why));
    }
    return reply(answerOf(await context.desk.vote(found.run, 'approve', null)));
  },
});

function answerOf(word: RunWord): Answer {
  if (!word.ok) return refusedAnswer(word.reason, word.why);
  return okAnswer(`${word.state.id} goes on.`, [
    'It looks for itself before it relies on it; its card shows the progress.',
  ]);
}
