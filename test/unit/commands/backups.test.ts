import { describe, expect, test } from 'vitest';
import { backups } from '../../../commands/backups.ts';
import { canI } from '../../../commands/can-i.ts';
import { drill } from '../../../commands/drill.ts';
import type { CommandReply } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import { usedFlags } from '../../../src/core/policy/match.ts';
import { commandContext } from '../../support/command-context.ts';
import { sampleApprovals } from '../../support/run-samples.ts';

const ID = 'prod-20261122005130-7f3k';
const COMMANDS = [backups, drill, canI];

function parsed(tokens: readonly string[]) {
  const result = parseCommand(tokens, COMMANDS);
  if (!result.ok) throw new Error(result.mistake.text);
  return result;
}

async function give(...tokens: readonly string[]): Promise<CommandReply> {
  return await giveWith(['backups', 'backup', 'drill'], ...tokens);
}

/** `verbs`: what policy permits. */
async function giveWith(verbs: readonly string[], ...tokens: readonly string[]): Promise<CommandReply> {
  const { command, args } = parsed(tokens);
  const policy = {
    homeTeam: 'T0HOME',
    roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
    rules: [{ clusters: ['*'], commands: verbs, allow: ['operator'], approvals: null }],
    defaultApprovals: sampleApprovals(),
  };
  return await command.handle(commandContext({ policy, commands: COMMANDS }), args);
}

async function params(...tokens: readonly string[]) {
  const reply = await give(...tokens);
  if (reply.kind !== 'run') throw new Error('no run was ordered');
  expect(reply.order).toMatchObject({ cluster: 'prod', waitForLock: false });
  return { runbook: reply.order.runbook, ...reply.order.params };
}

async function mistake(...tokens: readonly string[]): Promise<string> {
  const reply = await give(...tokens);
  if (reply.kind !== 'answer') throw new Error('a run was ordered');
  expect(reply.answer.kind).toBe('mistake');
  return reply.answer.title;
}

describe('backups', () => {
  const list = { runbook: 'backups', verify: false, hold: null, release: null, why: '', by: 'T0HOME/U0OPERATOR' };

  test('lists, reads, holds and releases, in the name of who asks', async () => {
    expect(await params('backups', 'prod')).toEqual(list);
    expect(await params('backups', 'prod', '--verify')).toEqual({ ...list, verify: true });
    expect(await params('backups', 'prod', '--hold', `backup/${ID}`, '--note', 'before the upgrade')).toEqual({
      ...list,
      hold: ID,
      why: 'before the upgrade',
    });
    expect(await params('backups', 'prod', '--hold', 'latest')).toEqual({ ...list, hold: 'latest' });
    expect(await params('backups', 'prod', '--release', ID)).toEqual({ ...list, release: ID });
  });

  test('one thing at a time, of this cluster, and a note only with a hold', async () => {
    expect(await mistake('backups', 'prod', '--verify', '--release', ID)).toContain('one at a time');
    expect(await mistake('backups', 'prod', '--note', 'why')).toContain('it goes with --hold');
    expect(await mistake('backups', 'prod', '--hold', ID, '--note', 'x'.repeat(301))).toContain('at most 300');
    expect(await mistake('backups', 'prod', '--hold', 'yesterday')).toContain('"yesterday" is no backup');
    expect(await mistake('backups', 'prod', '--release', 'stage-20261122005130-7f3k')).toBe(
      'stage-20261122005130-7f3k is a backup of stage, not of prod.',
    );
  });

  test('can-i says of a hold what the command will say', async () => {
    const asked = ['can-i', 'prod', 'backups', '--hold', ID];
    expect(await giveWith(['backups'], ...asked)).toMatchObject({
      kind: 'answer',
      answer: { title: 'You may not backups on prod with --hold.' },
    });
    expect(JSON.stringify(await giveWith(['backups'], ...asked))).toContain('--hold needs the right to `backup` too.');
    expect(await giveWith(['backups', 'backup'], ...asked)).toMatchObject({
      answer: { title: 'You may backups on prod with --hold.' },
    });
  });

  test('who may only look neither holds nor releases', async () => {
    for (const flag of ['--hold', '--release'])
      expect(await giveWith(['backups'], 'backups', 'prod', flag, ID)).toMatchObject({
        kind: 'answer',
        answer: { reason: 'not-permitted' },
      });
    expect(await giveWith(['backups'], 'backups', 'prod', '--verify')).toMatchObject({ kind: 'run' });
  });

  test('policy sees what changes the store by its flags', () => {
    expect(usedFlags(parsed(['backups', 'prod', '--release', ID]).args.flags)).toEqual(['release']);
    expect(usedFlags(parsed(['backups', 'prod']).args.flags)).toEqual([]);
  });
});

describe('drill', () => {
  test.each([
    [[], 'latest'],
    [['latest'], 'latest'],
    [[ID], ID],
    [[`backup/${ID}`, '--dry-run'], ID],
  ])('%j', async (words, backup) => {
    expect(await params('drill', 'prod', ...words)).toEqual({ runbook: 'etcd-drill', backup });
  });

  test('does not guess', async () => {
    expect(await mistake('drill', 'prod', 'backup/nothing')).toContain('is no backup: write backup/ID');
    expect(await mistake('drill', 'prod', 'backup/')).toContain('"backup/" is no backup');
    expect(await mistake('drill', 'prod', ID, 'latest')).toContain('is no backup');
  });

  test('is one run, so it can be scheduled', () => {
    expect([drill.runbook, drill.policyVerb]).toEqual(['etcd-drill', 'drill']);
  });
});
