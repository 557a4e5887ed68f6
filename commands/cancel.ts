import { hasCommitted } from '../src/core/admission.ts';
import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { openAct, phaseOf, type RunState } from '../src/core/run-state.ts';

/** `/kube cancel <run>` */
export const cancel = defineCommand({
  name: 'cancel',
  group: 'runs',
  summary: 'Stop a run at the next safe point.',
  details: [
    'Nothing new is started. A call that is under way at a member is not interrupted: its outcome is looked at first.',
    'What the run changed only for its duration is put back. The person who asked may cancel, and whoever may approve.',
    'Name the run, and it counts also where you may not see its cluster.',
  ],
  examples: ['/kube cancel latest', '/kube cancel defrag-prod-7f3k'],
  policyVerb: null,
  arguments: { subject: 'run', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const run = await context.desk.findToCancel(args.subject ?? '');
    if (run === null) return reply(refusedAnswer('unknown-run', `You asked for "${args.subject ?? ''}".`));
    const word = await context.desk.cancel(run);
    if (!word.ok) return reply(refusedAnswer(word.reason, word.why));
    return reply(okAnswer(`${word.state.id} is being cancelled.`, [whenItStops(word.state)]));
  },
});

function whenItStops(state: RunState): string {
  const act = openAct(state);
  if (act !== null)
    return `${act.item}: the call (${act.action}) under way is not interrupted; the run ends when its outcome was looked at.`;
  if (hasCommitted(state))
    return 'It stops before its next call. What it removed is not replaced: the end of its card says how the cluster is, and what is next.';
  return phaseOf(state) === 'running' ? 'It stops before its next call.' : 'Nothing was under way, so it ends at once.';
}
