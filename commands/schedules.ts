import { visibleClusters } from '../src/core/access.ts';
import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { type CommandContext, defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import type { Schedule } from '../src/core/schedule.ts';
import { endOfGrant, type StandingApproval } from '../src/core/standing-approval.ts';
import { parseTime } from '../src/core/time.ts';

/** `/kube schedules [cluster]` */
export const schedules = defineCommand({
  name: 'schedules',
  group: 'read',
  summary: 'What is scheduled on the clusters you may see, when it comes next, and what became of the last time.',
  details: ['Lists every schedule by its name, with who made it, and until when its runs are approved in advance.'],
  examples: ['/kube schedules', '/kube schedules prod'],
  policyVerb: null,
  arguments: { subject: 'optional-cluster', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const found = await visibleSchedules(context);
    const { subject } = args;
    if (subject !== null && !seen(context).includes(subject))
      return reply(refusedAnswer('unknown-cluster', `You asked for "${subject}".`));
    const standings = await context.control.standings();
    const wanted = found.filter((each) => subject === null || each.cluster === subject);
    if (wanted.length === 0) return reply(okAnswer('Nothing is scheduled', []));
    return reply(
      okAnswer(wanted.length === 1 ? 'One schedule' : `${wanted.length} schedules`, [], {
        title: 'Schedules',
        columns: ['schedule', 'what', 'by', 'when', 'next', 'last', 'approved in advance'],
        rows: wanted.map((each) =>
          rowOf(
            context,
            each,
            standings.find(({ schedule }) => schedule === each.id),
          ),
        ),
      }),
    );
  },
});

/** The schedules on clusters that the person may see. */
export async function visibleSchedules(context: CommandContext): Promise<readonly Schedule[]> {
  const names = seen(context);
  return (await context.control.schedules()).filter((each) => names.includes(each.cluster));
}

function seen(context: CommandContext): readonly string[] {
  const place = { channel: context.origin.channel, nowMs: context.nowMs() };
  return visibleClusters(context.policy, context.clusters, context.actor, place).map((each) => each.name);
}

function rowOf(context: CommandContext, made: Schedule, found?: StandingApproval): string[] {
  const { id, text, by, cron, tz, nextAt, last, cluster } = made;
  const became = last === null ? 'none yet' : `${last.outcome}${last.run === null ? '' : ` ${last.run}`}`;
  const next = context.control.words(parseTime(nextAt), cluster, tz);
  return [id, text, by.user, cron, next, became, inAdvance(context, made, found)];
}

function inAdvance(context: CommandContext, { cluster, tz }: Schedule, found?: StandingApproval): string {
  const { control, policy } = context;
  const { asked = null, granted = null } = found ?? {};
  const again = asked === null ? '' : `, asked for${granted === null ? '' : ' once more'}`;
  if (granted === null) return `no${again}`;
  if (granted.over !== null) return `no, ${granted.over.why === 'revoked' ? 'revoked' : 'over'}${again}`;
  const endMs = endOfGrant(granted, policy);
  return context.nowMs() < endMs ? `until ${control.words(endMs, cluster, tz)}${again}` : `no, over${again}`;
}
