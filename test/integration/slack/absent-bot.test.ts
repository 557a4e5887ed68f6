import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import { BOT } from '../../../playground/workspace/seed.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot({ cardWaitMs: 300 });
});

afterEach(async () => {
  await bot.stop();
});

function removeBotFrom(channel: string): void {
  bot.workspace.state.channels.get(channel)?.members.delete(BOT.user);
}

/** What the bot says in a channel to the operator alone. */
async function answerIn(channel: string): Promise<Message> {
  return await bot.workspace.waitFor('an answer', () =>
    bot.workspace
      .person('operator')
      .sees(channel)
      .find((message) => message.user === BOT.user),
  );
}

test.each(['C0OPS', 'C0RANDOM'])('a run asked for in %s while the bot is not in the ops channel', async (channel) => {
  removeBotFrom('C0OPS');
  await bot.workspace.person('operator').command('/kube defrag prod', { channel });
  const answer = await answerIn(channel);
  const [run] = await bot.runIds();

  expect(answer.text).toContain(`${run} was started, but its card cannot be posted.`);
  expect(answer.text).toContain('The bot is not in <#C0OPS>: invite it there (`/invite @kube`).');
  expect(answer.text).toContain(`\`/kube show ${run}\` shows it.`);
  expect(answer.text).not.toContain('Its card');
});

test('a run asked for in a direct message while the bot is not in the ops channel', async () => {
  removeBotFrom('C0OPS');
  await bot.workspace.person('operator').message('defrag prod');
  const answer = await answerIn(bot.workspace.state.openDirect('U0OPERATOR').id);

  expect(answer.text).toContain('The bot is not in <#C0OPS>');
});

test('a run whose card is only late is not said to be without a channel', async () => {
  bot.workspace.faults.set('chat.postMessage', { kind: 'status', status: 500 });
  await bot.workspace.person('operator').command('/kube defrag prod', { channel: 'C0OPS' });
  const answer = await answerIn('C0OPS');
  const [run] = await bot.runIds();

  expect(answer.text).toContain(`${run} was started.`);
  expect(answer.text).toContain('Its card is not in <#C0OPS> yet.');
  expect(answer.text).toContain(`\`/kube show ${run}\` shows it.`);
});

test('a card that moved to the ops channel is linked where the command was typed', async () => {
  await bot.stop();
  bot = await startTestBot();
  bot.workspace.faults.set('chat.postMessage', { kind: 'error', error: 'restricted_action' }, { times: 1 });
  await bot.workspace.person('operator').command('/kube defrag prod', { channel: 'C0INC' });

  expect((await answerIn('C0INC')).text).toContain('/archives/C0OPS/');
});

test('the command that the answer names shows the run', async () => {
  removeBotFrom('C0OPS');
  await bot.workspace.person('operator').command('/kube defrag prod', { channel: 'C0OPS' });
  const answer = await answerIn('C0OPS');
  const [run = ''] = await bot.runIds();
  await bot.workspace.person('operator').command(`/kube show ${run}`, { channel: 'C0OPS' });
  const shown = await bot.workspace.waitFor('the run', () =>
    bot.workspace
      .person('operator')
      .sees('C0OPS')
      .find((message) => message.user === BOT.user && message.ts !== answer.ts),
  );

  expect(shown.text).toContain(run);
});
