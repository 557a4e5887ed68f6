import { OUTSIDE_WINDOW, reach, usesOverride } from '../src/core/access.ts';
import { type Answer, type Fragment, type Line, okAnswer, refusedAnswer, withMentions } from '../src/core/answer.ts';
import { type AnyCommand, type CommandContext, defineCommand, furtherRights } from '../src/core/command.ts';
import type { ControlDesk } from '../src/core/control-desk.ts';
import { freezeInWords } from '../src/core/freeze.ts';
import { clusterLock, holderInWords, locksConflict } from '../src/core/lock.ts';
import { reply } from '../src/core/order.ts';
import { splitWords } from '../src/core/parse/inner-words.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { parseCommand } from '../src/core/parse/parse-command.ts';
import { plansChange } from '../src/core/parse/usage.ts';
import type { Approvals } from '../src/core/plan.ts';
import { decidingRoles, demandWords, stricter, stricterOf, tally } from '../src/core/policy/demands.ts';
import { usedFlags } from '../src/core/policy/match.ts';
import { policyVerbOf } from '../src/core/policy/verb.ts';
import { type Permission, type Policy, rolesOf } from '../src/core/policy.ts';
import { formatSpan } from '../src/core/time.ts';

/** More people than this are named by their roles alone. */
const MOST_NAMED = 8;

/** `/kube can-i <cluster> <command …>` */
export const canI = defineCommand({
  name: 'can-i',
  group: 'control',
  summary: 'Whether you may give a command here and now, which rule decides, and whose approval it would need.',
  details: [
    'Answers for you, in this channel, at this time, with the flags that you write. Nothing is started.',
    'Says the rule by its number in the configuration, who could approve, and which freeze, window or lock by hand would hold it now.',
    'Of clusters that you may not see it tells nothing.',
  ],
  examples: ['/kube can-i prod defrag', '/kube can-i prod defrag --all'],
  policyVerb: null,
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: {},
    rest: { name: 'command', required: true, isCommand: true },
  },
  runbook: null,
  handle: async (context, args) => reply(await answerTo(context, args.subject ?? '', splitWords(args.rest))),
});

async function answerTo(context: CommandContext, cluster: string, words: readonly string[]): Promise<Answer> {
  const [verb = '', ...rest] = words;
  const parsed = parseCommand([verb, cluster, ...rest], context.commands);
  // The command alone will do, also where it would need more to be carried out.
  const known = rest.length === 0 ? context.commands.find((each) => each.name === verb.toLowerCase()) : undefined;
  const named = known?.policyKinds === undefined ? known : undefined;
  const command = parsed.ok ? parsed.command : named;
  if (command === undefined) return parsed.ok ? refusedAnswer('mistake', '') : mistakeAnswer(parsed.mistake);
  const asked = parsed.ok
    ? { verb: policyVerbOf(command, parsed.args.targets), flags: usedFlags(parsed.args.flags) }
    : { verb: command.policyVerb, flags: [] };
  return await judged(context, cluster, command, asked);
}

async function judged(
  context: CommandContext,
  cluster: string,
  command: AnyCommand,
  { verb, flags }: { readonly verb: string | null; readonly flags: readonly string[] },
): Promise<Answer> {
  if (verb === null) {
    return okAnswer(`${command.name} needs no rule.`, ['It is for everyone, or it is decided for each run.']);
  }
  const { actor, origin } = context;
  const asked = { actor, cluster, verb, channel: origin.channel, flags, nowMs: context.nowMs() };
  const outsideWindow = usesOverride(flags, context.control.window(cluster));
  const access = reach(context.policy, context.clusters, { ...asked, outsideWindow });
  const given = flags.length === 0 ? '' : ` with ${flags.map((flag) => `--${flag}`).join(' ')}`;
  const lacking = access.ok ? lackedFurther(context, command, asked) : null;
  if (lacking !== null) return { ...lacking, kind: 'ok', title: `You may not ${verb} on ${cluster}${given}.` };
  if (access.ok) {
    const what = `You may ${verb} on ${cluster}${given}.`;
    const held = plansChange(command) ? await heldBy(context, cluster, flags) : [];
    const needed = needs(context, command, access.permission);
    return okAnswer(what, [`Decided by ${access.permission.rule}.`, ...held, ...needed]);
  }
  if (access.reason === 'unknown-cluster') return refusedAnswer(access.reason, access.why);
  const refused = refusedAnswer(access.reason, access.why);
  return { ...refused, kind: 'ok', title: `You may not ${verb} on ${cluster}${given}.` };
}

/** Why a further right that one of the flags needs is lacking; `null`: none is. */
function lackedFurther(
  { policy, clusters }: CommandContext,
  command: AnyCommand,
  asked: Parameters<typeof reach>[2] & { readonly flags: readonly string[] },
): Answer | null {
  for (const { flag, verb } of furtherRights(command, asked.flags)) {
    const access = reach(policy, clusters, { ...asked, verb, flags: [] });
    if (!access.ok) return refusedAnswer(access.reason, `--${flag} needs the right to \`${verb}\` too. ${access.why}`);
  }
  return null;
}

/** What would hold the run if it were asked for now, a line each. A dry run changes nothing, so nothing holds it. */
async function heldBy(
  { control }: CommandContext,
  cluster: string,
  flags: readonly string[],
): Promise<readonly Line[]> {
  if (flags.includes('dry-run')) return [];
  const freezes = (await control.freezes()).filter((each) => each.cluster === cluster);
  const byHand = (await control.locks()).filter(
    (each) => each.holder === 'person' && locksConflict(each.name, clusterLock(cluster)),
  );
  return [
    ...freezes.map((each) => withMentions(`It would be refused now: ${freezeInWords(each)}.`)),
    ...windowLine(control, cluster, flags.includes(OUTSIDE_WINDOW)),
    ...byHand.map((each) =>
      withMentions(
        flags.includes('wait')
          ? `It would wait: ${holderInWords(each)}.`
          : `It would end as blocked now: ${holderInWords(each)}. With --wait it waits.`,
      ),
    ),
  ];
}

function windowLine(control: ControlDesk, cluster: string, override: boolean): readonly Line[] {
  const window = control.window(cluster);
  if (window === null)
    return override ? [`${cluster} has no maintenance window, so --outside-window changes nothing.`] : [];
  if (window.open) return override ? ['The maintenance window is open, so --outside-window changes nothing now.'] : [];
  const { opensMs, tz } = window;
  const opens = opensMs === null ? 'never opens again' : `opens ${control.words(opensMs, cluster, tz)}`;
  if (override) return [`It would not wait for the maintenance window, which ${opens}.`];
  return opensMs === null
    ? [`Approved or not, it would end: none of the maintenance windows of ${cluster} opens again.`]
    : [`It would wait for the maintenance window, which ${opens}, and then start by itself.`];
}

function needs(
  context: CommandContext,
  command: AnyCommand,
  permission: Permission & { readonly ok: true },
): readonly Line[] {
  const { approvals, requires } = permission;
  const always = stricterOf(approvals, requires);
  if (always !== null && (approvals !== null || !plansChange(command))) {
    return ['It needs in any case:', ...demandLines(context, always)];
  }
  if (!plansChange(command)) return ['It needs nobody else.'];
  const disruptive = stricterOf(context.policy.defaultApprovals, requires) ?? context.policy.defaultApprovals;
  const quiet =
    requires === null
      ? 'A plan that neither disrupts nor loses anything needs nobody else.'
      : `Any other plan needs ${demandWords(stricter(requires, requires))}.`;
  return [
    'A plan with a step that disrupts or cannot be taken back needs:',
    ...demandLines(context, disruptive),
    quiet,
  ];
}

function demandLines({ policy, actor }: CommandContext, approvals: Approvals): readonly Line[] {
  const lines: Line[] = [
    `${demandWords(approvals)}, each by another person, within ${formatSpan(approvals.expiresMs)}.`,
    whoCould(policy, approvals, approvals.requesterMayApprove ? null : actor.user),
    approvals.requesterMayApprove ? 'The policy lets you count as well.' : 'You ask, so you do not count.',
  ];
  const { escalate } = approvals;
  if (escalate !== undefined)
    lines.push(`After ${formatSpan(escalate.afterMs)} ${escalate.to.join(' or ')} may decide too.`);
  return lines;
}

function whoCould(policy: Policy, approvals: Approvals, without: string | null): Line {
  const roles = decidingRoles(approvals, false);
  const holders = policy.roles.filter((role) => roles.includes(role.name)).flatMap((role) => role.users);
  const people = [...new Set(holders)].filter((user) => user !== without);
  const rolesNow = (user: string): readonly string[] => rolesOf(policy, { team: policy.homeTeam ?? '', user });
  if (!tally(approvals, people, rolesNow, false).met) return 'Too few people have these roles to approve it.';
  if (people.length > MOST_NAMED) return `${people.length} people could approve it.`;
  const named: readonly Fragment[] = people.flatMap((user, index) => (index === 0 ? [{ user }] : [', ', { user }]));
  return ['Who could approve it: ', ...named, '.'];
}
