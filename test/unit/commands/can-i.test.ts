import { describe, expect, test } from 'vitest';
import { canI } from '../../../commands/can-i.ts';
import { commands } from '../../../commands/index.ts';
import type { Answer, Line } from '../../../src/core/answer.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy, PolicyRule } from '../../../src/core/policy.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleApprovals } from '../../support/run-samples.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const RULES: readonly PolicyRule[] = [
  { clusters: ['prod', 'stage'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null },
  {
    clusters: ['prod'],
    commands: ['defrag'],
    flags: ['all'],
    require: sampleApprovals({ from: ['security'], escalate: { afterMs: 1_200_000, to: ['operator'] } }),
  },
  { clusters: ['prod'], commands: ['defrag'], channels: ['C0RANDOM'], deny: ['*'] },
];
const POLICY: Policy = {
  homeTeam: 'T0HOME',
  roles: [
    { name: 'operator', users: ['U0OPERATOR'] },
    { name: 'approver', users: ['U0ADA', 'U0OPERATOR'] },
    { name: 'security', users: ['U0SAM'] },
  ],
  rules: RULES,
  defaultApprovals: sampleApprovals(),
};

interface Asked {
  readonly user?: string;
  readonly channel?: string;
  readonly policy?: Policy;
}

async function never(): Promise<never> {
  return await Promise.reject(new Error('nothing is asked of the desk'));
}

async function ask(line: string, { user = 'U0OPERATOR', channel = 'C0OPS', policy = POLICY }: Asked = {}) {
  const context: CommandContext = {
    actor: { team: 'T0HOME', user },
    policy,
    clusters: [sampleCluster(), sampleCluster({ name: 'stage' }), sampleCluster({ name: 'secret' })],
    commands,
    audit: emptyAudit,
    control: NO_CONTROL,
    origin: { channel, threadTs: null },
    nowMs: () => 0,
    desk: { list: never, find: never, findToDecide: never, waiting: never, vote: never, cancel: never },
  };
  const parsed = parseCommand(`can-i ${line}`.split(' '), [canI]);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const reply = await canI.handle(context, parsed.args);
  if (reply.kind !== 'answer') throw new Error('a question started something');
  return reply.answer;
}

function lineWords(line: Line): string {
  if (typeof line === 'string') return line;
  return line.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('');
}

function words({ title, lines }: Answer): string {
  return [title, ...lines.map(lineWords)].join('\n');
}

describe('can-i', () => {
  test('says the rule, what it needs and who could approve', async () => {
    expect(words(await ask('prod defrag'))).toBe(
      [
        'You may defrag on prod.',
        'Decided by rule 1: operator may defrag on prod.',
        'A plan with a step that disrupts or cannot be taken back needs:',
        '1 of approver, each by another person, within 30 min 0 s.',
        'Who could approve it: {"user":"U0ADA"}.',
        'You ask, so you do not count.',
        'A plan that neither disrupts nor loses anything needs nobody else.',
      ].join('\n'),
    );
  });

  test('says what flags add, with the rule that adds it', async () => {
    const told = words(await ask('prod defrag --all'));

    expect(told).toContain('You may defrag on prod with --all.');
    expect(told).toContain('rule 2 asks for 1 of security');
    expect(told).toContain('1 of approver and 1 of security, each by another person');
    expect(told).toContain('{"user":"U0ADA"}, {"user":"U0SAM"}');
  });

  test('says when too few people are left', async () => {
    const roles = POLICY.roles.filter((role) => role.name !== 'security');

    expect(words(await ask('prod defrag --all', { policy: { ...POLICY, roles } }))).toContain(
      'Too few people have these roles to approve it.',
    );
  });

  test('answers for the channel it is asked in', async () => {
    const told = words(await ask('prod defrag', { channel: 'C0RANDOM' }));

    expect(told).toContain('You may not defrag on prod.');
    expect(told).toContain('rule 3 forbids defrag on prod in {"channel":"C0RANDOM"}, for everybody.');
  });

  test.each([
    ['prod status', 'It needs nobody else.'],
    ['prod help', 'help needs no rule.'],
    ['prod approve', 'approve needs no rule.'],
    ['prod restart', 'There is no command "restart".'],
    ['prod defrag --force', 'There is no general --force'],
  ])('%s → %s', async (line, text) => {
    expect(words(await ask(line))).toContain(text);
  });

  test('tells nothing of clusters that the person may not see', async () => {
    const [hidden, absent] = await Promise.all([ask('secret defrag'), ask('nowhere defrag')]);
    const strange = { user: 'U0STRANGER' };
    const [named, unnamed] = await Promise.all([ask('prod defrag', strange), ask('nowhere defrag', strange)]);

    expect(words(hidden).replaceAll('secret', 'X')).toBe(words(absent).replaceAll('nowhere', 'X'));
    expect(hidden.reason).toBe('unknown-cluster');
    expect(words(named).replaceAll('prod', 'X')).toBe(words(unnamed).replaceAll('nowhere', 'X'));
  });
});
