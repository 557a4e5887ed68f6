import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message, View } from '../../../playground/workspace/model.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

async function page(title: string, name = 'operator'): Promise<View> {
  return await bot.workspace.waitFor(`the page ${title}`, () => {
    const view = bot.workspace.person(name).view();
    return view?.title === title ? view : undefined;
  });
}

async function cardIn(channel: string): Promise<Message> {
  return await bot.workspace.waitFor('a card', () =>
    bot.workspace.messages(channel).find((message) => message.metadata?.event_type === 'drydock_run'),
  );
}

test('a bare /kube opens a form; filled in, it does what the typed command does', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  const first = await page('Run a command');
  await operator.submit(first, { command: 'defrag', cluster: 'prod' });
  const second = await page('Arguments');
  await operator.submit(second, { targets: 'member/m-2', 'flag.pause': '90s', 'flag.dry-run': 'on' });
  const last = await page('Planning');
  const card = await cardIn('C0OPS');
  const [run = ''] = await bot.runIds();

  expect(JSON.stringify(last.blocks)).toContain('/kube defrag prod member/m-2 --pause=90s --dry-run');
  expect(card.metadata?.event_payload).toMatchObject({ run, state: 'planning' });
  expect((await bot.runs.read(run))?.events[0]).toMatchObject({
    request: { dryRun: true, params: { members: ['m-2'], pauseMs: 90_000 }, actor: { user: 'U0OPERATOR' } },
  });
  expect(await bot.runIds()).toHaveLength(1);
});

test('a mistake is shown at its field, and the form goes on from there', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'defrag' });
  expect((await page('Run a command')).errors).toEqual({ cluster: 'defrag needs a cluster.' });
  await operator.submit(await page('Run a command'), { command: 'defrag', cluster: 'prod' });
  await operator.submit(await page('Arguments'), { 'flag.pause': 'soon' });

  expect((await page('Arguments')).errors['flag.pause']).toContain('"soon" is not a duration');
  expect(await bot.runIds()).toEqual([]);
  await operator.submit(await page('Arguments'), { 'flag.pause': '2m' });
  await cardIn('C0OPS');
  expect(await bot.runIds()).toHaveLength(1);
});

test('in a channel without the bot: the card goes to the ops channel, the link to the person', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube', { channel: 'C0RANDOM' });
  await operator.submit(await page('Run a command'), { command: 'status', cluster: 'prod' });
  const card = await cardIn('C0OPS');
  const direct = bot.workspace.state.openDirect('U0OPERATOR');
  const told = await bot.workspace.waitFor('the link', () =>
    [...bot.workspace.messages(direct.id), ...operator.sees('C0RANDOM')].find((message) =>
      message.text.includes(`/archives/C0OPS/p${card.ts.replace('.', '')}`),
    ),
  );

  expect(told.text).toContain('<#C0OPS>');
});

test('the form holds only what a person may do', async () => {
  const approver = bot.workspace.person('approver-1');
  await approver.command('/kube');
  await approver.submit(await page('Run a command', 'approver-1'), { command: 'status', cluster: 'prod' });
  await cardIn('C0OPS');
  await approver.command('/kube');
  const view = await page('Run a command', 'approver-1');

  expect(JSON.stringify(view.blocks)).not.toContain('defrag: ');
  expect(await bot.runIds()).toHaveLength(1);
});

test('who sees no cluster, and who mentions the bot without a word, gets the help', async () => {
  await bot.workspace.person('stranger').command('/kube');
  const answer = await bot.workspace.waitFor('the help', () =>
    bot.workspace
      .person('stranger')
      .sees('C0OPS')
      .find((message) => message.ephemeralFor === 'U0STRANGER'),
  );
  await bot.workspace.person('operator').mention('');
  const mentioned = await bot.workspace.waitFor('the help after a mention', () =>
    bot.workspace
      .person('operator')
      .sees('C0OPS')
      .find((message) => message.ephemeralFor === 'U0OPERATOR'),
  );

  expect(answer.text).toContain('Commands of Drydock');
  expect(mentioned.text).toContain('Commands of Drydock');
  expect(bot.workspace.person('stranger').view()).toBeUndefined();
});
