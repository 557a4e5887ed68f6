import { reach } from '../src/core/access.ts';
import { sameActor } from '../src/core/actor.ts';
import { okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { visibleSchedules } from './schedules.ts';

/** `/kube unschedule <id>` */
export const unschedule = defineCommand({
  name: 'unschedule',
  group: 'control',
  summary: 'Remove a schedule, with its standing approval.',
  details: [
    'Whoever made it may remove it, and whoever a rule permits `unschedule` on its cluster. Its standing approval goes with it. Runs that it has proposed go on.',
  ],
  examples: ['/kube unschedule sched-prod-x7k2'],
  policyVerb: 'unschedule',
  arguments: { subject: 'none', targets: null, flags: {}, rest: { name: 'schedule', required: true } },
  runbook: null,
  handle: async (context, args) => {
    const id = args.rest.trim();
    const found = (await visibleSchedules(context)).find((each) => each.id === id);
    if (found === undefined) return reply(refusedAnswer('unknown-schedule', `You asked for "${id}".`));
    const { actor, origin, policy, clusters } = context;
    const place = { channel: origin.channel, nowMs: context.nowMs() };
    const access = reach(policy, clusters, { actor, cluster: found.cluster, verb: 'unschedule', ...place });
    if (!sameActor(actor, found.by) && !access.ok) return reply(refusedAnswer(access.reason, access.why));
    const told = await context.control.unschedule(found);
    if (!told.ok) return reply(refusedAnswer(told.reason, told.why));
    return reply(
      okAnswer(`${found.id} is not scheduled any more`, [
        [{ code: found.text }, ' was scheduled by ', { user: found.by.user }, '. Runs that it has proposed go on.'],
      ]),
    );
  },
});
