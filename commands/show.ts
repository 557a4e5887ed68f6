import { type Answer, type Line, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { REASONS } from '../src/core/reasons.ts';
import { openGate, type RunState, stepsDone } from '../src/core/run-state.ts';
import type { ReportTable } from '../src/core/state-report.ts';
import { formatSpan, parseTime } from '../src/core/time.ts';
import { stateInWords } from '../src/core/wording.ts';

/** `/kube show <run>` */
export const show = defineCommand({
  name: 'show',
  group: 'read',
  summary: 'One run: where it stands, what was done, what it waits for.',
  details: [
    '`latest` stands for the newest run that you may see.',
    'The whole story with all evidence is in the thread of the card.',
    'While a step shows what is under way line by line, all of its lines are here.',
  ],
  examples: ['/kube show latest', '/kube show defrag-prod-7f3k'],
  policyVerb: null,
  arguments: { subject: 'run', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const run = await context.desk.find(args.subject ?? '');
    return reply(run === null ? refusedAnswer('unknown-run', `You asked for "${args.subject ?? ''}".`) : shown(run));
  },
});

function shown(run: RunState): Answer {
  const title = `${run.id}: ${stateInWords(run)}`;
  const lines = [...askedLines(run), ...endLines(run), ...waitLines(run), ...fileLines(run)];
  const answer = okAnswer(title, lines, stepTable(run));
  const { scratch } = run;
  if (scratch?.tree === undefined || run.steps[scratch.index]?.status !== 'running') return answer;
  return { ...answer, texts: [{ title: `Step ${scratch.index + 1} as of ${scratch.at}`, lines: scratch.tree }] };
}

/** What the plan handed over. */
function fileLines(run: RunState): readonly Line[] {
  return (run.plan?.files ?? []).map(({ name, title }) => ['File ', { code: name }, ` in the thread: ${title}`]);
}

function askedLines(run: RunState): readonly Line[] {
  if (run.request === null) return [];
  const { actor, text, cluster, dryRun } = run.request;
  return [['Asked by ', { user: actor.user }, ': ', { code: text }, ` on ${cluster}${dryRun ? ' (dry run)' : ''}.`]];
}

function endLines(run: RunState): readonly Line[] {
  const end = run.ended ?? run.ending;
  if (end === null) return [];
  const reason = REASONS[end.reason];
  const lines: Line[] = [reason.text];
  if (end.note !== '') lines.push(end.note);
  lines.push(`Done: ${stepsDone(run)} of ${run.steps.length} steps. Next: ${reason.next}`);
  return lines;
}

function waitLines(run: RunState): readonly Line[] {
  const gate = openGate(run);
  if (gate === null) return [];
  return [
    [
      `${gate.spec.title}: ${gate.spec.approvals.from.join(' or ')} may decide, until ${gate.expiresAt}. `,
      { code: `/kube approve ${run.id}` },
    ],
  ];
}

function stepTable(run: RunState): ReportTable | null {
  if (run.plan === null || run.plan.steps.length === 0) return null;
  const rows = run.plan.steps.map((step, index) => {
    const state = run.steps[index];
    const took =
      state?.startedAt && state.doneAt ? ` in ${formatSpan(parseTime(state.doneAt) - parseTime(state.startedAt))}` : '';
    return [String(index + 1), step.summary, `${state?.status ?? 'pending'}${took}`];
  });
  return { title: 'Steps', columns: ['step', 'what', 'state'], rows };
}
