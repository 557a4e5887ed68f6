import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';

let workspace: Workspace;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  workspace = await startWorkspace({ now: () => nowMs });
});

afterEach(async () => {
  await workspace.stop();
});

function responseUrl(): string {
  const request = workspace.person('operator').commandRequest('/kube help');
  return new URLSearchParams(request.body).get('response_url') ?? '';
}

async function answer(url: string, body: object): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return `${response.status} ${await response.text()}`;
}

test('five answers, then no more', async () => {
  const url = responseUrl();

  const said: string[] = [];
  for (const index of [1, 2, 3, 4, 5, 6]) said.push(await answer(url, { text: `answer ${index}` }));

  expect(said).toEqual([...Array(5).fill('200 ok'), '404 {"ok":false,"error":"used_url"}']);
  expect(workspace.messages('C0OPS').map((one) => one.ephemeralFor)).toEqual(Array(5).fill('U0OPERATOR'));
});

test('none after thirty minutes', async () => {
  const url = responseUrl();

  nowMs += 30 * 60_000 + 1;

  expect(await answer(url, { text: 'late' })).toBe('404 {"ok":false,"error":"expired_url"}');
});

test('an answer in the channel is for everybody, a replacement takes the place of the message clicked on', async () => {
  const card = workspace.state.post({
    channel: 'C0OPS',
    user: 'U0DRYDOCK',
    text: 'before',
    blocks: [
      { type: 'actions', elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'A' } }] },
    ],
  });
  const click = workspace.person('operator').clickRequest({ channel: 'C0OPS', ts: card.ts, actionId: 'a' });
  const payload: unknown = JSON.parse(new URLSearchParams(click.body).get('payload') ?? '');
  const url = typeof payload === 'object' && payload !== null && 'response_url' in payload ? payload.response_url : '';

  await answer(String(url), { text: 'to all', response_type: 'in_channel' });
  await answer(String(url), { text: 'after', replace_original: true });

  expect(workspace.messages('C0OPS').map((one) => [one.text, one.ephemeralFor])).toEqual([
    ['after', undefined],
    ['to all', undefined],
  ]);
});
