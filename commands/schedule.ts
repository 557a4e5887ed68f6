import { OUTSIDE_WINDOW, reach } from '../src/core/access.ts';
import { type Answer, type Line, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { type CommandContext, defineCommand, furtherRights } from '../src/core/command.ts';
import { formatDuration } from '../src/core/duration.ts';
import { reply } from '../src/core/order.ts';
import { joinWords, splitWords } from '../src/core/parse/inner-words.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { parseCommand } from '../src/core/parse/parse-command.ts';
import { usedFlags } from '../src/core/policy/match.ts';
import { policyVerbOf } from '../src/core/policy/verb.ts';
import type { Schedule } from '../src/core/schedule.ts';
import { LEAST_STANDING_MS, longestStanding } from '../src/core/standing-approval.ts';
import { parseTime } from '../src/core/time.ts';

/** `/kube schedule <cluster> <command …> --cron … --tz …` */
export const schedule = defineCommand({
  name: 'schedule',
  group: 'control',
  summary: 'Propose a run again and again, at the times of a cron expression.',
  details: [
    'Each time a run is proposed as you, in the operations channel of the cluster. Policy, freeze, lock, window and approval count then as for any other run; a schedule approves nothing.',
    '`--standing 90d` asks for a standing approval as well: approvers see a plan of now and approve in advance, until a stated time, what is planned like it. Anything else asks them each time.',
    'When you may not do it any more, the channel is told and nothing runs. A time that passes while Drydock is away for more than five minutes is reported and not run late.',
    'Five fields: minute, hour, day, month, weekday, in the time zone of `--tz`; at most once an hour. A time that the clock skips is the end of the gap; one that occurs twice counts once.',
  ],
  examples: [
    '/kube schedule prod defrag --cron "0 3 * * SUN" --tz Europe/Berlin',
    '/kube schedule prod defrag --cron "0 3 * * SUN" --tz Europe/Berlin --standing 90d',
  ],
  policyVerb: 'schedule',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: {
      cron: {
        type: 'text',
        summary: 'When: minute, hour, day, month, weekday.',
        example: '"0 3 * * SUN"',
        required: true,
      },
      tz: { type: 'text', summary: 'In which time zone.', example: 'Europe/Berlin', required: true },
      standing: {
        type: 'duration',
        summary: 'Ask for a standing approval that ends so long after now.',
        example: '90d',
      },
    },
    rest: { name: 'command', required: true, isCommand: true },
  },
  runbook: null,
  handle: async (context, args) => {
    const { cron, tz, standing } = args.flags;
    if (typeof cron !== 'string' || typeof tz !== 'string')
      return reply(
        refusedAnswer('mistake', 'Say when and in which time zone: --cron "0 3 * * SUN" --tz Europe/Berlin.'),
      );
    const mistake = typeof standing === 'number' ? tooLong(context, standing) : null;
    if (mistake !== null) return reply(mistake);
    const when = { cron, tz, ...(typeof standing === 'number' ? { standingMs: standing } : {}) };
    return reply(await scheduled(context, args.subject ?? '', args.rest, when));
  },
});

/** Why a standing approval cannot be asked for that long (ms); `null`: it can. */
export function tooLong({ policy }: Pick<CommandContext, 'policy'>, lastsMs: number): Answer | null {
  const longestMs = longestStanding(policy);
  if (lastsMs >= LEAST_STANDING_MS && lastsMs <= longestMs) return null;
  const [least, most] = [LEAST_STANDING_MS, longestMs].map(formatDuration);
  return refusedAnswer('mistake', `A standing approval lasts from ${least} to ${most}.`);
}

async function scheduled(
  context: CommandContext,
  cluster: string,
  inner: string,
  when: { readonly cron: string; readonly tz: string; readonly standingMs?: number },
): Promise<Answer> {
  const [verb = '', ...rest] = splitWords(inner);
  const parsed = parseCommand([verb, cluster, ...rest], context.commands);
  if (!parsed.ok) return mistakeAnswer(parsed.mistake);
  const { command, args } = parsed;
  const policyVerb = policyVerbOf(command, args.targets);
  if (command.runbook === null || policyVerb === null)
    return refusedAnswer('mistake', `${command.name} starts no run, so it cannot be scheduled.`);
  if (command.notScheduled !== undefined) return refusedAnswer('mistake', command.notScheduled);
  const flags = usedFlags(args.flags);
  const [further] = furtherRights(command, flags);
  if (further !== undefined)
    return refusedAnswer(
      'mistake',
      `--${further.flag} needs the right to \`${further.verb}\` too, each time: it cannot be scheduled.`,
    );
  const { actor, origin } = context;
  const asked = { actor, cluster, verb: policyVerb, channel: origin.channel, flags, nowMs: context.nowMs() };
  const access = reach(context.policy, context.clusters, { ...asked, outsideWindow: flags.includes(OUTSIDE_WINDOW) });
  if (!access.ok) return refusedAnswer(access.reason, access.why);
  const order = await command.handle(context, args);
  if (order.kind !== 'run') return order.kind === 'answer' ? order.answer : refusedAnswer('mistake', '');
  const told = await context.control.schedule({
    cluster,
    ...when,
    text: `/kube ${joinWords([verb, cluster, ...rest])}`,
    command: command.name,
    policyVerb,
    flags,
    order: order.order,
  });
  return told.ok ? answerFor(context, told.value, when.standingMs) : refusedAnswer(told.reason, told.why);
}

function answerFor(context: CommandContext, made: Schedule, standingMs?: number): Answer {
  const { control } = context;
  const next = control.words(parseTime(made.nextAt), made.cluster, made.tz);
  const remove: Line = ['To remove it: ', { code: `/kube unschedule ${made.id}` }];
  return okAnswer(`${made.id} is scheduled`, [
    [{ code: made.text }, ` is proposed at "${made.cron}" in ${made.tz}, next ${next}.`],
    'Each run is proposed as you and needs what any other needs: policy, freeze, lock, window, approval.',
    ...(standingMs === undefined
      ? []
      : [
          `A standing approval until ${control.words(context.nowMs() + standingMs, made.cluster, made.tz)} is asked for in the operations channel; until it is granted, each run asks people.`,
        ]),
    remove,
  ]);
}
