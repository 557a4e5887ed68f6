import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { SlackRequest } from '../../../playground/workspace/bot-link.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { cardNow, cardsOf, openGateOf, stateOf, target, votesOn, waitingRun } from './waiting-run.ts';

/** Two processes on the same stores; the first one writes the cards. */
let bot: TestBot;
let second: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
  second = await startTestBot({ beside: bot, projector: false });
});

afterEach(async () => {
  await second.stop();
  await bot.stop();
});

const NOWHERE = 'http://127.0.0.1:1';

/** What Slack would send for something a person wrote, without sending it. */
async function requestOf(write: () => Promise<unknown>): Promise<SlackRequest> {
  await write();
  const sent = bot.workspace.bot.deliveries.at(-1);
  if (sent === undefined) throw new Error('nothing was written');
  return sent.request;
}

/** Delivers as Slack does when it sees no answer: once, at once again, after one minute and after five. */
async function deliverFourTimes(
  request: SlackRequest,
  to: readonly string[],
): Promise<readonly (number | undefined)[]> {
  const statuses: (number | undefined)[] = [];
  for (const [retry, address] of to.entries()) {
    const headers = { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' };
    const sent = await bot.workspace.bot.send(request, { to: address, headers: retry === 0 ? {} : headers });
    statuses.push(sent.status);
  }
  return statuses;
}

async function oneRun(): Promise<string> {
  return await waitFor('a run', async () => (await bot.runIds())[0]);
}

/** What the bot said to a person outside of cards, in a channel. */
function saidIn(channel: string): readonly string[] {
  return bot.workspace
    .messages(channel)
    .filter((message) => message.user === 'U0DRYDOCK' && message.metadata === undefined)
    .map((message) => message.text);
}

describe('an event that Slack sends again three times', () => {
  test('a mention: one run and one card, whichever process each try reaches', async () => {
    const operator = bot.workspace.person('operator');
    const request = await requestOf(async () => await operator.mention('defrag prod', { to: NOWHERE }));
    const statuses = await deliverFourTimes(request, [bot.address, bot.address, second.address, second.address]);
    await openGateOf(bot, await oneRun());

    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(await bot.runIds()).toHaveLength(1);
    expect(cardsOf(bot)).toHaveLength(1);
    expect(saidIn('C0OPS')).toEqual([]);
  });

  test('a direct message: one run, one card, and one word where it is', async () => {
    const operator = bot.workspace.person('operator');
    const request = await requestOf(async () => await operator.message('defrag prod', { to: NOWHERE }));
    await deliverFourTimes(request, [second.address, bot.address, bot.address, second.address]);
    await openGateOf(bot, await oneRun());
    const direct = bot.workspace.state.openDirect('U0OPERATOR').id;
    await bot.workspace.waitFor('the link', () => saidIn(direct).length > 0);
    await second.stop();

    expect(await bot.runIds()).toHaveLength(1);
    expect(cardsOf(bot)).toHaveLength(1);
    expect(saidIn(direct)).toHaveLength(1);
  });

  test('of which only the last try arrives is carried out', async () => {
    const operator = bot.workspace.person('operator');
    const request = await requestOf(async () => await operator.mention('defrag prod', { to: NOWHERE }));
    await deliverFourTimes(request, [NOWHERE, NOWHERE, NOWHERE, second.address]);
    await openGateOf(bot, await oneRun());

    expect(cardsOf(bot)).toHaveLength(1);
  });

  test('and that comes while the store is away the first time: the person is told, and nothing is run behind', async () => {
    const operator = bot.workspace.person('operator');
    const request = await requestOf(async () => await operator.mention('defrag prod', { to: NOWHERE }));
    bot.runs.failures.setDown(true);
    await deliverFourTimes(request, [bot.address]);
    await bot.workspace.waitFor('the word', () => saidIn('C0OPS').some((text) => text.includes('cannot reach')));
    bot.runs.failures.setDown(false);
    await deliverFourTimes(request, [bot.address]);
    await bot.stop();

    expect(await bot.runIds()).toEqual([]);
    bot = await startTestBot();
  });
});

test('commands, events and clicks are acknowledged while Slack answers none of our calls', async () => {
  const run = await waitingRun(bot);
  bot.workspace.faults.set('*', { kind: 'hang' });
  const operator = bot.workspace.person('operator');
  const sent = [
    await operator.command('/kube'),
    await operator.command('/kube status prod', { channel: 'C0RANDOM' }),
    ...(await operator.mention('help')),
    await bot.workspace.person('approver-1').click(target(run, 'gate.reject')),
  ];
  bot.workspace.faults.clear();

  expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

describe('delivered to both processes', () => {
  test('a command makes one run and one card', async () => {
    const request = bot.workspace.person('operator').commandRequest('/kube defrag prod');
    await Promise.all([
      bot.workspace.bot.send(request, { to: bot.address }),
      bot.workspace.bot.send(request, { to: second.address }),
    ]);
    await openGateOf(bot, await oneRun());

    expect(await bot.runIds()).toHaveLength(1);
    expect(cardsOf(bot)).toHaveLength(1);
  });

  test('an approval is one vote, and nobody is told that it was refused', async () => {
    const run = await waitingRun(bot);
    const request = bot.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'));
    await bot.workspace.bot.send(request, { to: second.address });
    await bot.workspace.waitFor('the decision', () => stateOf(cardNow(bot, run)) === 'running');
    await bot.workspace.bot.send(request, { to: bot.address });
    await second.stop();
    await bot.stop();

    expect(await votesOn(bot, run.runId)).toHaveLength(1);
    expect(saidIn('C0OPS')).toEqual([]);
    bot = await startTestBot();
  });

  test('a wish to reject opens one form, and nobody is told that it did not open', async () => {
    const run = await waitingRun(bot);
    const approver = bot.workspace.person('approver-1');
    const request = approver.clickRequest(target(run, 'gate.reject'));
    await bot.workspace.bot.send(request, { to: second.address });
    const view = await bot.workspace.waitFor('the form', () => approver.view());
    await bot.workspace.bot.send(request, { to: bot.address });
    await waitFor('the second try', () => bot.calls.some((call) => call.method === 'views.open'));
    await approver.submit(view, { reason: 'not today' }, { to: bot.address });
    const submission = bot.workspace.bot.deliveries.at(-1)?.request;
    if (submission === undefined) throw new Error('nothing was submitted');
    await bot.workspace.bot.send(submission, { to: second.address });
    await bot.workspace.waitFor('the reason', () => JSON.stringify(cardNow(bot, run)?.blocks).includes('not today'));
    await second.stop();

    expect(bot.workspace.state.views.size).toBe(1);
    expect(await votesOn(bot, run.runId)).toHaveLength(1);
    expect(saidIn('C0OPS')).toEqual([]);
  });

  test('a bare command opens one form', async () => {
    const request = bot.workspace.person('operator').commandRequest('/kube');
    await bot.workspace.bot.send(request, { to: bot.address });
    await bot.workspace.waitFor('the form', () => bot.workspace.person('operator').view());
    await bot.workspace.bot.send(request, { to: second.address });
    await waitFor('the second try', () => second.calls.some((call) => call.method === 'views.open'));
    await second.stop();

    expect(bot.workspace.state.views.size).toBe(1);
    expect(saidIn('C0OPS')).toEqual([]);
  });
});
