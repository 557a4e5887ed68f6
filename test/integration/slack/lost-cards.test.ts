import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import { type Told } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { cardsOf, stateOf, target, votesOn, type Waiting, waitingRun } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

const FAILED: readonly Told[] = [
  { type: 'step-started', index: 0, attempt: 1 },
  { type: 'ended', outcome: 'failed', reason: 'member-silent', note: '', stepsDone: 0, stepsPlanned: 2 },
];

/** The card that took over from the first one. */
async function newCard(run: Waiting): Promise<Message> {
  return await bot.workspace.waitFor('the new card', () => cardsOf(bot).find((card) => card.ts !== run.card.ts));
}

function threadOf(card: Message): readonly string[] {
  return bot.workspace
    .messages(card.channel)
    .filter((message) => message.threadTs === card.ts)
    .map((message) => message.text);
}

function linkTo(card: Message): string {
  return `/archives/${card.channel}/p${card.ts.replace('.', '')}|`;
}

async function told(card: Message, words: string): Promise<void> {
  await bot.workspace.waitFor(`"${words}" in the thread`, () => threadOf(card).some((text) => text.includes(words)));
}

/** The second of two approvals by the new card's button, then the end: it shows all of it. */
async function goOnWith(run: Waiting, card: Message): Promise<void> {
  await bot.workspace.person('approver-2').click({ channel: card.channel, ts: card.ts, actionId: 'gate.approve' });
  await bot.workspace.waitFor(
    'the decision',
    () => stateOf(bot.workspace.state.find(card.channel, card.ts)) === 'running',
  );
  await bot.tell(run.runId, FAILED);
  await bot.workspace.waitFor('the end', () => stateOf(bot.workspace.state.find(card.channel, card.ts)) === 'ended');
  await told(card, '(`member-silent`)');

  expect(await votesOn(bot, run.runId)).toHaveLength(2);
  expect(cardsOf(bot).filter((each) => each.ts !== run.card.ts)).toHaveLength(1);
}

test('a card that a person deletes while others decide: a new one with buttons that work, and the whole thread', async () => {
  const run = await waitingRun(bot, '/kube defrag prod', { required: 2 });
  await told(run.card, '*Plan*');
  bot.workspace.state.remove(run.card);
  await bot.workspace.person('approver-1').command(`/kube approve ${run.runId}`);
  const card = await newCard(run);
  await goOnWith(run, card);

  const thread = threadOf(card);
  expect(thread.filter((text) => text.includes('*Plan*'))).toHaveLength(1);
  expect(thread.filter((text) => text.includes('<@U0APPROVER1> approved'))).toHaveLength(1);
  expect(thread.filter((text) => text.includes('<@U0APPROVER2> approved'))).toHaveLength(1);
  expect(JSON.stringify(card.blocks)).not.toContain(linkTo(run.card));
});

test.each(['edit_window_closed', 'cant_update_message'])(
  'a card that may not be changed any more (%s): a new one that links to it; only its buttons count',
  async (error) => {
    const run = await waitingRun(bot, '/kube defrag prod', { required: 2 });
    await told(run.card, '*Plan*');
    bot.workspace.faults.set('chat.update', { kind: 'error', error }, { times: 1 });
    await bot.workspace.person('approver-1').command(`/kube approve ${run.runId}`);
    const card = await newCard(run);
    await bot.workspace.person('approver-2').click(target(run, 'gate.approve'));
    const answer = await bot.workspace.waitFor('the answer', () =>
      bot.workspace
        .person('approver-2')
        .sees('C0OPS')
        .find((message) => message.ephemeralFor !== undefined),
    );
    expect(answer.text).toContain(`It is not on the card of ${run.runId}.`);
    expect(await votesOn(bot, run.runId)).toHaveLength(1);
    await bot.cards.resign('slack-projector', 'bot-1');
    bot.startProjector('bot-2');
    await goOnWith(run, card);

    expect(JSON.stringify(bot.workspace.state.find(card.channel, card.ts)?.blocks)).toContain(linkTo(run.card));
    expect([...threadOf(run.card), ...threadOf(card)].filter((text) => text.includes('*Plan*'))).toHaveLength(1);
  },
);

test('a card whose channel is archived: a new one in the ops channel that links to it, with the whole thread', async () => {
  const run = await waitingRun(bot, '/kube defrag prod', { required: 2, channel: 'C0INC' });
  await told(run.card, '*Plan*');
  const channel = bot.workspace.state.channels.get('C0INC');
  if (channel === undefined) throw new Error('there is no such channel');
  bot.workspace.state.channels.set('C0INC', { ...channel, archived: true });
  await bot.workspace.person('approver-1').command(`/kube approve ${run.runId}`);
  const card = await newCard(run);
  await goOnWith(run, card);

  expect(JSON.stringify(bot.workspace.state.find(card.channel, card.ts)?.blocks)).toContain(linkTo(run.card));
  expect(threadOf(card).filter((text) => text.includes('*Plan*'))).toHaveLength(1);
});

test('a card that is deleted after its run has ended stays deleted', async () => {
  const run = await waitingRun(bot);
  await bot.tell(run.runId, FAILED);
  await told(run.card, '(`member-silent`)');
  await bot.workspace.waitFor('the end', () => stateOf(cardsOf(bot)[0]) === 'ended');
  bot.workspace.state.remove(run.card);
  await bot.cards.touch(run.runId);
  const other = await waitingRun(bot);

  expect(cardsOf(bot).map((card) => card.ts)).toEqual([other.card.ts]);
});
