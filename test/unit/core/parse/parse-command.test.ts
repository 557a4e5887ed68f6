import { array, assert as assertProperty, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commands } from '../../../../commands/index.ts';
import { parseCommand } from '../../../../src/core/parse/parse-command.ts';
import { usageOf } from '../../../../src/core/parse/usage.ts';

function parsed(line: string) {
  const result = parseCommand(words(line), commands);
  if (!result.ok) throw new Error(`not parsed: ${result.mistake.text}`);
  return { verb: result.command.name, args: result.args, global: result.global };
}

function mistake(line: string) {
  const result = parseCommand(words(line), commands);
  if (result.ok) throw new Error(`parsed: ${line}`);
  return result.mistake;
}

function words(line: string): readonly string[] {
  return (line.match(/"[^"]*"|[^ ]+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

describe('valid commands', () => {
  test('cluster, members and flags in any order', () => {
    const { verb, args, global } = parsed('defrag --all prod member/etcd-1 --pause 90s member/etcd-2 --dry-run');

    expect(verb).toBe('defrag');
    expect(args.subject).toBe('prod');
    expect(args.targets).toEqual([
      { kind: 'member', name: 'etcd-1' },
      { kind: 'member', name: 'etcd-2' },
    ]);
    expect(args.flags).toEqual({ all: true, pause: 90_000, 'dry-run': true });
    expect(global).toEqual({ dryRun: true, wait: false });
  });

  test('a value after an equals sign', () => {
    expect(parsed('defrag prod --pause=1h30m --wait')).toMatchObject({
      args: { flags: { pause: 5_400_000 } },
      global: { dryRun: false, wait: true },
    });
  });

  test('capital letters of a phone keyboard', () => {
    expect(parsed('Defrag Prod Member/Etcd-1 --All')).toMatchObject({
      verb: 'defrag',
      args: { subject: 'prod', targets: [{ kind: 'member', name: 'Etcd-1' }], flags: { all: true } },
    });
  });

  test('nothing typed means help', () => {
    expect(parsed('')).toMatchObject({ verb: 'help', args: { subject: null } });
  });

  test('the reason of a rejection is free text', () => {
    expect(parsed('reject defrag-prod-7f3k wait for the backup')).toMatchObject({
      args: { subject: 'defrag-prod-7f3k', rest: 'wait for the backup' },
    });
  });

  test('what looks like a flag in free text belongs to the text; before it, flags are flags', () => {
    expect(parsed('reject latest please use --all tonight -- or -never --dry-run')).toMatchObject({
      args: { subject: 'latest', flags: {}, rest: 'please use --all tonight -- or -never --dry-run' },
    });
    expect(mistake('reject latest --all').text).toContain('There is no flag --all here.');
  });

  test('free text after a lone double dash may look like a flag', () => {
    expect(parsed('reject latest -- --all is too much')).toMatchObject({ args: { rest: '--all is too much' } });
  });

  test.each(commands.flatMap((command) => command.examples.map((example) => [example, command.name] as const)))(
    'example %s',
    (example, name) => {
      expect(example.startsWith('/kube ')).toBe(true);
      expect(parsed(example.slice('/kube '.length)).verb).toBe(name);
    },
  );
});

describe('mistakes name the word, the nearest valid command and the usage', () => {
  test.each([
    ['defrga prod', 'There is no command "defrga".', '/kube defrag prod', null],
    ['stat prod', 'There is no command "stat".', '/kube status prod', null],
    ['xyzzy prod', 'There is no command "xyzzy".', null, null],
    [
      'restore prod',
      'There is no restore yet: docs/restoring-by-hand.md of Drydock says how to do it by hand. /kube backups prod lists the backups there are.',
      null,
      null,
    ],
    [
      'Restore --wait',
      'There is no restore yet: docs/restoring-by-hand.md of Drydock says how to do it by hand. /kube backups CLUSTER lists the backups there are.',
      null,
      null,
    ],
    ['help defrga', 'There is no command "defrga".', '/kube help defrag', 'help'],
    ['defrag', 'defrag needs the name of a cluster.', null, 'defrag'],
    ['defrag member/a prod', 'defrag needs the name of a cluster before member/a.', null, 'defrag'],
    [
      'defrag prod etcd-1',
      'defrag does not know what "etcd-1" is: write member/NAME.',
      '/kube defrag prod member/etcd-1',
      'defrag',
    ],
    ['defrag prod members/a', 'defrag takes member/NAME, not "members/a".', '/kube defrag prod member/a', 'defrag'],
    ['defrag prod node/a', 'defrag takes member/NAME, not "node/a".', null, 'defrag'],
    ['defrag prod member/a member/a', 'member/a is named twice.', '/kube defrag prod member/a', 'defrag'],
    ['defrag prod member/', '"" is not the name of a member.', null, 'defrag'],
    ['defrag prod -all', 'Flags begin with two dashes: --all.', '/kube defrag prod --all', 'defrag'],
    ['defrag prod --al', 'There is no flag --al here.', '/kube defrag prod --all', 'defrag'],
    ['defrag prod --move-leadr', 'There is no flag --move-leadr here.', '/kube defrag prod --move-leader', 'defrag'],
    ['defrag prod --all=yes', '--all takes no value.', '/kube defrag prod --all', 'defrag'],
    ['defrag prod --pause', '--pause needs a value, for instance --pause 60s.', null, 'defrag'],
    ['defrag prod --pause --all', '--pause needs a value, for instance --pause 60s.', null, 'defrag'],
    ['defrag prod --pause soon', '"soon" is not a duration (60s, 5m, 1h30m)', null, 'defrag'],
    ['defrag prod --pause 5s --pause 6s', '--pause is given twice.', null, 'defrag'],
    ['defrag prod --force', 'There is no general --force', null, 'defrag'],
    ['clusters prod', 'clusters does not know what to do with "prod".', '/kube clusters', 'clusters'],
    ['clusters --dry-run', 'There is no flag --dry-run here. This command has no flags.', null, 'clusters'],
    ['show', 'show needs a run, for instance "show latest".', null, 'show'],
    ['reject latest', 'reject needs a reason.', null, 'reject'],
    ['status Prod_1', '"prod_1" is not the name of a cluster', null, 'status'],
  ])('%s', (line, text, nearest, verb) => {
    const found = mistake(line);
    const command = commands.find((each) => each.name === verb);

    expect(found.text).toContain(text);
    expect(found.nearest).toBe(nearest);
    expect(found.usage).toBe(command === undefined ? null : usageOf(command));
  });

  test('--force names the overrides there are', () => {
    expect(mistake('defrag prod --force').text).toContain('--all');
  });
});

test('the usage line is made from the declaration', () => {
  const usages = Object.fromEntries(commands.map((command) => [command.name, usageOf(command)]));

  expect(usages['defrag']).toBe(
    '/kube defrag <cluster> [member/NAME …] [--all] [--move-leader] [--pause 60s] [--dry-run] [--outside-window] [--wait]',
  );
  expect(usages['drain']).toMatch(
    /^\/kube drain <cluster> node\/NAME\|nodegroup\/NAME …\|--selector pool=blue \[--delete-emptydir-data\] /,
  );
  // What is needed stands without brackets, and first.
  expect(usages['upgrade']).toMatch(
    /^\/kube upgrade <cluster> controlplane\|all\|nodegroup\/NAME … --to v1\.31\.4 \[--canary md-0\] /,
  );
  expect(usages['schedule']).toBe(
    '/kube schedule <cluster> <command …> --cron "0 3 * * SUN" --tz Europe/Berlin [--standing 90d]',
  );
  expect(usages['reject']).toBe('/kube reject <run> <reason …>');
  expect(usages['runs']).toBe('/kube runs [cluster]');
  expect(usages['help']).toBe('/kube help [command]');
});

test('any words give a command or a mistake with a text, and every guess is itself valid', () => {
  const word = oneof(
    string({ unit: 'grapheme' }),
    constantFrom(
      ...commands.map((command) => command.name),
      'prod',
      'member/a',
      '--all',
      '--pause',
      '60s',
      '--',
      '=',
      '--force',
      'latest',
      '/',
    ),
  );
  assertProperty(
    property(array(word, { maxLength: 8 }), (tokens) => {
      const result = parseCommand(tokens, commands);
      const text = result.ok ? result.command.name : result.mistake.text;
      const guess = result.ok || result.mistake.nearest === null ? null : result.mistake.nearest;

      expect(text).not.toBe('');
      expect(guess === null || guess.startsWith('/kube ')).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

function scheduled(tokens: readonly string[]) {
  return parseCommand(['schedule', 'prod', ...tokens], commands);
}

describe('a command within a command', () => {
  test.each([
    [['defrag', '--cron', '0 3 * * SUN', '--tz', 'Europe/Berlin']],
    [['--cron', '0 3 * * SUN', 'defrag', '--tz=Europe/Berlin']],
    [['--cron', '0 3 * * SUN', '--tz', 'Europe/Berlin', 'defrag']],
  ])('its flags are told from those of the outer one wherever they stand: %j', (given) => {
    expect(scheduled(given)).toMatchObject({
      ok: true,
      args: { subject: 'prod', rest: 'defrag', flags: { cron: '0 3 * * SUN', tz: 'Europe/Berlin' } },
    });
  });

  test('flags of the inner command stay with it', () => {
    expect(scheduled(['defrag', 'member/m-1', '--pause', '2m', '--cron', '0 3 * * SUN', '--wait'])).toMatchObject({
      ok: true,
      args: { rest: 'defrag member/m-1 --pause 2m --wait', flags: { cron: '0 3 * * SUN' } },
    });
  });

  test('what is unknown before the inner command begins is a mistake', () => {
    expect(scheduled(['--every', 'week', 'defrag'])).toMatchObject({ ok: false });
  });
});
