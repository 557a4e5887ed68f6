import { webApi } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { SILENT } from './silent-logger.ts';

let workspace: Workspace;

beforeEach(async () => {
  workspace = await startWorkspace();
});

afterEach(async () => {
  await workspace.stop();
});

function clientOf(
  token: string | undefined = workspace.botToken,
  options: webApi.WebClientOptions = {},
): webApi.WebClient {
  return new webApi.WebClient(token, {
    logger: SILENT,
    slackApiUrl: workspace.apiUrl,
    retryConfig: { retries: 0 },
    ...options,
  });
}

/** Calls a method by name and answers `ok` or Slack's error code. */
async function codeOf(method: string, args: Record<string, unknown>, client = clientOf()): Promise<string> {
  try {
    await client.apiCall(method, args);
    return 'ok';
  } catch (error) {
    if (error instanceof Error && 'data' in error && typeof error.data === 'object' && error.data !== null) {
      return 'error' in error.data ? String(error.data.error) : 'no error code';
    }
    throw error;
  }
}

function section(text: string, blockId?: string) {
  return { type: 'section', ...(blockId === undefined ? {} : { block_id: blockId }), text: { type: 'mrkdwn', text } };
}

function button(label: string) {
  return { type: 'actions', elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: label } }] };
}

test.for([
  ['no token', 'auth.test', {}, '', 'not_authed'],
  ['a wrong token', 'auth.test', {}, 'xoxb-wrong', 'invalid_auth'],
  ['the token', 'auth.test', {}, undefined, 'ok'],
] as const)('%s: %s answers %s', async ([, method, args, token, code]) => {
  expect(await codeOf(method, args, clientOf(token === '' ? '' : (token ?? workspace.botToken)))).toBe(code);
});

const POST = 'chat.postMessage';

test.for([
  ['an unknown channel', POST, { channel: 'C0NONE', text: 'x' }, 'channel_not_found'],
  ['a channel without the bot', POST, { channel: 'C0RANDOM', text: 'x' }, 'not_in_channel'],
  ['nothing to say', POST, { channel: 'C0OPS' }, 'no_text'],
  ['an unknown thread', POST, { channel: 'C0OPS', text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
  ['50 blocks', POST, { channel: 'C0OPS', blocks: Array(50).fill(section('x')) }, 'ok'],
  ['51 blocks', POST, { channel: 'C0OPS', blocks: Array(51).fill(section('x')) }, 'invalid_blocks'],
  ['a section of 3000', POST, { channel: 'C0OPS', blocks: [section('x'.repeat(3000))] }, 'ok'],
  ['a section of 3001', POST, { channel: 'C0OPS', blocks: [section('x'.repeat(3001))] }, 'invalid_blocks'],
  ['an empty section', POST, { channel: 'C0OPS', blocks: [section('')] }, 'invalid_blocks'],
  ['a block id twice', POST, { channel: 'C0OPS', blocks: [section('x', 'b'), section('y', 'b')] }, 'invalid_blocks'],
  ['a button of 75', POST, { channel: 'C0OPS', blocks: [button('x'.repeat(75))] }, 'ok'],
  ['a button of 76', POST, { channel: 'C0OPS', blocks: [button('x'.repeat(76))] }, 'invalid_blocks'],
  [
    'blocks of 13 900 characters',
    POST,
    { channel: 'C0OPS', blocks: Array(5).fill(section('x'.repeat(2780))) },
    'msg_blocks_too_long',
  ],
  ['blocks that are no list', POST, { channel: 'C0OPS', blocks: '{"a":1}' }, 'invalid_blocks_format'],
  ['metadata without type', POST, { channel: 'C0OPS', text: 'x', metadata: '{"a":1}' }, 'invalid_metadata_format'],
  ['an update of nothing', 'chat.update', { channel: 'C0OPS', ts: '1.000001', text: 'x' }, 'message_not_found'],
  [
    'an ephemeral for a foreigner',
    'chat.postEphemeral',
    { channel: 'C0OPS', user: 'U0NOBODY', text: 'x' },
    'user_not_in_channel',
  ],
  [
    'a modal with a made-up trigger',
    'views.open',
    { trigger_id: '1.2.3', view: { type: 'modal', title: { type: 'plain_text', text: 't' }, blocks: [] } },
    'invalid_trigger_id',
  ],
  ['an unknown group', 'usergroups.users.list', { usergroup: 'S0NONE' }, 'no_such_subteam'],
  ['an unknown method', 'chat.unheardOf', {}, 'unknown_method'],
] as const)('%s: %s', async ([, method, args, code]) => {
  expect(await codeOf(method, args)).toBe(code);
});

test('an update counts bytes after escaping, keeps metadata it is not given, and drops blocks it is not given', async () => {
  const first = await clientOf().apiCall('chat.postMessage', {
    channel: 'C0OPS',
    text: 'before',
    blocks: [section('x')],
    metadata: { event_type: 'drydock_run', event_payload: { run: 'r-1' } },
  });
  const [message] = workspace.messages('C0OPS');

  const tooLong = await codeOf('chat.update', { channel: 'C0OPS', ts: message?.ts, text: '&'.repeat(801) });
  const fits = await codeOf('chat.update', { channel: 'C0OPS', ts: message?.ts, text: '&'.repeat(800) });

  expect([first.ok, tooLong, fits]).toEqual([true, 'msg_too_long', 'ok']);
  const [after] = workspace.messages('C0OPS');
  expect(after?.blocks).toEqual([]);
  expect(after?.metadata?.event_payload).toEqual({ run: 'r-1' });
  expect(after?.revisions.map((revision) => revision.text)).toEqual(['before']);
});

test('history is newest first without replies, with metadata only when asked, page by page', async () => {
  const client = clientOf();
  const metadata = { event_type: 'drydock_run', event_payload: { run: 'r-1' } };
  await client.apiCall(POST, { channel: 'C0OPS', text: 'one', metadata });
  const parent = workspace.messages('C0OPS')[0]?.ts ?? '';
  await client.apiCall(POST, { channel: 'C0OPS', text: 'reply', thread_ts: parent });
  await client.apiCall(POST, { channel: 'C0OPS', text: 'two' });

  const all = await client.conversations.history({ channel: 'C0OPS', include_all_metadata: true });
  const bare = await client.conversations.history({ channel: 'C0OPS', limit: 1 });
  const cursor = bare.response_metadata?.next_cursor ?? '';
  const next = await client.conversations.history({ channel: 'C0OPS', limit: 1, cursor });
  const thread = await client.conversations.replies({ channel: 'C0OPS', ts: parent });

  expect(all.messages?.map((one) => [one.text, one.metadata?.event_type])).toEqual([
    ['two', undefined],
    ['one', 'drydock_run'],
  ]);
  expect([...(bare.messages ?? []), ...(next.messages ?? [])].map((one) => one.text)).toEqual(['two', 'one']);
  expect(next.messages?.[0]?.metadata).toBeUndefined();
  expect(thread.messages?.map((one) => one.text)).toEqual(['one', 'reply']);
});

test('a file goes from its announcement over the upload into the thread', async () => {
  workspace.state.post({ channel: 'C0OPS', user: 'U0OPERATOR', text: 'look' });
  const ts = workspace.messages('C0OPS')[0]?.ts ?? '';

  await clientOf().filesUploadV2({ channel_id: 'C0OPS', thread_ts: ts, filename: 'plan.txt', content: 'näive' });

  const [file] = workspace.state.files.values();
  expect(file?.content?.toString()).toBe('näive');
  expect(workspace.messages('C0OPS').at(-1)).toMatchObject({ threadTs: ts, files: [file?.id] });
});

test('faults come as Slack shows them, as often as told, and then stop', async () => {
  const client = clientOf(undefined, { rejectRateLimitedCalls: true, timeout: 500 });
  const call = () =>
    client.auth.test().then(
      (answer) => String(answer.ok),
      (error: unknown) => String(error),
    );

  workspace.faults.set('auth.test', { kind: 'rate-limited', retryAfter: 7 }, { times: 1 });
  const limited = await call();
  workspace.faults.set('*', { kind: 'status', status: 500 }, { times: 1 });
  const broken = await call();
  workspace.faults.set('auth.test', { kind: 'hang' }, { times: 1 });
  const hung = await call();
  workspace.faults.set('auth.test', { kind: 'reset' }, { times: 1 });
  const reset = await call();
  const fine = await call();

  expect(limited).toContain('in 7 seconds');
  expect(broken).toContain('statusCode = 500');
  expect(hung).toContain('timeout');
  expect(reset).toContain('fetch failed');
  expect(fine).toBe('true');
  expect(workspace.calls.map((one) => one.fault?.kind)).toEqual(['rate-limited', 'status', 'hang', 'reset', undefined]);
});

test('a lost answer is a call that was carried out though the caller saw an error', async () => {
  workspace.faults.set(POST, { kind: 'lost-answer' }, { times: 1 });

  await expect(clientOf().apiCall(POST, { channel: 'C0OPS', text: 'made' })).rejects.toThrow('fetch failed');

  expect(workspace.messages('C0OPS').map((one) => one.text)).toEqual(['made']);
});
