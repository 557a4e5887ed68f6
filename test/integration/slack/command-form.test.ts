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

test('a command that only reads is asked at once; its page leads to the card', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'status', cluster: 'prod' });
  expect(JSON.stringify((await page('Asking')).blocks)).toContain('The answer will be a card in <#C0OPS>');
  const card = await cardIn('C0OPS');
  const last = await page('Asked');
  const [run = ''] = await bot.runIds();

  expect(card.metadata?.event_payload).toMatchObject({ run, state: 'planning' });
  expect(JSON.stringify(last.blocks)).toContain(`${run} was asked for.`);
  expect(JSON.stringify(last.blocks)).toContain(`/archives/C0OPS/p${card.ts.replace('.', '')}`);
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

test('the answer of a command that starts no run is on its last page; a refusal too', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'clusters' });
  expect(JSON.stringify((await page('Answer')).blocks)).toContain('kubeadm');
  await operator.close(await page('Answer'));
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'cancel' });
  await operator.submit(await page('Arguments'), { run: 'latest' });

  expect(JSON.stringify((await page('Refused')).blocks)).toContain('There is no such run');
  expect(bot.workspace.messages('C0OPS')).toEqual([]);
});

test('an answer for a page that was closed is sent to the person alone', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'clusters' });
  await operator.close(await page('Asking'));
  const told = await bot.workspace.waitFor('the answer', () =>
    operator.sees('C0OPS').find((message) => message.ephemeralFor === 'U0OPERATOR'),
  );

  expect(told.text).toContain('kubeadm');
});

test('in a channel without the bot: the card goes to the ops channel, the link is on the page', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube', { channel: 'C0RANDOM' });
  await operator.submit(await page('Run a command'), { command: 'status', cluster: 'prod' });
  const card = await cardIn('C0OPS');

  expect(JSON.stringify((await page('Asked')).blocks)).toContain(`/archives/C0OPS/p${card.ts.replace('.', '')}`);
});

test('the form holds only what a person may do', async () => {
  const approver = bot.workspace.person('approver-1');
  await approver.command('/kube');
  const view = await page('Run a command', 'approver-1');

  expect(JSON.stringify(view.blocks)).toContain('status: ');
  expect(JSON.stringify(view.blocks)).not.toContain('defrag: ');
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
