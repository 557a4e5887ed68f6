import { afterEach, beforeEach, expect, test } from 'vitest';
import { METHOD_LIMITS } from '../../../playground/workspace/limits.ts';
import { METHODS } from '../../../playground/workspace/methods/index.ts';
import { PEOPLE } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';

const clock = { nowMs: 1_800_000_000_000 };
let workspace: Workspace;

beforeEach(async () => {
  workspace = await startWorkspace({ enforceLimits: true, now: () => clock.nowMs });
});

afterEach(async () => {
  await workspace.stop();
});

/** Calls a method and answers `ok`, Slack's error code, or `429 after N` with the seconds of Retry-After. */
async function call(method: string, args: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(`${workspace.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${workspace.botToken}` },
    body: new URLSearchParams(args),
  });
  const body: unknown = await answer.json();
  if (answer.status === 429) return `429 after ${answer.headers.get('retry-after')}`;
  return typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : 'ok';
}

async function calls(count: number, method: string, args?: Readonly<Record<string, string>>): Promise<string[]> {
  const answers: string[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await call(method, args));
  return answers;
}

function post(channel: string, count: number): Promise<string[]> {
  return calls(count, 'chat.postMessage', { channel, text: 'x' });
}

/** A message of the bot, and what one update of it takes. */
async function updatable(): Promise<Readonly<Record<string, string>>> {
  await post('C0OPS', 1);
  return { channel: 'C0OPS', ts: workspace.messages('C0OPS').at(-1)?.ts ?? '', text: 'y' };
}

test('every method of the workspace has a limit', () => {
  expect([...METHODS.keys()].toSorted()).toEqual([...METHOD_LIMITS.keys()].toSorted());
});

test.for([
  ['usergroups.list', {}, 20],
  ['conversations.info', { channel: 'C0OPS' }, 50],
  ['users.info', { user: PEOPLE.operator }, 100],
] as const)(
  '%s: as many a minute as its tier, then 429 until the first is a minute old',
  async ([name, args, most]) => {
    const first = await call(name, args);
    clock.nowMs += 12_500;
    const allowed = [first, ...(await calls(most - 1, name, args))];
    const over = await call(name, args);
    clock.nowMs += 47_000;
    const soon = await call(name, args);
    clock.nowMs += 500;
    const again = await calls(2, name, args);

    expect(allowed).toEqual(Array(most).fill('ok'));
    expect([over, soon]).toEqual(['429 after 48', '429 after 1']);
    expect(again).toEqual(['ok', '429 after 13']);
  },
);

test('chat.update counts for the whole workspace, and a refused update changes nothing', async () => {
  const update = await updatable();
  await calls(49, 'chat.update', update);
  const foreign = await call('chat.update', { ...update, channel: 'C0AUDIT' });
  const refused = await call('chat.update', { ...update, text: 'z' });

  expect([foreign, refused]).toEqual(['message_not_found', '429 after 60']);
  expect(workspace.messages('C0OPS').at(-1)?.text).toBe('y');
  expect(workspace.calls.at(-1)).toMatchObject({
    method: 'chat.update',
    answer: undefined,
    fault: { kind: 'rate-limited', retryAfter: 60 },
  });
});

test('a channel takes a burst of five messages and then one a second, threads included', async () => {
  const burst = await post('C0OPS', 5);
  const parent = workspace.messages('C0OPS')[0]?.ts ?? '';
  const inThread = await call('chat.postMessage', { channel: 'C0OPS', text: 'x', thread_ts: parent });
  const elsewhere = await post('C0AUDIT', 1);
  clock.nowMs += 1000;
  const after1s = await post('C0OPS', 2);
  clock.nowMs += 60_000;
  const rested = await post('C0OPS', 6);

  expect(burst).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect([inThread, ...elsewhere]).toEqual(['429 after 1', 'ok']);
  expect(after1s).toEqual(['ok', '429 after 1']);
  expect(rested).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', '429 after 1']);
});

test('all channels together take 300 messages in any minute', async () => {
  const { channels } = workspace.state;
  const ops = channels.get('C0OPS');
  if (ops === undefined) throw new Error('no ops channel');
  for (let index = 0; index < 61; index += 1)
    channels.set(`C${index}`, { ...ops, id: `C${index}`, messages: new Map() });

  const answers = new Set<string>();
  for (let index = 0; index < 60; index += 1) for (const answer of await post(`C${index}`, 5)) answers.add(answer);
  const over = await post('C60', 1);

  expect([...answers]).toEqual(['ok']);
  expect(over).toEqual(['429 after 60']);
});

test('without the option there are no limits', async () => {
  const free = await startWorkspace({ now: () => clock.nowMs });
  try {
    const url = `${free.apiUrl}auth.test`;
    const statuses = await Promise.all(Array.from({ length: 301 }, async () => (await fetch(url)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  } finally {
    await free.stop();
  }
});
