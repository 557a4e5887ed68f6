import { afterEach, describe, expect, test } from 'vitest';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { createSlackClient, type SlackClient } from '../../../src/adapters/slack/client.ts';
import { plain, section } from '../../../src/adapters/slack/render/blocks.ts';
import { renderRejectModal } from '../../../src/adapters/slack/render/modal.ts';
import { createFakeSlack } from '../../fakes/slack-client.ts';
import { silentLog } from '../../support/engine-harness.ts';

const workspaces: Workspace[] = [];

afterEach(async () => {
  await Promise.all(workspaces.splice(0).map((workspace) => workspace.stop()));
});

/** The client on the local workspace, over HTTP. */
async function realClient(): Promise<SlackClient> {
  const workspace = await startWorkspace();
  workspaces.push(workspace);
  return createSlackClient({
    token: workspace.botToken,
    apiUrl: workspace.apiUrl,
    timeoutMs: 5000,
    log: silentLog,
    onCall: () => undefined,
  });
}

const PLACE = { channel: 'C0OPS', threadTs: null };
const CARD = { text: 'card', blocks: [section('state.r-1', ['card'])] };
const METADATA = { event_type: 'drydock_run', event_payload: { run: 'r-1', version: 1, state: 'planning' } } as const;
const THREAD = { event_type: 'drydock_thread', event_payload: { run: 'r-1', events: 2, part: 0, parts: 1 } } as const;

async function posted(slack: SlackClient): Promise<string> {
  const result = await slack.post(PLACE, CARD, METADATA);
  if (result.kind !== 'ok') throw new Error(result.kind);
  return result.value.ts;
}

describe.each([
  ['the fake', async () => createFakeSlack(systemClock)],
  ['the client on the local workspace', realClient],
] as const)('%s', (_name, make) => {
  test('finds a posted card by its metadata', async () => {
    const slack = await make();
    const ts = await posted(slack);
    const found = await slack.history('C0OPS', 0, 100);

    expect(found).toMatchObject({ kind: 'ok', value: [{ ts, metadata: METADATA }] });
  });

  test('an update replaces content and metadata', async () => {
    const slack = await make();
    const ts = await posted(slack);
    const after = { ...METADATA, event_payload: { ...METADATA.event_payload, state: 'ended' } };
    const updated = await slack.update({ channel: 'C0OPS', ts }, CARD, after);
    const found = await slack.history('C0OPS', 0, 100);

    expect(updated).toEqual({ kind: 'ok', value: null });
    expect(found).toMatchObject({ value: [{ ts, metadata: after }] });
  });

  test('an update of a message that is not there', async () => {
    const slack = await make();

    expect(await slack.update({ channel: 'C0OPS', ts: '1.000001' }, CARD, METADATA)).toEqual({
      kind: 'message-gone',
      error: 'message_not_found',
    });
  });

  test('a thread is read with its first message, and is not part of the history', async () => {
    const slack = await make();
    const ts = await posted(slack);
    await slack.post({ channel: 'C0OPS', threadTs: ts }, { text: 'plan', blocks: [] }, THREAD);
    const replies = await slack.replies('C0OPS', ts, 1000);
    const history = await slack.history('C0OPS', 0, 100);

    expect(replies).toMatchObject({ kind: 'ok', value: [{ ts, metadata: METADATA }, { metadata: THREAD }] });
    expect(history).toMatchObject({ value: [{ ts }] });
  });

  test('tells whether the bot is in a channel, and links to a message', async () => {
    const slack = await make();
    const ts = await posted(slack);
    const link = await slack.permalink({ channel: 'C0OPS', ts });

    expect(await slack.isMember('C0OPS')).toEqual({ kind: 'ok', value: true });
    expect(link).toMatchObject({ kind: 'ok', value: expect.stringMatching(/\/archives\/C0OPS\/p\d+/) });
  });

  test('shares a file in a thread', async () => {
    const slack = await make();
    const ts = await posted(slack);

    expect(
      await slack.upload(
        { channel: 'C0OPS', threadTs: ts },
        { name: 'plan.txt', title: 'plan', content: 'ü'.repeat(5000) },
      ),
    ).toEqual({ kind: 'ok', value: null });
    expect(await slack.replies('C0OPS', ts, 100)).toMatchObject({ value: [{ files: [] }, { files: ['plan.txt'] }] });
  });
});

test('the client puts a page into an open modal, unless another one is shown or it was closed', async () => {
  const workspace = await startWorkspace();
  workspaces.push(workspace);
  const { botToken: token, apiUrl } = workspace;
  const slack = createSlackClient({ token, apiUrl, timeoutMs: 5000, log: silentLog, onCall: () => undefined });
  const operator = workspace.person('operator');
  const trigger = new URLSearchParams(operator.commandRequest('/kube x').body).get('trigger_id') ?? '';
  await slack.openModal(trigger, renderRejectModal('r|g|-'));
  const { id = '', hash = '' } = operator.view() ?? {};
  const page = { ...renderRejectModal('r|g|-'), title: plain('Another page') };
  const after = await slack.updateModal(id, page, hash);

  expect(after).toMatchObject({ kind: 'ok' });
  expect(operator.view()).toMatchObject({ id, title: 'Another page' });
  expect(after.kind === 'ok' ? after.value.hash : '').toBe(operator.view()?.hash);
  expect(await slack.updateModal(id, page, hash)).toEqual({ kind: 'refused', error: 'hash_conflict' });
  expect(await slack.updateModal(id, page, null)).toMatchObject({ kind: 'ok' });
  const shown = operator.view();
  if (shown !== undefined) await operator.close(shown);
  expect(await slack.updateModal(id, page, null)).toEqual({ kind: 'refused', error: 'not_found' });
});

describe('the client, when Slack is in trouble', () => {
  test.each([
    ['rate limits it', { kind: 'rate-limited', retryAfter: 7 }, { kind: 'rate-limited', retryAfterMs: 7000 }],
    ['answers 500', { kind: 'status', status: 500 }, { kind: 'unavailable', error: 'HTTP status 500' }],
    ['does not answer', { kind: 'hang' }, { kind: 'unavailable', error: 'no answer in time' }],
    [
      'breaks the connection',
      { kind: 'reset' },
      { kind: 'unavailable', error: expect.stringContaining('the connection failed') },
    ],
    ['refuses', { kind: 'error', error: 'not_in_channel' }, { kind: 'channel-gone', error: 'not_in_channel' }],
  ] as const)('Slack %s: one call, one value', async (_what, fault, result) => {
    const workspace = await startWorkspace();
    workspaces.push(workspace);
    const calls: string[] = [];
    const slack = createSlackClient({
      token: workspace.botToken,
      apiUrl: workspace.apiUrl,
      timeoutMs: 300,
      log: silentLog,
      onCall: (method, kind) => calls.push(`${method} ${kind}`),
    });
    workspace.faults.set('chat.postMessage', fault);

    expect(await slack.post(PLACE, CARD, METADATA)).toEqual(result);
    expect(calls).toEqual([`chat.postMessage ${result.kind}`]);
    expect(workspace.calls.filter((call) => call.method === 'chat.postMessage')).toHaveLength(1);
  });
});

test('a card is found below hundreds of newer messages; whoever must stop does so between two pages', async () => {
  const slack = await realClient();
  const ts = await posted(slack);
  const talk = { text: 'talk', blocks: [] };
  for (let each = 0; each < 230; each += 1) await slack.post(PLACE, talk);
  const found = await slack.history('C0OPS', 0, 2000);
  const stopped = await slack.history('C0OPS', 0, 2000, async () => false);

  expect(found.kind === 'ok' ? found.value.at(-1) : null).toMatchObject({ ts, metadata: METADATA });
  expect(stopped).toMatchObject({ kind: 'rate-limited' });
});
