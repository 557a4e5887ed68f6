import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { maySee } from '../src/core/policy.ts';
import type { RunState } from '../src/core/run-state.ts';
import { formatSpan, parseTime } from '../src/core/time.ts';
import { stateInWords } from '../src/core/wording.ts';

const LIMIT = 15;

/** `/kube runs [cluster]` */
export const runs = defineCommand({
  name: 'runs',
  group: 'read',
  summary: 'The newest runs, of all clusters you may see or of one.',
  details: [`Lists up to ${LIMIT} runs, newest first: what, where, who asked, and where it stands.`],
  examples: ['/kube runs', '/kube runs prod'],
  policyVerb: null,
  arguments: { subject: 'optional-cluster', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const cluster = args.subject;
    const place = { channel: context.origin.channel, nowMs: context.nowMs() };
    const known = cluster === null || context.clusters.some((each) => each.name === cluster);
    if (cluster !== null && !(known && maySee(context.policy, context.actor, cluster, place))) {
      return reply(refusedAnswer('unknown-cluster', `You asked for "${cluster}".`));
    }
    const found = await context.desk.list({ cluster, limit: LIMIT });
    if (found.length === 0)
      return reply(okAnswer(cluster === null ? 'There are no runs yet.' : `There are no runs on ${cluster} yet.`, []));
    return reply(
      okAnswer(
        cluster === null ? 'Newest runs' : `Newest runs on ${cluster}`,
        [['One of them whole: ', { code: `/kube show ${found[0]?.id ?? 'latest'}` }]],
        {
          title: 'Runs',
          columns: ['run', 'cluster', 'asked', 'state'],
          rows: found.map((run) => rowOf(run, context.nowMs())),
        },
      ),
    );
  },
});

function rowOf(run: RunState, nowMs: number): string[] {
  const age = formatSpan(Math.max(0, nowMs - parseTime(run.requestedAt)));
  return [run.id, run.request?.cluster ?? '', `${age} ago`, stateInWords(run)];
}
