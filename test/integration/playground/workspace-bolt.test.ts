import { App, HTTPReceiver } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../playground/ports.ts';
import { urlVerificationRequest } from '../../../playground/workspace/payloads.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { SILENT } from './silent-logger.ts';

let workspace: Workspace;
let app: App;
let seen: string[];

beforeEach(async () => {
  workspace = await startWorkspace({ eventRetriesMs: [0, 0] });
  seen = [];
  const receiver = new HTTPReceiver({ signingSecret: workspace.signingSecret, logger: SILENT });
  app = new App({
    receiver,
    token: workspace.botToken,
    logger: SILENT,
    clientOptions: { logger: SILENT, slackApiUrl: workspace.apiUrl, retryConfig: { retries: 0 } },
  });
  const port = await freePort();
  await app.start(port);
  workspace.bot.connect(`http://127.0.0.1:${port}`);
});

afterEach(async () => {
  await app.stop();
  await workspace.stop();
});

const BUTTONS = [
  {
    type: 'actions',
    block_id: 'gate',
    elements: [
      { type: 'button', action_id: 'gate.approve', value: 'run-1', text: { type: 'plain_text', text: 'Approve' } },
    ],
  },
];

function answerCommands(): void {
  app.command('/kube', async ({ ack, command, respond, say }) => {
    await ack();
    seen.push(command.text);
    await respond({ text: 'on its way', response_type: 'ephemeral' });
    await say({ text: 'card', blocks: BUTTONS });
  });
}

test('a signed slash command reaches Bolt, its answer only the person, its message everybody', async () => {
  answerCommands();
  const operator = workspace.person('operator');

  const delivery = await operator.command('/kube defrag prod');
  await workspace.waitFor('the card', () => workspace.messages('C0OPS').find((one) => one.text === 'card'));

  expect(delivery.status).toBe(200);
  expect(seen).toEqual(['defrag prod']);
  expect(operator.sees('C0OPS').map((one) => one.text)).toEqual(['on its way', 'card']);
  expect(
    workspace
      .person('stranger')
      .sees('C0OPS')
      .map((one) => one.text),
  ).toEqual(['card']);
});

test.for([
  ['signed with another secret', { secret: 'f'.repeat(32) }],
  ['signed six minutes ago', { timestamp: Math.floor(Date.now() / 1000) - 360 }],
  ['with an edited signature', { headers: { 'x-slack-signature': `v0=${'0'.repeat(64)}` } }],
] as const)('Bolt refuses a command %s', async ([, how]) => {
  answerCommands();

  const delivery = await workspace.person('operator').command('/kube defrag prod', how);

  expect(delivery.status).toBe(401);
  expect(seen).toEqual([]);
  expect(workspace.feed.events().map((event) => event.what.kind)).toEqual(['command', 'bot-failed']);
});

test('a replay sends the same bytes and the same signature again', async () => {
  answerCommands();
  const first = await workspace.person('operator').command('/kube runs');

  const second = await workspace.bot.replay(first);

  expect(second.headers).toEqual(first.headers);
  expect(second.request).toEqual(first.request);
  await workspace.waitFor(
    'both cards',
    () => workspace.messages('C0OPS').filter((one) => one.text === 'card').length === 2,
  );
});

test('a click carries the button, opens a modal with its trigger, and the modal can be submitted', async () => {
  answerCommands();
  app.action('gate.approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    seen.push(JSON.stringify(body.actions.map((action) => [action.action_id, action.block_id])));
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'gate.reject',
        title: { type: 'plain_text', text: 'Reject' },
        submit: { type: 'plain_text', text: 'Reject' },
        blocks: [
          {
            type: 'input',
            block_id: 'reason',
            label: { type: 'plain_text', text: 'Why' },
            element: { type: 'plain_text_input', action_id: 'reason' },
          },
        ],
      },
    });
  });
  app.view('gate.reject', async ({ ack, view, body }) => {
    const said = view.state.values['reason']?.['reason']?.value ?? '';
    seen.push(`${body.user.id}: ${said}`);
    if (said === 'no') await ack({ response_action: 'errors', errors: { reason: 'Say more.' } });
    else await ack();
  });
  await workspace.person('operator').command('/kube defrag prod');
  const card = await workspace.waitFor('the card', () =>
    workspace.messages('C0OPS').find((one) => one.text === 'card'),
  );
  const approver = workspace.person('approver-1');

  await approver.click({ channel: 'C0OPS', ts: card.ts, actionId: 'gate.approve' });
  const modal = await workspace.waitFor('the modal', () => approver.view());
  await approver.submit(modal, { reason: 'no' });
  expect(approver.view()?.errors).toEqual({ reason: 'Say more.' });
  await approver.submit(modal, { reason: 'not on a Friday' });

  expect(approver.view()).toBeUndefined();
  expect(seen.slice(1)).toEqual(['[["gate.approve","gate"]]', 'U0APPROVER1: no', 'U0APPROVER1: not on a Friday']);
});

test('nobody can click what is not there, or on an ephemeral message of somebody else', async () => {
  answerCommands();
  const operator = workspace.person('operator');
  await operator.command('/kube defrag prod');
  const card = await workspace.waitFor('the card', () =>
    workspace.messages('C0OPS').find((one) => one.text === 'card'),
  );

  const target = { channel: 'C0OPS', ts: card.ts, actionId: 'run.cancel' };

  await expect(operator.click(target)).rejects.toThrow('operator sees no run.cancel');
});

test('mentions and direct messages arrive as events with the thread they were written in', async () => {
  app.event('app_mention', ({ event }) => {
    seen.push(`mention ${event.text} in ${event.thread_ts === undefined ? 'channel' : 'thread'}`);
    return Promise.resolve();
  });
  app.message(({ message }) => {
    seen.push(`${message.channel_type} ${'text' in message ? message.text : ''}`);
    return Promise.resolve();
  });
  const operator = workspace.person('operator');
  const ops = workspace.state.post({ channel: 'C0OPS', user: operator.id, text: 'look' });

  await operator.mention('runs', { threadTs: ops.ts });
  const tries = await operator.message('help');

  expect(seen).toEqual(['mention <@U0DRYDOCK> runs in thread', 'im help']);
  expect(tries.map((one) => one.status)).toEqual([200]);
});

test('an event the bot does not take is sent again with the number of the retry', async () => {
  const tries = await workspace.person('operator').mention('runs', { secret: 'wrong-secret' });

  expect(
    tries.map((one) => [one.status, one.headers['x-slack-retry-num'], one.headers['x-slack-retry-reason']]),
  ).toEqual([
    [401, undefined, undefined],
    [401, '1', 'http_error'],
    [401, '2', 'http_error'],
  ]);
});

test('Bolt answers the challenge of a new request URL', async () => {
  const delivery = await workspace.bot.send(urlVerificationRequest('are-you-there'));

  expect(JSON.parse(delivery.body)).toEqual({ challenge: 'are-you-there' });
});
