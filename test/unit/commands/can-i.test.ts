import { describe, expect, test } from 'vitest';
import { canI } from '../../../commands/can-i.ts';
import type { Answer, Line } from '../../../src/core/answer.ts';
import type { ControlDesk } from '../../../src/core/control-desk.ts';
import type { Freeze } from '../../../src/core/freeze.ts';
import type { LockEntry } from '../../../src/core/lock.ts';
import { splitWords } from '../../../src/core/parse/inner-words.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy, PolicyRule } from '../../../src/core/policy.ts';
import { commandContext } from '../../support/command-context.ts';
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
  readonly control?: Partial<ControlDesk>;
}

async function ask(
  line: string,
  { user = 'U0OPERATOR', channel = 'C0OPS', policy = POLICY, control = {} }: Asked = {},
) {
  const context = commandContext({
    actor: { team: 'T0HOME', user },
    policy,
    clusters: [sampleCluster(), sampleCluster({ name: 'stage' }), sampleCluster({ name: 'secret' })],
    control: { ...NO_CONTROL, ...control },
    origin: { channel, threadTs: null },
  });
  const parsed = parseCommand(splitWords(`can-i ${line}`), [canI]);
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

  test('Botkube #235, #250, #408, #799: one app for all clusters, nothing by default, and told what decided', async () => {
    const only: Policy = {
      ...POLICY,
      rules: [{ clusters: ['stage'], commands: ['defrag'], channels: ['C0OPS'], allow: ['operator'], approvals: null }],
    };
    const asked = [
      await ask('stage defrag', { policy: only }),
      await ask('stage defrag', { policy: only, channel: 'C0RANDOM' }),
      await ask('stage status', { policy: only }),
      await ask('prod defrag', { policy: only }),
      await ask('stage defrag', { policy: only, user: 'U0ADA' }),
      await ask('stage defrag', { policy: { ...POLICY, rules: [] } }),
    ];

    const [may, ...mayNot] = asked.map(words);
    expect(may).toContain('Decided by rule 1: operator may defrag on stage');
    expect(mayNot).toEqual([
      expect.stringContaining('no rule lets you defrag on stage'),
      expect.stringContaining('no rule lets you status on stage'),
      expect.stringContaining('no rule lets you defrag on prod'),
      expect.stringContaining('Your roles (approver), and no rule lets you defrag on stage'),
      expect.stringContaining('no rule lets you defrag on stage'),
    ]);
  });

  test('says what flags add, with the rule that adds it', async () => {
    const told = words(await ask('prod defrag --all'));

    expect(told).toContain('You may defrag on prod with --all.');
    expect(told).toContain('rule 2 asks for 1 of security');
    expect(told).toContain('1 of approver and 1 of security, each by another person');
    expect(told).toContain('{"user":"U0ADA"}, {"user":"U0SAM"}');
  });

  test('words in quotes stay one word, as where the command is given', async () => {
    const rule: PolicyRule = { clusters: ['prod'], commands: ['backup'], allow: ['operator'], approvals: null };
    const policy = { ...POLICY, rules: [rule] };

    const answer = await ask('prod backup --note "before the upgrade, twice"', { policy });
    expect(answer.title).toBe('You may backup on prod with --note.');
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

const ANA = { team: 'T0HOME', user: 'U0ANA' };
const FREEZE: Freeze = {
  cluster: 'prod',
  by: ANA,
  at: '2026-11-22T00:00:00.000Z',
  until: '2026-12-02T00:00:00.000Z',
  untilWords: 'Wed 2 Dec 2026 00:00 UTC',
  reason: 'holiday',
  request: 'r1',
};
const LOCK: LockEntry = {
  name: 'cluster/prod',
  runId: '',
  owner: 'U0ANA',
  reason: 'investigating latency',
  since: '2026-11-22T00:00:00.000Z',
  holder: 'person',
  mark: 'x7k2',
};
const CLOSED: Partial<ControlDesk> = { window: () => ({ open: false, opensMs: 3_600_000, tz: 'UTC' }) };
const OPEN: Partial<ControlDesk> = {
  window: () => ({ open: true, openedMs: 0, closesMs: 3_600_000, tz: 'UTC' }),
};

function frozen(freeze: Partial<Freeze> = {}): Partial<ControlDesk> {
  return { freezes: async () => await Promise.resolve([{ ...FREEZE, ...freeze }]) };
}

function locked(lock: Partial<LockEntry> = {}): Partial<ControlDesk> {
  return { locks: async () => await Promise.resolve([{ ...LOCK, ...lock }]) };
}

describe('can-i says what would hold the run now', () => {
  const freezeWords =
    'It would be refused now: prod is frozen until Wed 2 Dec 2026 00:00 UTC by {"user":"U0ANA"}: holiday.';
  const windowWords =
    'It would wait for the maintenance window, which opens 1970-01-01T01:00:00.000Z, and then start by itself.';
  const lockWords =
    'It would end as blocked now: cluster/prod is held by {"user":"U0ANA"} by hand since 2026-11-22T00:00:00.000Z: investigating latency. With --wait it waits.';

  test.each([
    ['a freeze', 'prod defrag', frozen(), freezeWords],
    ['a closed window', 'prod defrag', CLOSED, windowWords],
    [
      'a window that never opens again',
      'prod defrag',
      { window: () => ({ open: false, opensMs: null, tz: 'UTC' }) as const },
      'Approved or not, it would end: none of the maintenance windows of prod opens again.',
    ],
    [
      'the override of a closed window',
      'prod defrag --outside-window',
      CLOSED,
      'It would not wait for the maintenance window, which opens 1970-01-01T01:00:00.000Z.',
    ],
    [
      'the override of an open window',
      'prod defrag --outside-window',
      OPEN,
      'The maintenance window is open, so --outside-window changes nothing now.',
    ],
    ['a lock by hand', 'prod defrag', locked(), lockWords],
    [
      'a lock by hand, and --wait',
      'prod defrag --wait',
      locked(),
      'It would wait: cluster/prod is held by {"user":"U0ANA"} by hand since 2026-11-22T00:00:00.000Z: investigating latency.',
    ],
  ])('%s', async (_what, line, control, text) => {
    expect(words(await ask(line, { control }))).toContain(text);
  });

  test('all of it together, the freeze first, and still what it would need', async () => {
    const told = words(await ask('prod defrag', { control: { ...CLOSED, ...frozen(), ...locked() } }));

    expect(told.split('\n').slice(1, 5)).toEqual([
      'Decided by rule 1: operator may defrag on prod.',
      freezeWords,
      windowWords,
      lockWords,
    ]);
    expect(told).toContain('1 of approver');
  });

  test.each([
    ['of another cluster: a freeze', 'prod defrag', frozen({ cluster: 'stage' })],
    ['of another cluster: a lock', 'prod defrag', locked({ name: 'cluster/stage' })],
    ['that a run holds', 'prod defrag', locked({ holder: undefined, runId: 'defrag-prod-7f3k' })],
    ['for a command that only reads', 'prod status', { ...CLOSED, ...frozen(), ...locked() }],
    ['while the window is open', 'prod defrag', OPEN],
  ])('nothing %s', async (_what, line, control) => {
    expect(words(await ask(line, { control }))).toBe(words(await ask(line)));
  });

  test('a dry run is held by none of it', async () => {
    const told = words(await ask('prod defrag --dry-run', { control: { ...CLOSED, ...frozen(), ...locked() } }));

    expect(told).not.toContain('It would');
  });

  test('nothing to whom no rule permits it', async () => {
    const control = { ...CLOSED, ...frozen(), ...locked() };

    expect(words(await ask('prod defrag', { channel: 'C0RANDOM', control }))).not.toContain('It would');
  });

  test('a rule for outside the window decides only while it is closed', async () => {
    const rules: readonly PolicyRule[] = [
      ...RULES,
      { clusters: ['prod'], commands: ['defrag'], when: 'outside-window', deny: ['*'] },
    ];
    const policy = { ...POLICY, rules };

    expect(words(await ask('prod defrag --outside-window', { policy, control: CLOSED }))).toContain(
      'You may not defrag',
    );
    expect(words(await ask('prod defrag --outside-window', { policy, control: OPEN }))).toContain('You may defrag');
    expect(words(await ask('prod defrag --outside-window', { policy }))).toContain('You may defrag');
  });
});
