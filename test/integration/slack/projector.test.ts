import { afterEach, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import type { Told } from '../../support/sample-run.ts';
import { SAMPLE_GATE, SAMPLE_HASH, SAMPLE_REPORT, samplePlan } from '../../support/sample-run.ts';
import { APPROVALS, startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

afterEach(async () => {
  await bot.stop();
});

/** For what the workspace's feed does not tell. */
const POLL = { timeout: 20_000, interval: 20 };
const PLANNED: readonly Told[] = [{ type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH }];
const ENDED: readonly Told[] = [
  { type: 'step-started', index: 0, attempt: 1 },
  { type: 'step-done', index: 0, output: null, note: 'given back' },
  { type: 'step-done', index: 1, output: SAMPLE_REPORT, note: '' },
  { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 2, stepsPlanned: 2 },
];

async function requested(channel = 'C0OPS'): Promise<string> {
  await bot.workspace.person('operator').command('/kube defrag prod', { channel });
  await expect.poll(async () => (await bot.runIds()).length, POLL).toBe(1);
  return (await bot.runIds())[0] ?? '';
}

function cards(channel = 'C0OPS'): readonly Message[] {
  return bot.workspace.messages(channel).filter((message) => message.metadata?.event_type === 'drydock_run');
}

function isEnded(card: Message): boolean {
  return card.metadata?.event_payload['state'] === 'ended';
}

function threadOf(card: Message | undefined): readonly string[] {
  return bot.workspace
    .messages('C0OPS')
    .filter((message) => message.threadTs === card?.ts && message.threadTs !== undefined)
    .map((message) => message.text);
}

async function endedCard(channel = 'C0OPS'): Promise<Message> {
  return await bot.workspace.waitFor('the ended card', () => cards(channel).find(isEnded));
}

async function endOfThread(): Promise<readonly string[]> {
  return await bot.workspace.waitFor('the end in the thread', () => {
    const texts = threadOf(cards()[0]);
    return texts.some((text) => text.startsWith('*Succeeded*')) ? texts : undefined;
  });
}

test('a run becomes one card that follows it to its end, and a thread with everything', async () => {
  bot = await startTestBot();
  const runId = await requested();
  await bot.tell(runId, PLANNED);
  await bot.tell(runId, ENDED);
  const card = await endedCard();
  const thread = await endOfThread();

  expect(cards()).toHaveLength(1);
  expect(card.metadata?.event_payload).toMatchObject({ run: runId, outcome: 'succeeded', plan_hash: SAMPLE_HASH });
  expect(card.blocks.map((block) => block.type)).toContain('table');
  expect(thread[0]).toContain('*Plan*');
  expect(thread.join('\n')).toContain('etcd-3  leader    52.1\u00A0MiB');
});

test.each(['card-announced', 'card-posted'] as const)(
  'a projector that is killed at %s: its successor leaves exactly one card',
  async (point) => {
    bot = await startTestBot({ projector: false });
    const dying = bot.startProjector('bot-1', point);
    const runId = await requested();
    await dying.died;
    await bot.cards.resign('slack-projector', 'bot-1');
    bot.startProjector('bot-2');
    await bot.tell(runId, PLANNED);
    await bot.tell(runId, ENDED);
    await endedCard();
    await endOfThread();

    expect(cards()).toHaveLength(1);
  },
);

test('a projector that is killed after a thread message: its successor does not repeat it', async () => {
  bot = await startTestBot({ projector: false });
  const dying = bot.startProjector('bot-1', 'thread-posted');
  const runId = await requested();
  await bot.tell(runId, PLANNED);
  await dying.died;
  await bot.cards.resign('slack-projector', 'bot-1');
  bot.startProjector('bot-2');
  await bot.tell(runId, ENDED);
  const thread = await endOfThread();

  expect(thread.filter((text) => text.startsWith('*Plan*'))).toHaveLength(1);
});

test('a post whose answer is lost is found again, not repeated', async () => {
  bot = await startTestBot();
  bot.workspace.faults.set('chat.postMessage', { kind: 'lost-answer' }, { times: 1 });
  const runId = await requested();
  await bot.tell(runId, [...PLANNED, ...ENDED]);
  await endedCard();

  await expect.poll(() => bot.calls.map((call) => call.method), POLL).toContain('conversations.history');
  await expect.poll(async () => (await bot.cards.card(runId))?.ts, POLL).toBe(cards()[0]?.ts);
  expect(cards()).toHaveLength(1);
});

test('429 on updates: nothing is called before its time, then the newest state is shown', async () => {
  bot = await startTestBot();
  const runId = await requested();
  await bot.workspace.waitFor('the card', () => cards()[0]);
  bot.workspace.faults.set('chat.update', { kind: 'rate-limited', retryAfter: 2 }, { times: 1 });
  await bot.tell(runId, PLANNED);
  await expect.poll(() => bot.workspace.calls.some((call) => call.fault?.kind === 'rate-limited'), POLL).toBe(true);
  await bot.tell(runId, ENDED);
  await endedCard();

  const updates = bot.workspace.calls.filter((call) => call.method === 'chat.update');
  expect(updates.map((call) => call.fault?.kind ?? 'ok')).toEqual(['rate-limited', 'ok']);
  expect((updates[1]?.at ?? 0) - (updates[0]?.at ?? 0)).toBeGreaterThanOrEqual(2000);
});

test('Slack down: the run is not held up, and its last state is delivered when Slack is back', async () => {
  bot = await startTestBot();
  // Somebody whom Slack has told of lately; who never was heard of is refused while Slack is away.
  await bot.workspace.person('operator').command('/kube help', { channel: 'C0OPS' });
  await expect.poll(() => bot.workspace.calls.some((call) => call.method === 'users.info'), POLL).toBe(true);
  bot.workspace.faults.set('*', { kind: 'status', status: 500 });
  const runId = await requested();
  await bot.tell(runId, [...PLANNED, ...ENDED]);
  await expect.poll(() => bot.workspace.calls.some((call) => call.method === 'chat.postMessage'), POLL).toBe(true);
  bot.workspace.faults.clear();
  await endedCard();

  expect(cards()).toHaveLength(1);
});

test('Slack hangs: the call is given up after its time, then made again', async () => {
  bot = await startTestBot({ timeoutMs: 300 });
  bot.workspace.faults.set('chat.postMessage', { kind: 'hang' }, { times: 1 });
  await requested();
  await bot.workspace.waitFor('the card', () => cards()[0]);

  expect(bot.calls.map((call) => `${call.method} ${call.result}`)).toContain('chat.postMessage unavailable');
});

test('a card that was deleted is posted again, with its whole thread', async () => {
  bot = await startTestBot();
  const runId = await requested();
  await bot.tell(runId, PLANNED);
  const first = await bot.workspace.waitFor('the plan in the thread', () =>
    threadOf(cards()[0]).length > 0 ? cards()[0] : undefined,
  );
  bot.workspace.state.remove(first);
  await bot.tell(runId, ENDED);
  const card = await endedCard();
  const thread = await endOfThread();

  expect(card.ts).not.toBe(first.ts);
  expect(thread[0]).toContain('*Plan*');
});

test('a card that may not be edited any more goes on in a new one that links to it', async () => {
  bot = await startTestBot();
  const runId = await requested();
  const first = await bot.workspace.waitFor('the card', () => cards()[0]);
  bot.workspace.faults.set('chat.update', { kind: 'error', error: 'edit_window_closed' }, { times: 1 });
  await bot.tell(runId, [...PLANNED, ...ENDED]);
  const card = await endedCard();

  expect(card.ts).not.toBe(first.ts);
  expect(JSON.stringify(card.blocks)).toContain(`/archives/C0OPS/p${first.ts.replace('.', '')}|an older one`);
});

test('a channel that the bot was removed from: the card goes to the ops channel', async () => {
  bot = await startTestBot();
  bot.workspace.faults.set('chat.postMessage', { kind: 'error', error: 'not_in_channel' }, { times: 1 });
  await requested('C0INC');
  const card = await bot.workspace.waitFor('the card in the ops channel', () => cards('C0OPS')[0]);

  expect(cards('C0INC')).toEqual([]);
  expect(card.text).toContain('Planning');
  expect(JSON.stringify(card.blocks)).toContain('Drydock cannot write to <#C0INC>. Invite the bot there.');
});

test('msg_too_long: a short card is shown, the thread has everything', async () => {
  bot = await startTestBot();
  const runId = await requested();
  await bot.workspace.waitFor('the card', () => cards()[0]);
  bot.workspace.faults.set('chat.update', { kind: 'error', error: 'msg_too_long' }, { times: 1 });
  const expiresAt = new Date(Date.now() + 1_800_000).toISOString();
  await bot.tell(runId, [
    ...PLANNED,
    {
      type: 'gate-opened',
      gate: { ...SAMPLE_GATE, approvals: { ...APPROVALS }, choices: [] },
      hash: SAMPLE_HASH,
      expiresAt,
    },
  ]);
  const card = await bot.workspace.waitFor('the gate', () =>
    cards().find((one) => one.metadata?.event_payload['gate'] === 'approve'),
  );
  await bot.workspace.waitFor('the plan in the thread', () => threadOf(card).length > 0);

  expect(card.blocks.map((block) => block.type)).toEqual(['header', 'section', 'section', 'actions']);
});
