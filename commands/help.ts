import { type Answer, type Fragment, type Line, okAnswer } from '../src/core/answer.ts';
import { type AnyCommand, type CommandGroup, defineCommand } from '../src/core/command.ts';
import { reply } from '../src/core/order.ts';
import { flagsOf, flagUsage, usageOf } from '../src/core/parse/usage.ts';
import { ruleWordsOf } from '../src/core/policy/verb.ts';

const GROUPS = {
  read: 'Look',
  etcd: 'etcd',
  nodes: 'Nodes',
  runs: 'Runs',
  control: 'Control',
  incident: 'Incidents',
} as const satisfies Readonly<Record<CommandGroup, string>>;

/** `/kube help [command]` */
export const help = defineCommand({
  name: 'help',
  group: 'read',
  summary: 'This list, or one command in full.',
  details: ['For everyone. What you may do is decided when you ask for it.'],
  examples: ['/kube help', '/kube help defrag'],
  policyVerb: null,
  arguments: { subject: 'optional-verb', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const command = context.commands.find((each) => each.name === args.subject);
    return reply(command === undefined ? overview(context.commands) : detailed(command));
  },
});

function overview(commands: readonly AnyCommand[]): Answer {
  const lines: Line[] = [];
  for (const [group, title] of Object.entries(GROUPS)) {
    const members = commands.filter((command) => command.group === group);
    if (members.length > 0) lines.push([{ strong: title }]);
    for (const command of members) lines.push([{ code: usageOf(command) }, `  ${command.summary}`]);
  }
  lines.push([
    'In a thread or a direct message, mention the bot instead of ',
    { code: '/kube' },
    '. ',
    { code: '/kube help defrag' },
    ' explains one command.',
  ]);
  return okAnswer('Commands of Drydock', lines);
}

/** Of several words each covers one kind, and the verb alone covers all. */
function policyWords(command: AnyCommand): readonly Fragment[] {
  return ruleWordsOf(command).flatMap((word, index) => (index === 0 ? [{ code: word }] : [' or ', { code: word }]));
}

function detailed(command: AnyCommand): Answer {
  const lines: Line[] = [[{ code: usageOf(command) }], ...command.details];
  for (const [name, flag] of Object.entries(flagsOf(command)))
    lines.push([{ code: flagUsage(name, flag) }, `  ${flag.required === true ? 'Needed. ' : ''}${flag.summary}`]);
  lines.push(...command.examples.map((example): Line => ['Example: ', { code: example }]));
  lines.push(
    command.policyVerb === null
      ? 'Policy: for everyone who may see the cluster or the run.'
      : ['Policy: a rule must name ', ...policyWords(command), '.'],
  );
  return okAnswer(`${command.name}: ${command.summary}`, lines);
}
