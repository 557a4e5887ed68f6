import { reach } from '../src/core/access.ts';
import { sameActor } from '../src/core/actor.ts';
import { type Answer, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { type CommandContext, defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { mayDecide } from '../src/core/policy.ts';
import type { Schedule } from '../src/core/schedule.ts';
import { STANDING_FLAG } from '../src/core/standing-approval.ts';
import { parseTime } from '../src/core/time.ts';
import { tooLong } from './schedule.ts';
import { visibleSchedules } from './schedules.ts';

/** `/kube standing <schedule> --for 90d | --revoke` */
export const standing = defineCommand({
  name: 'standing',
  group: 'control',
  summary: 'Ask once more for the standing approval of a schedule, or revoke it.',
  details: [
    'With --for, approvers are asked in the operations channel about a plan of now; what was granted before stands until they decide. Only whoever made the schedule may ask.',
    'With --revoke it ends at once: by whoever made the schedule, whoever a rule permits `unschedule`, and whoever could have granted it. Runs that it has let begin go on; `/kube cancel` stops them.',
  ],
  examples: ['/kube standing sched-prod-x7k2 --for 90d', '/kube standing sched-prod-x7k2 --revoke'],
  policyVerb: null,
  arguments: {
    subject: 'none',
    targets: null,
    flags: {
      for: { type: 'duration', summary: 'Ask for one that ends so long after now.', example: '90d' },
      revoke: { type: 'switch', summary: 'End it now.' },
    },
    rest: { name: 'schedule', required: true, isName: true },
  },
  runbook: null,
  handle: async (context, args) => {
    const id = args.rest.trim();
    const found = (await visibleSchedules(context)).find((each) => each.id === id);
    if (found === undefined) return reply(refusedAnswer('unknown-schedule', `You asked for "${id}".`));
    const lastsMs = args.flags['for'];
    const revoke = args.flags['revoke'] === true;
    if (revoke === (typeof lastsMs === 'number'))
      return reply(refusedAnswer('mistake', 'Say one of --for 90d and --revoke.'));
    return reply(typeof lastsMs === 'number' ? await ask(context, found, lastsMs) : await revoked(context, found));
  },
});

async function ask(context: CommandContext, schedule: Schedule, lastsMs: number): Promise<Answer> {
  const mistake = tooLong(context, lastsMs);
  if (mistake !== null) return mistake;
  const access = allowed(context, schedule, 'schedule');
  if (!access.ok) return refusedAnswer(access.reason, access.why);
  const told = await context.control.askStanding(schedule, lastsMs);
  if (!told.ok) return refusedAnswer(told.reason, told.why);
  const until = context.control.words(parseTime(told.value.asked?.until ?? ''), schedule.cluster, schedule.tz);
  return okAnswer(`A standing approval for ${schedule.id} is asked for`, [
    `Until ${until}, for plans like the one that is shown in the operations channel.`,
    told.value.granted === null || told.value.granted.over !== null
      ? 'Until it is granted, each run asks people.'
      : 'What was granted before stands until it is decided or ends.',
  ]);
}

async function revoked(context: CommandContext, schedule: Schedule): Promise<Answer> {
  const access = allowed(context, schedule, 'unschedule');
  if (!sameActor(context.actor, schedule.by) && !access.ok && !(await couldGrant(context, schedule)))
    return refusedAnswer(access.reason, access.why);
  const told = await context.control.revokeStanding(schedule);
  if (!told.ok) return refusedAnswer(told.reason, told.why);
  return okAnswer(`Runs of ${schedule.id} are not approved in advance any more`, [
    [
      { code: schedule.text },
      ' stays scheduled by ',
      { user: schedule.by.user },
      '. From now on each run asks people.',
    ],
    'Runs that it has let begin go on; `/kube cancel` stops them.',
  ]);
}

function allowed(context: CommandContext, { cluster }: Schedule, verb: string) {
  const { actor, origin, policy, clusters } = context;
  const flags = verb === 'schedule' ? [STANDING_FLAG] : [];
  return reach(policy, clusters, { actor, cluster, verb, flags, channel: origin.channel, nowMs: context.nowMs() });
}

async function couldGrant({ actor, policy, control }: CommandContext, { id }: Schedule): Promise<boolean> {
  const granted = (await control.standings()).find((each) => each.schedule === id)?.granted ?? null;
  return granted !== null && mayDecide(policy, actor, granted.approvals, granted.escalated);
}
